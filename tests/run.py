"""Runs the jobs of the test suite side by side and ends with their seconds, what failed, and: N passed, N failed.

A job is an executable of tests/lint, the unit tests, a molecule scenario, or the demo. Its output goes to
.build/logs/<job>.log and, when it fails, the end of that to the terminal. Tests are counted from JUnit reports; a job
without one is one.
What the scenarios need (engine, image of the hosts, archives of the servers) is made while the other jobs run.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import subprocess
import sys
from typing import TextIO

from ansible_collections.vigil.observability.tests.runner.history import History
from ansible_collections.vigil.observability.tests.runner.jobs import (
    CACHE,
    LOGS,
    PREPARATION,
    ROOT,
    Job,
    environment_of,
    jobs_of,
    scenario,
    scenarios,
)
from ansible_collections.vigil.observability.tests.runner.lifetime import guarded
from ansible_collections.vigil.observability.tests.runner.results import summary
from ansible_collections.vigil.observability.tests.runner.schedule import Run


def step_of(name: str, step: str) -> int:
    """Take one step of a scenario for a person who works on it: in the terminal, with the hosts left as they are."""
    subprocess.run(PREPARATION.command, cwd=ROOT, env=environment_of(PREPARATION), check=True)
    job = scenario(name, step)
    colored = {key: value for key, value in environment_of(job).items() if key not in {"NO_COLOR", "COLUMNS"}}
    return subprocess.run(job.command, cwd=ROOT, env=colored, check=False).returncode


def lock_hosts() -> TextIO:
    """Keep the hosts of scenarios to this run, for as long as a process of it holds the file that this returns."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = (CACHE / "molecule.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("waiting for another run of the scenarios on this machine to end", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def remove_hosts(jobs: list[Job]) -> None:
    """Remove the hosts of these jobs, and the server of the archives."""
    labels = [job.name.removeprefix("molecule_") for job in jobs if job.needs_hosts]
    for label in labels:
        subprocess.run([ROOT / "tests/hosts/hosts", "destroy", "--label", label], check=False)
    if labels:
        subprocess.run([ROOT / "tests/hosts/archives", "stop"], check=False)


def main() -> int:
    """Run what the arguments name and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="+", choices=["lint", "unit", "molecule", "demo"])
    parser.add_argument("--scenario", choices=scenarios(), help="the one molecule scenario to run")
    parser.add_argument("--step", help="one step of the scenario in molecule's words, with the hosts left as they are")
    parser.add_argument("--changed", action="store_true", help="only jobs whose inputs changed since they passed here")
    arguments = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    if arguments.step:
        return step_of(arguments.scenario, arguments.step)
    jobs = jobs_of(arguments.kinds, [arguments.scenario] if arguments.scenario else scenarios())

    def work() -> int:
        run = Run(History(CACHE), processors=max(2, os.cpu_count() or 2))
        outcomes = run.all(jobs, changed_only=arguments.changed)
        run.say(f"{len(outcomes)} jobs done")
        print("\n".join(summary(outcomes)), flush=True)
        return int(any(outcome.failures for outcome in outcomes))

    lock = lock_hosts() if any(job.needs_hosts for job in jobs) else None
    try:
        return guarded(work, lambda: remove_hosts(jobs))
    finally:
        if lock:
            lock.close()


if __name__ == "__main__":
    sys.exit(main())
