# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the steps of runbooks at `observe` in check mode, so that the journal has what they would have done."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ..decisions.history import Run, history
from ..decisions.rules import Rules
from ..journal.entries import Entries
from ..journal.news import newest_event
from ..journal.reading import Reader
from ..journal.writer import Journal
from ..repeating import repeated
from ..steps import StepError
from ..steps.output import Output, shortened
from ..steps.state import Kind, State
from .bounds import STARTS, longest
from .executor import Executor
from .orders import order_of
from .places import Places
from .rechecks import Rechecks

__all__ = ["DryRuns"]

_LOG = logging.getLogger(__name__)
_SOON = 1.0  # seconds in which a new one is begun
_FRESH = 900.0  # seconds after its decision in which a step is of interest
_ENDED = "SELECT detail FROM event WHERE episode = ? AND kind = 'dry_run'"


@dataclass(frozen=True)
class _DryRun:
    """A step of a run on a host, by the name of its attempt."""

    run: Run
    step: int
    host: str

    @property
    def attempt(self) -> str:
        return f"{self.run.key}-s{self.step}-h{self.run.hosts.index(self.host) + 1}-c1"


class DryRuns:
    """Steps in check mode, one at a time, since steps that act need their places."""

    def __init__(
        self,
        journal: Journal,
        reader: Reader,
        rules: Rules,
        *,
        rechecks: Rechecks,
        executors: Mapping[str, Executor],
        places: Places,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal, self._reader, self._rules, self._clock = journal, reader, rules, clock
        self._rechecks, self._executors, self._places = rechecks, executors, places
        self._runbooks = {one.name: one for one in rules.runbooks}
        self._known: list[_DryRun] = []
        self._seen = -1
        self._begun = ("", 0.0)

    async def run(self) -> None:
        """Go on until cancelled."""
        await repeated(self.once, _SOON, _LOG, "Steps could not be run in check mode")

    async def once(self) -> None:
        """Go on with the oldest one. Raises JournalError."""
        at = self._clock()
        if one := await asyncio.to_thread(self._next, at):
            if one.attempt != self._begun[0]:
                self._begun = (one.attempt, at)
            if ended := await self._ended(one, at):
                self._places.checking = ""
                await self._write(one, *ended)

    def _next(self, at: float) -> _DryRun | None:
        with self._reader.connected() as connection:
            if (seen := newest_event(connection)) != self._seen:
                runs = history(connection, at, within=_FRESH).runs
                self._known = [one for run in runs if self._is_of_interest(run) for one in self._left(connection, run)]
                self._seen = seen
        return next((one for one in self._known if one.run.at > at - _FRESH), None)

    def _left(self, connection: sqlite3.Connection, run: Run) -> list[_DryRun]:
        ended = {json.loads(row["detail"])["attempt"] for row in connection.execute(_ENDED, (run.episode,))}
        return [one for one in self._of_run(run) if one.attempt not in ended]

    def _is_of_interest(self, run: Run) -> bool:
        known = self._runbooks.get(run.runbook)
        return run.level == "observe" and run.executor in self._executors and bool(known and known.digest == run.digest)

    def _of_run(self, run: Run) -> Iterator[_DryRun]:
        runbook = self._runbooks[run.runbook]
        hosts = [one for one in run.hosts if not self._rules.unreached(one, runbook)]
        for number in range(1, len(run.plan) + 1):
            yield from (_DryRun(run, number, host) for host in hosts)

    async def _ended(self, one: _DryRun, at: float) -> tuple[str, Output] | None:
        """Return the outcome of a dry run and what it has found, None while it goes on. It starts once."""
        executor, name = self._executors[one.run.executor], one.attempt
        waited = at - self._begun[1]
        late = waited > longest(self._runbooks[one.run.runbook])
        try:
            state = await asyncio.to_thread(executor.cancel if late else executor.state, name)
            if state.kind is Kind.NEVER_STARTED:
                if why := await asyncio.to_thread(self._rechecks.left_alone, one.run):
                    return "skipped", Output(reason=why)
                if not self._places.known or one.host in self._places.acting:
                    self._begun = ("", 0.0)
                    return None
                self._places.checking = one.host
                state = await asyncio.to_thread(self._start, one, at)
            if state.kind is Kind.RUNNING:
                self._places.checking = one.host
                return None
            found = await asyncio.to_thread(executor.output, name)
        except (StepError, OSError) as error:
            self._places.checking = ""
            return ("unknown", Output(reason=str(error))) if waited > STARTS else None
        if state.kind is Kind.UNKNOWN:
            return "unknown", Output(found.text, state.reason or "it was killed")
        outcome = "refused" if found.refused else "failed" if state.code else "done"
        return outcome, Output(found.text, found.reason or state.reason if state.code else "")

    def _start(self, one: _DryRun, at: float) -> State:
        """Have it started, and return its state. Raises StepError, OSError."""
        run, step = one.run, one.run.plan[one.step - 1]
        runbook, named = self._runbooks[run.runbook], one.attempt
        spec = order_of(run, runbook, self._rules, attempt=named, step=step, host=one.host, at=at, check=True)
        return self._executors[run.executor].start(spec)

    async def _write(self, one: _DryRun, outcome: str, found: Output) -> None:
        run, step = one.run, one.run.plan[one.step - 1]["step"]
        told = {"decision": run.decision, "step": one.step, "name": step, "host": one.host, "attempt": one.attempt}
        ended = {"outcome": outcome, "reason": shortened(found.reason), "text": shortened(found.text)}

        def write(connection: sqlite3.Connection) -> None:
            entries = Entries(connection, self._clock(), "automation")
            entries.event("dry_run", incident=run.incident, episode=run.episode, detail={**told, **ended})

        await asyncio.wrap_future(self._journal.write(write))
