# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs what was decided: each step is in the journal before it starts, and looked for there after a crash."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..decisions.history import STOPPED, Run, history
from ..decisions.rules import Rules
from ..decisions.runbook import ACTING, Check
from ..decisions.verdict import Sample
from ..decisions.watching import Watches
from ..journal.entries import Entries
from ..journal.news import newest_event
from ..journal.reading import Reader
from ..journal.writer import Journal
from ..repeating import repeated
from ..steps import StepError
from ..steps.output import Output, shortened
from ..steps.state import Kind, State
from .bounds import STARTS, longest, overdue
from .commands import Commands
from .executor import Executor
from .leftovers import Leftovers
from .orders import order_of, planned
from .paths import path_told
from .places import Places
from .progress import Ask, Attempt, End, Look, Next, Progress, Start, Verify, Wait, progress_of
from .rechecks import Rechecks
from .silences import Silences

__all__ = ["Acting"]

_LOG = logging.getLogger(__name__)
_SOON = 0.5  # seconds until what has ended is seen
_TIDIED = 3600.0  # seconds between two looks for attempts that are too old
_KEPT = 31 * 86400.0  # seconds that they are kept, which is longer than a run of theirs is remembered


class Acting:
    """The runs that go on."""

    def __init__(
        self,
        journal: Journal,
        reader: Reader,
        rules: Rules,
        *,
        rechecks: Rechecks,
        watches: Watches,
        silences: Silences,
        executors: Mapping[str, Executor],
        places: Places,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal, self._reader, self._rules, self._clock = journal, reader, rules, clock
        self._watches, self._silences, self._executors = watches, silences, executors
        self._rechecks, self._commands, self._places = rechecks, Commands(rules, rechecks, executors), places
        self._leftovers = Leftovers(reader, rechecks, silences, clock)
        self._runbooks = {one.name: one for one in rules.runbooks}
        self.by_hand = {one.name: one.by_hand for one in rules.runbooks if one.level in ACTING}
        self._going_on: list[Run] = []
        self._seen = -1
        self._next_tidy = self.looked_at = 0.0
        self.running_since: tuple[float, ...] = ()

    async def run(self) -> None:
        """Act until cancelled."""
        await repeated(self.once, _SOON, _LOG, "Runbooks could not be run")

    async def once(self) -> None:
        """Do what is next in every run. Raises JournalError."""
        if self._clock() > self._next_tidy:
            self._next_tidy = self._clock() + _TIDIED
            for executor in self._executors.values():
                await asyncio.to_thread(executor.forget, self._clock() - _KEPT)
        await self._leftovers.drop()
        runs = await asyncio.to_thread(self._runs)
        self.looked_at = self._clock()
        running = [one for run in runs for one in run.attempts if not one.ended]
        await self._commands.look(self._clock())
        self.running_since = tuple(one.at for one in running)
        self._places.acting, self._places.known = {one.host for one in running} | self._commands.hosts, True
        for failed in await asyncio.gather(*(self._advance(one) for one in runs), return_exceptions=True):
            if isinstance(failed, BaseException):
                raise failed

    def _runs(self) -> list[Progress]:
        with self._reader.connected() as connection:
            if (seen := newest_event(connection)) != self._seen:
                self._going_on = [one for one in history(connection, self._clock()).going_on() if one.acts]
                self._seen = seen
            return [progress_of(connection, one, idempotent=self._is_idempotent(one)) for one in self._going_on]

    def _is_idempotent(self, run: Run) -> bool:
        return run.runbook in self._runbooks and self._runbooks[run.runbook].idempotent

    async def _advance(self, progress: Progress) -> None:
        """Do what is next in a run, once."""
        run, at = progress.run, self._clock()
        match wanted := self._next(progress, at):
            case Ask(step):
                name = Attempt(step=step, host=run.hosts[0], number=1, at=at).name(run)
                until = at + self._rules.limits.approval
                await self._write(run, "approval_wanted", {"step": step, "attempt": name, "until": until})
            case Start() as start:
                await self._start(progress, start, at)
            case Look(attempt):
                await self._look(progress, attempt, at, await self._kept(progress, wanted, at))
            case Verify() as verify:
                await self._silences.hold(run, at)
                await self._verify(run, verify, at)
            case Wait():
                if why := await asyncio.to_thread(self._rechecks.left_alone, run):
                    await self._end(progress, End(STOPPED, why))
            case End() as end:
                await self._end(progress, end)

    def _next(self, progress: Progress, at: float) -> Next:
        """Return what is next in a run, its end if its runbook is another one now or nothing runs its steps."""
        wanted, run = progress.next(at), progress.run
        if run.executor not in self._executors:
            return End("unknown", f"the executor {run.executor} is not configured any more")
        if isinstance(wanted, Look | End):
            return wanted
        why = overdue(progress, wanted, self._runbooks.get(run.runbook), at)
        if not why and not self._is_the_same(run):
            why = f"the runbook {run.runbook} has changed since the run began"
        return End("unknown", why) if why else wanted

    async def _kept(self, progress: Progress, wanted: Next, at: float) -> str:
        """Keep the alert of a run from people while the run has time, or return why it is theirs now."""
        if not (why := overdue(progress, wanted, self._runbooks.get(progress.run.runbook), at)):
            await self._silences.hold(progress.run, at)
        return why

    def _is_the_same(self, run: Run) -> bool:
        return run.runbook in self._runbooks and self._runbooks[run.runbook].digest == run.digest

    async def _start(self, progress: Progress, wanted: Start, at: float) -> None:
        run, busy = progress.run, self._places.acting
        if not progress.acted and (why := await self._commands.precheck(run, at=at, busy=busy)) is not None:
            await (self._end(progress, End(STOPPED, why)) if why else self._silences.hold(run, at))
            return
        if wanted.host in {*busy, self._places.checking} or len(busy) >= self._rules.steps_at_once:
            # The host would refuse it, for the attempt that holds it, or there is no place for it.
            await self._silences.hold(run, at)
            return
        busy.add(wanted.host)
        if why := await self._rechecks.stopped(run, wanted.step):
            await self._end(progress, End(STOPPED, why))
            return
        await self._silences.hold(run, at)
        attempt = Attempt(step=wanted.step, host=wanted.host, number=wanted.number, at=at)
        told = {"step": wanted.step, "host": wanted.host, "number": wanted.number, "attempt": attempt.name(run)}
        step = planned(run, wanted.step)
        await self._write(run, "step_started", {**told, "name": step["step"], "parameters": step["parameters"]})
        await self._asked(run, attempt)

    async def _asked(self, run: Run, attempt: Attempt) -> str:
        """Have an attempt started unless it has been, and return why it is not."""
        step = planned(run, attempt.step)
        if not self._is_the_same(run):
            return "the runbook has changed since the run began"
        name, host, runbook = attempt.name(run), attempt.host, self._runbooks[run.runbook]
        try:
            spec = order_of(run, runbook, self._rules, attempt=name, step=step, host=host, at=self._clock())
            await asyncio.to_thread(self._executors[run.executor].start, spec)
        except (StepError, OSError) as error:
            return str(error)
        return ""

    async def _look(self, progress: Progress, attempt: Attempt, at: float, unsolved: str) -> None:
        """Write how an attempt ended, once it has; start it if a crash or a full socket came before that."""
        run = progress.run
        executor, late = self._executors[run.executor], at > attempt.at + longest(self._runbooks.get(run.runbook))
        try:
            state = await asyncio.to_thread(executor.cancel if late else executor.state, attempt.name(run))
        except (StepError, OSError) as error:
            if late:
                await self._ended(run, attempt, "unknown", str(error))
            return
        match state:
            case State(Kind.NEVER_STARTED):
                why = unsolved or await self._asked(run, attempt)
                if why and at > attempt.at + STARTS:
                    await self._ended(run, attempt, "failed", f"it could not be started: {why}")
            case State(Kind.UNKNOWN):
                await self._ended(run, attempt, "unknown", state.reason or "it was killed")
            case State(Kind.FINISHED, code):
                await self._ended(run, attempt, "failed" if code else "done", state.reason)
            case _ if unsolved and not progress.escalated:
                told = {"runbook": run.runbook, "hosts": [*run.hosts], "reason": unsolved}
                await self._write(run, "escalated", told)
                await self._silences.drop(run)

    async def _verify(self, run: Run, wanted: Verify, at: float) -> None:
        def command(check: Check) -> Awaitable[Sample | None]:
            return self._commands.sample(run, check, f"v{wanted.began:.0f}", at=at, busy=self._places.acting)

        if found := await self._watches.verified(run, wanted.began, at, command):
            await self._write(run, "step_verified", {"step": wanted.step, "began": wanted.began, **found})

    async def _ended(self, run: Run, attempt: Attempt, outcome: str, reason: str) -> None:
        name = attempt.name(run)
        try:
            found = await asyncio.to_thread(self._executors[run.executor].output, name)
        except (StepError, OSError) as error:
            found = Output(reason=str(error))
        outcome = "refused" if found.refused else outcome
        told = {"step": attempt.step, "host": attempt.host, "attempt": name, "outcome": outcome}
        why = "" if outcome == "done" else found.reason or reason
        await self._write(run, "step_ended", {**told, "reason": shortened(why), "text": shortened(found.text)})

    async def _end(self, progress: Progress, end: End) -> None:
        """Write the end of a run, and in the same commit that people have to see to it."""
        run = progress.run
        told = {"runbook": run.runbook, "hosts": [*run.hosts], "reason": end.reason}
        ended = {"outcome": end.outcome, "samples": progress.samples, "acted": progress.acted, **progress.counts(end)}
        ended |= {"silences": self._silences.of(run)}

        def write(connection: sqlite3.Connection) -> None:
            self._note(connection, run, "verified", {**told, **ended, **self._saved(run, end)})
            if end.escalated and not progress.escalated:
                self._note(connection, run, "escalated", told)

        await asyncio.wrap_future(self._journal.write(write))
        await self._leftovers.drop_of(run, end.outcome)

    def _saved(self, run: Run, end: End) -> dict[str, int]:
        """Return what a run that helped saved a person, as is assumed of its runbook now."""
        found = self._runbooks.get(run.runbook)
        return {"saved_seconds": round(found.by_hand)} if found and end.outcome == "recovered" else {}

    async def _write(self, run: Run, kind: str, detail: Mapping[str, Any]) -> None:
        await asyncio.wrap_future(self._journal.write(lambda connection: self._note(connection, run, kind, detail)))

    def _note(self, connection: sqlite3.Connection, run: Run, kind: str, detail: Mapping[str, Any]) -> None:
        entries = Entries(connection, self._clock(), "automation")
        own = {"incident": run.incident, "episode": run.episode}
        path = path_told(entries, self._rules.escalations, **own) if kind == "escalated" else {}
        entries.event(kind, **own, detail={"decision": run.decision, **detail, **path})
