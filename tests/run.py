"""Runs the jobs of the test suite side by side and ends with their seconds, what failed, and: N passed, N failed.

A job is an executable of tests/lint, the unit tests, a molecule scenario, or the demo. Its output goes to
.build/logs/<job>.log and, when it fails, the end of that to the terminal. Tests are counted from JUnit reports; a job
without one is one.
What the scenarios need (engine, image of the hosts, archives of the servers) is made while the other jobs run.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.tests.runner.results import (
    Failure,
    Outcome,
    failures_in,
    passed_in,
    summary,
)

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
LOGS = BUILD / "logs"
CACHE = Path(
    os.environ.get("VIGIL_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vigil-observability"
)
SIDE_BY_SIDE = 2
SHOWN_LINES = 60
GRACE = 10

# Jobs whose names begin so come in this order: what takes minutes before what takes seconds.
ORDER = ("hosts_and_servers", "sanity", "unit", "molecule", "demo")


@dataclass(frozen=True)
class Job:
    """One command of the suite."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    telling: str = "assemble:"  # lines of its log that begin so are shown when it ends
    needs_hosts: bool = False

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return LOGS / f"{self.name}.log"

    def reports(self) -> list[Path]:
        """Return its JUnit reports: one, or one of each process that verified."""
        return [*LOGS.glob(f"{self.name}.xml"), *LOGS.glob(f"{self.name}-*.xml")]


PREPARATION = Job("hosts_and_servers", [str(ROOT / "tests/setup/hosts_and_servers")])


# Scenarios that run with another ansible-core than the one of the tests' environment.
CORES = {"alertmanager": "oldest", "grafana": "newest"}
# What unit tests can show of a release of ansible-core: the parts that take values of Ansible.
ON_EVERY_CORE = [
    f"tests/unit/plugins/{part}" for part in ("action", "filter", "plugin_utils/_formats/test_same_text.py")
]


def with_core(kind: str | None, command: list[str]) -> list[str]:
    """Return the command that runs this one with the oldest or the newest ansible-core."""
    return ["python", str(ROOT / "tests/environments.py"), kind, *command] if kind else command


def scenario(name: str, step: str = "test") -> Job:
    """Return the job of a molecule scenario."""
    own = {"MOLECULE_EPHEMERAL_DIRECTORY": str(BUILD / "molecule" / name), "MOLECULE_GLOB": "molecule/*/molecule.yml"}
    command = with_core(CORES.get(name), ["molecule", step, "-s", name])
    return Job(f"molecule_{name}", command, own, telling="ansible-core", needs_hosts=True)


def scenarios() -> list[str]:
    """Return the names of all molecule scenarios."""
    return sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))


def jobs_of(kinds: list[str], names: list[str]) -> list[Job]:
    """Return the jobs of these kinds, with these scenarios, in the order in which they start."""
    found = [scenario(name) for name in names] if "molecule" in kinds else []
    if "demo" in kinds:
        found.append(Job("demo", ["make", "demo"], needs_hosts=True))
    if found:
        found.append(PREPARATION)
    if "unit" in kinds:
        found.append(Job("unit", ["pytest", "-q", "--cov", "--cov-report=term"], telling="TOTAL"))
        for kind in ("oldest", "newest"):
            command = with_core(kind, ["pytest", "-q", *ON_EVERY_CORE])
            found.append(Job(f"unit_{kind}", command, telling="ansible-core"))
    if "lint" in kinds:
        found += [Job(path.name, [str(path)]) for path in sorted((ROOT / "tests/lint").iterdir()) if is_job(path)]
    return sorted(found, key=lambda job: [not job.name.startswith(name) for name in ORDER])


def is_job(path: Path) -> bool:
    """Tell whether this file of tests/lint is a job rather than a part of one."""
    return path.is_file() and os.access(path, os.X_OK)


def environment_of(job: Job) -> dict[str, str]:
    """Return the environment in which a job finds the tools, the collection and the places for what it writes."""
    return {
        **os.environ,
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "VIGIL_CACHE": str(CACHE),
        "VIGIL_CATALOGUE": str(CACHE / "servers/catalogue.yml"),
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
        "PYTHONPATH": str(BUILD),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": f"--junitxml={LOGS / job.name}.xml -p no:cacheprovider",
        "NO_COLOR": "1",
        "COLUMNS": "160",
        "MOLECULE_COMMAND_BORDERS": "false",
        **job.environment,
    }


