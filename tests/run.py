"""Runs the jobs of the test suite side by side and ends with one line: N passed, N failed.

A job is an executable of tests/lint, the unit tests, or a molecule scenario. Its output goes to .build/logs/<job>.log
and, when it fails, the end of that to the terminal. Tests are counted from JUnit reports; a job without one is one.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
SIDE_BY_SIDE = 2
SHOWN_LINES = 60


@dataclass(frozen=True)
class Job:
    """One command of the suite."""

    name: str
    command: list[str]

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return BUILD / "logs" / f"{self.name}.log"

    @property
    def report(self) -> Path:
        """Where its JUnit report goes, when it writes one."""
        return BUILD / "logs" / f"{self.name}.xml"


@dataclass(frozen=True)
class Outcome:
    """What came of a job: numbers of tests."""

    passed: int
    failed: int


def jobs_of(kinds: list[str], scenario: str | None) -> list[Job]:
    """Return the jobs of these kinds, the longest first."""
    found: list[Job] = []
    if "molecule" in kinds:
        names = [scenario] if scenario else sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
        found += [Job(f"molecule_{name}", ["molecule", "test", "-s", name]) for name in names]
    if "unit" in kinds:
        found.append(Job("unit", ["pytest", "-q", "--cov", "--cov-report=term"]))
    if "lint" in kinds:
        found += [Job(path.name, [str(path)]) for path in sorted((ROOT / "tests/lint").iterdir()) if is_job(path)]
    return sorted(found, key=lambda job: not job.name.startswith(("sanity", "unit")))


def is_job(path: Path) -> bool:
    """Tell whether this file of tests/lint is a job rather than a part of one."""
    return path.is_file() and os.access(path, os.X_OK)


def environment_of(job: Job) -> dict[str, str]:
    """Return the environment in which a job finds the tools, the collection and the place for its report."""
    return os.environ | {
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
        "PYTHONPATH": str(BUILD),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": f"--junitxml={job.report} -p no:cacheprovider",
    }


def run(job: Job) -> Outcome:
    """Run a job to its end and say how it went."""
    begun = time.monotonic()
    print(f"  {job.name} ...", flush=True)
    job.report.unlink(missing_ok=True)
    with job.log.open("w") as log:
        done = subprocess.run(
            job.command,
            cwd=ROOT,
            env=environment_of(job),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    outcome = count(job, failed=done.returncode != 0)
    verdict = f"{outcome.failed} FAILED" if outcome.failed else "passed"
    print(f"  {job.name}: {outcome.passed} passed, {verdict} in {time.monotonic() - begun:.0f} s", flush=True)
    if outcome.failed:
        print("\n".join(job.log.read_text(errors="replace").splitlines()[-SHOWN_LINES:]), flush=True)
    return outcome


def count(job: Job, *, failed: bool) -> Outcome:
    """Return the numbers of a job's report, or one for a job that has none; a failed job has at least one failure."""
    if not job.report.exists():
        return Outcome(int(not failed), int(failed))
    suites = list(ET.parse(job.report).getroot().iter("testsuite"))
    total = sum(int(suite.get("tests", 0)) - int(suite.get("skipped", 0)) for suite in suites)
    bad = sum(int(suite.get("failures", 0)) + int(suite.get("errors", 0)) for suite in suites)
    return Outcome(total - bad, max(bad, int(failed)))


def main() -> int:
    """Run what the arguments name and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="+", choices=["lint", "unit", "molecule"])
    parser.add_argument("--scenario", help="the one molecule scenario to run")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    (BUILD / "logs").mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        outcomes = list(pool.map(run, jobs_of(arguments.kinds, arguments.scenario)))
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"{len(outcomes)} jobs in {time.monotonic() - begun:.0f} s")
    print(f"{sum(outcome.passed for outcome in outcomes)} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
