# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attempts at the steps of runs: each is in the journal before it starts, and so is how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from ..decisions.history import Run
from ..decisions.rules import Rules
from ..steps import StepError
from ..steps.output import Output, shortened
from ..steps.state import Kind, State
from .bounds import STARTS, longest
from .executor import Executor
from .moves import CANCELLED, Attempt, Start
from .notes import Notes
from .orders import order_of, planned
from .progress import Progress
from .stops import Stop

__all__ = ["Attempting"]


class Attempting:
    """Starts attempts, looks at how they are, and cancels those that take too long or that a person stops."""

    def __init__(
        self, rules: Rules, executors: Mapping[str, Executor], notes: Notes, clock: Callable[[], float]
    ) -> None:
        self._rules, self._executors, self._notes, self._clock = rules, executors, notes, clock
        self._runbooks = {one.name: one for one in rules.runbooks}

    def is_the_same(self, run: Run) -> bool:
        """Return whether the runbook of a run is the one with which it began."""
        return run.runbook in self._runbooks and self._runbooks[run.runbook].digest == run.digest

    async def start(self, run: Run, wanted: Start, at: float) -> None:
        """Start an attempt, or have it looked for if that does not work."""
        attempt = Attempt(step=wanted.step, host=wanted.host, number=wanted.number, at=at)
        told = {"step": wanted.step, "host": wanted.host, "number": wanted.number, "attempt": attempt.name(run)}
        step = planned(run, wanted.step)
        await self._notes.write(run, "step_started", {**told, "name": step["step"], "parameters": step["parameters"]})
        await self._asked(run, attempt)

    async def look(self, progress: Progress, attempt: Attempt, at: float, unsolved: str) -> bool:
        """Return whether an attempt runs; write how it ended, once it has.

        Start it if a crash or a full socket came before that, unless people have the run for the reason `unsolved`.
        """
        run, stop = progress.run, progress.stop
        executor, late = self._executors[run.executor], at > attempt.at + longest(self._runbooks.get(run.runbook))
        try:
            state = await asyncio.to_thread(executor.cancel if late or stop else executor.state, attempt.name(run))
        except (StepError, OSError) as error:
            if late or (stop and at > stop.at + STARTS):
                await self._ended(run, attempt, "unknown", str(error))
            return False
        if stop and state.kind is not Kind.RUNNING:
            await self._ended(run, attempt, *_stopped(stop, state))
            return False
        match state:
            case State(Kind.NEVER_STARTED):
                why = unsolved or await self._asked(run, attempt)
                if why and at > attempt.at + STARTS:
                    await self._ended(run, attempt, "failed", f"it could not be started: {why}")
            case State(Kind.UNKNOWN):
                await self._ended(run, attempt, "unknown", state.reason or "it was killed")
            case State(Kind.FINISHED, code):
                await self._ended(run, attempt, "failed" if code else "done", state.reason)
            case _:
                return True
        return False

    async def _asked(self, run: Run, attempt: Attempt) -> str:
        """Have an attempt started unless it has been, and return why it is not."""
        step = planned(run, attempt.step)
        if not self.is_the_same(run):
            return "the runbook has changed since the run began"
        name, host, runbook = attempt.name(run), attempt.host, self._runbooks[run.runbook]
        try:
            spec = order_of(run, runbook, self._rules, attempt=name, step=step, host=host, at=self._clock())
            await asyncio.to_thread(self._executors[run.executor].start, spec)
        except (StepError, OSError) as error:
            return str(error)
        return ""

    async def _ended(self, run: Run, attempt: Attempt, outcome: str, reason: str) -> None:
        name = attempt.name(run)
        try:
            found = await asyncio.to_thread(self._executors[run.executor].output, name)
        except (StepError, OSError) as error:
            found = Output(reason=str(error))
        outcome = "refused" if found.refused else outcome
        told = {"step": attempt.step, "host": attempt.host, "attempt": name, "outcome": outcome}
        why = "" if outcome == "done" else reason if outcome == CANCELLED else found.reason or reason
        await self._notes.write(run, "step_ended", {**told, "reason": shortened(why), "text": shortened(found.text)})


def _stopped(stop: Stop, state: State) -> tuple[str, str]:
    """Return the outcome of an attempt of a run that a person stopped, and why: it may have ended before that."""
    if state.kind is Kind.NEVER_STARTED:
        return CANCELLED, f"{stop.reason}; it had not started"
    if state.cancelled:
        return CANCELLED, f"{stop.reason}; {state.reason}" if state.reason else stop.reason
    if state.kind is Kind.UNKNOWN:
        return "unknown", state.reason or "it was killed"
    return ("failed", state.reason) if state.code else ("done", "")
