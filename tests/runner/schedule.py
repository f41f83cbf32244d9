"""Runs jobs side by side, the longest first, as many as keep the processors busy."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.vigil.observability.tests.runner.history import History
from ansible_collections.vigil.observability.tests.runner.inputs import digest
from ansible_collections.vigil.observability.tests.runner.jobs import PREPARATION, ROOT, Job, environment_of
from ansible_collections.vigil.observability.tests.runner.results import Failure, Outcome, failures_in, passed_in

__all__ = ["Run"]

SHOWN_LINES = 60
# Alone, no job takes half of it. One that hangs is ended, fails, and shows its log, while there is time for the others.
LIMIT = "60m"


@dataclass(frozen=True)
class Started:
    """A job under way."""

    job: Job
    begun: float
    inputs: str


class Run:
    """A run of jobs: those that wait, those under way by their processes, and what came of the others."""

    def __init__(self, history: History, *, processors: int) -> None:
        self.history = history
        self.processors = processors
        self.begun = time.monotonic()
        self.waiting: list[Job] = []
        self.running: dict[int, Started] = {}
        self.outcomes: list[Outcome] = []

    def say(self, text: str) -> None:
        """Print a line of progress."""
        print(f"{time.monotonic() - self.begun:5.0f} s  {text}", flush=True)

    def all(self, jobs: list[Job], *, changed_only: bool) -> list[Outcome]:
        """Run the jobs, or of them those whose inputs changed since they passed, and return what came of them."""
        wanted = [job for job in jobs if not (changed_only and self._unchanged(job))]
        longest_first = sorted(wanted, key=lambda job: -self.history.cost(job.name).seconds)
        needed = any(job.needs_hosts for job in wanted)
        self.waiting = [*([PREPARATION] if needed else []), *longest_first]
        while self.waiting or self.running:
            for job in list(self.waiting):
                self._consider(job)
            if self.running:
                self._await()
        return self.outcomes

    def _unchanged(self, job: Job) -> bool:
        """Tell whether a job passed with the inputs that it would have now, and note that it was left out."""
        passed_at = self.history.passed_at(job.name, digest(job))
        if passed_at is not None:
            self.outcomes.append(Outcome(job.name, 0, [], unchanged_since=passed_at))
        return passed_at is not None

    def _consider(self, job: Job) -> None:
        """Start a job when there is room for it and what it needs is there."""
        if self.running and job.load + sum(one.job.load for one in self.running.values()) > self.processors:
            return
        if job.needs_hosts and self._preparing():
            return
        self.waiting.remove(job)
        if job.needs_hosts and any(one.job == PREPARATION.name and one.failures for one in self.outcomes):
            why = f"not run, since {PREPARATION.name} failed"
            self.say(f"{job.name}: 1 FAILED: {why}")
            self.outcomes.append(Outcome(job.name, 0, [Failure(job.name, job.name, why)]))
        else:
            self._start(job)

    def _preparing(self) -> bool:
        """Tell whether what hosts need is still to be made."""
        return PREPARATION in [*self.waiting, *(started.job for started in self.running.values())]

    def _start(self, job: Job) -> None:
        """Start a job in a session of its own."""
        for report in job.reports():
            report.unlink()
        self.say(f"{job.name} ...")
        started = Started(job, time.monotonic(), digest(job))
        with job.log.open("wb") as log:
            process = subprocess.Popen(
                ["timeout", "--kill-after=30", LIMIT, *job.command],
                cwd=ROOT,
                env=environment_of(job),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process.returncode = 0  # not for Popen to wait for
        if not job.needs_hosts:
            _give_way(process.pid)
        self.running[process.pid] = started

    def _await(self) -> None:
        """Wait for a process to end: that of a job, or one that a job left behind."""
        process, status, used = os.wait4(-1, 0)
        if started := self.running.pop(process, None):
            code = os.waitstatus_to_exitcode(status)
            self._finish(started, code, used.ru_utime + used.ru_stime)

    def _finish(self, started: Started, code: int, processor_seconds: float) -> None:
        """Note and print how a job went."""
        job = started.job
        failures = failures_in(job.name, job.reports(), job.log, failed=code != 0)
        passed = passed_in(job.reports()) if job.reports() else int(not failures and job is not PREPARATION)
        outcome = Outcome(job.name, passed, failures, time.monotonic() - started.begun, processor_seconds)
        self.outcomes.append(outcome)
        self._tell(job, outcome)
        if not failures:
            self.history.record(outcome, started.inputs if digest(job) == started.inputs else None)

    def _tell(self, job: Job, outcome: Outcome) -> None:
        """Print how a job went, with the end of its log when it failed."""
        done = f"{outcome.passed} passed" if outcome.passed else "done"
        verdict = f"{len(outcome.failures)} FAILED" if outcome.failures else done
        budget = f" (at most {job.budget} s on an idle machine)" if job.budget else ""
        self.say(f"{job.name}: {verdict} in {outcome.seconds:.0f} s{budget}")
        lines = job.log.read_text(errors="replace").splitlines()
        shown = lines[-SHOWN_LINES:] if outcome.failures else [line for line in lines if line.startswith(job.telling)]
        print("".join(f"         {line}\n" for line in shown), end="", flush=True)


def _give_way(session: int) -> None:
    """Have a job take what hosts leave of the processors: all hosts together would get no more than one job."""
    os.setpriority(os.PRIO_PROCESS, session, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    with contextlib.suppress(OSError):  # a kernel that does not share the processors by sessions has no such file
        Path(f"/proc/{session}/autogroup").write_text("10", encoding="ascii")