class Run:
    """A run of jobs: what is under way, and what the scenarios wait for."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.processes: set[subprocess.Popen[bytes]] = set()
        self.stopped = False
        self.guard = threading.Lock()
        self.prepared: Future[bool] = Future()

    def say(self, text: str) -> None:
        """Print a line of progress."""
        print(f"{time.monotonic() - self.begun:5.0f} s  {text}\n", end="", flush=True)

    def outcome_of(self, job: Job) -> Outcome:
        """Run a job to its end and say how it went."""
        if job.needs_hosts and not self.prepared.result():
            why = f"not run, since {PREPARATION.name} failed"
            self.say(f"{job.name}: 1 FAILED: {why}")
            return Outcome(job.name, 0, [Failure(job.name, job.name, why)])
        for report in job.reports():
            report.unlink()
        self.say(f"{job.name} ...")
        begun = time.monotonic()
        code, processor = 1, 0.0
        try:
            code, processor = self.finished(job)
        finally:
            if job is PREPARATION:
                self.prepared.set_result(code == 0)
        failures = failures_in(job.name, job.reports(), job.log, failed=code != 0)
        passed = passed_in(job.reports()) if job.reports() else int(not failures and job is not PREPARATION)
        outcome = Outcome(job.name, passed, failures, time.monotonic() - begun, processor)
        self.tell(job, outcome)
        return outcome

    def tell(self, job: Job, outcome: Outcome) -> None:
        """Print how a job went, with the end of its log when it failed."""
        done = f"{outcome.passed} passed" if outcome.passed else "done"
        verdict = f"{len(outcome.failures)} FAILED" if outcome.failures else done
        self.say(f"{job.name}: {verdict} in {outcome.seconds:.0f} s")
        lines = job.log.read_text(errors="replace").splitlines()
        shown = lines[-SHOWN_LINES:] if outcome.failures else [line for line in lines if line.startswith(job.telling)]
        print("".join(f"         {line}\n" for line in shown), end="", flush=True)

    def finished(self, job: Job) -> tuple[int, float]:
        """Run a job's command; return its exit code and the processor seconds of all that it started and waited for."""
        with self.guard, job.log.open("wb") as log:
            if self.stopped:
                return 1, 0
            process = subprocess.Popen(
                job.command,
                cwd=ROOT,
                env=environment_of(job),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.processes.add(process)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.processes.discard(process)
        return process.returncode, used.ru_utime + used.ru_stime

    def stop(self) -> None:
        """End what is under way, and let nothing else begin."""
        with self.guard:
            self.stopped = True
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in list(self.processes):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            until = time.monotonic() + GRACE
            while self.processes and time.monotonic() < until:
                time.sleep(0.1)

    def all(self, jobs: list[Job]) -> list[Outcome]:
        """Run the jobs side by side, in their order, and return what came of them."""
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            try:
                under_way = [pool.submit(self.outcome_of, job) for job in jobs]
                return [one.result() for one in under_way]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.stop()
                raise


@contextlib.contextmanager
def hosts_of(run: Run, labels: list[str]) -> Any:
    """Keep the hosts of scenarios to this run, and remove all of them in the end, whatever it was."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "molecule.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            run.say("waiting for another run of the scenarios on this machine to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for label in labels:
                subprocess.run([ROOT / "tests/hosts/hosts", "destroy", "--label", label], check=False)
            subprocess.run([ROOT / "tests/hosts/archives", "stop"], check=False)


def step_of(name: str, step: str) -> int:
    """Take one step of a scenario for a person who works on it: in the terminal, with the hosts left as they are."""
    subprocess.run(PREPARATION.command, cwd=ROOT, env=environment_of(PREPARATION), check=True)
    job = scenario(name, step)
    colored = {key: value for key, value in environment_of(job).items() if key not in {"NO_COLOR", "COLUMNS"}}
    return subprocess.run(job.command, cwd=ROOT, env=colored, check=False).returncode


def main() -> int:
    """Run what the arguments name and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="+", choices=["lint", "unit", "molecule", "demo"])
    parser.add_argument("--scenario", choices=scenarios(), help="the one molecule scenario to run")
    parser.add_argument("--step", help="one step of the scenario in molecule's words, with the hosts left as they are")
    arguments = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    if arguments.step:
        return step_of(arguments.scenario, arguments.step)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(128 + signal.SIGINT))
    run = Run()
    names = [arguments.scenario] if arguments.scenario else scenarios()
    jobs = jobs_of(arguments.kinds, names)
    labels = [*names, "demo"] if "demo" in arguments.kinds else names
    with hosts_of(run, labels) if PREPARATION in jobs else contextlib.nullcontext():
        outcomes = run.all(jobs)
    run.say(f"{len(outcomes)} jobs done")
    print("\n".join(summary(outcomes)))
    return int(any(outcome.failures for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
