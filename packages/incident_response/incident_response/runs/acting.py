# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs what was decided: each step is in the journal before it starts, and looked for there after a crash."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from ..decisions.history import STOPPED, Run, history
from ..decisions.rules import Rules
from ..decisions.runbook import ACTING, Check
from ..decisions.verdict import Sample
from ..decisions.watching import Watches
from ..journal.news import newest_event
from ..journal.reading import Reader
from ..journal.writer import Journal
from ..repeating import repeated
from .attempting import Attempting
from .bounds import STARTS, overdue
from .commands import Commands
from .executor import Executor
from .leftovers import Leftovers
from .moves import Ask, Attempt, End, Look, Next, Start, Verify, Wait
from .notes import Notes
from .places import Places
from .progress import Progress, progress_of
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
        self._reader, self._rules, self._clock = reader, rules, clock
        self._watches, self._silences, self._executors = watches, silences, executors
        self._rechecks, self._commands, self._places = rechecks, Commands(rules, rechecks, executors), places
        self._notes = Notes(journal, rules.escalations, clock)
        self._attempting = Attempting(rules, executors, self._notes, clock)
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
                await self._notes.write(run, "approval_wanted", {"step": step, "attempt": name, "until": until})
            case Start() as start:
                await self._start(progress, start, at)
            case Look(attempt):
                await self._look(progress, attempt, at, await self._kept(progress, wanted, at))
            case Verify() as verify:
                await self._silences.hold(run, at)
                await self._verify(progress, verify, at)
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
        if not why and not self._attempting.is_the_same(run):
            why = f"the runbook {run.runbook} has changed since the run began"
        return End("unknown", why) if why else wanted

    async def _kept(self, progress: Progress, wanted: Next, at: float) -> str:
        """Keep the alert of a run from people while the run has time, or return why it is theirs now."""
        if stop := progress.stop:
            return f"it still runs {at - stop.at:.0f} s after it was stopped" if at > stop.at + STARTS else ""
        if not (why := overdue(progress, wanted, self._runbooks.get(progress.run.runbook), at)):
            await self._silences.hold(progress.run, at)
        return why

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
        if not progress.is_worse and (why := await self._rechecks.worse(run, progress.began)):
            await self._notes.write(run, "worsened", {"runbook": run.runbook, "reason": why})
            return
        if why := await self._rechecks.stopped(run, wanted.step, worse=progress.is_worse):
            await self._end(progress, End(STOPPED, why))
            return
        await self._silences.hold(run, at)
        await self._attempting.start(run, wanted, at)

    async def _look(self, progress: Progress, attempt: Attempt, at: float, unsolved: str) -> None:
        runs = await self._attempting.look(progress, attempt, at, unsolved)
        if runs and unsolved and not progress.escalated:
            await self._notes.escalate(progress.run, unsolved)
            await self._silences.drop(progress.run)

    async def _verify(self, progress: Progress, wanted: Verify, at: float) -> None:
        """Write what the verification of a step has found, once it has ended, and whether the rest of it is worse."""
        run = progress.run

        def command(check: Check) -> Awaitable[Sample | None]:
            return self._commands.sample(run, check, f"v{wanted.began:.0f}", at=at, busy=self._places.acting)

        before = progress.bad_before()
        if found := await self._watches.verified(run, wanted.began, at, command, before):
            if found["outcome"] != "worse" and (why := await self._rechecks.worse(run, progress.began)):
                found |= {"outcome": "worse", "reason": why}
            await self._notes.write(run, "step_verified", {"step": wanted.step, "began": wanted.began, **found})

    async def _end(self, progress: Progress, end: End) -> None:
        run = progress.run
        if end.outcome == STOPPED:
            self._commands.cancel(run)
        await self._notes.end(progress, end, {"silences": self._silences.of(run), **self._saved(run, end)})
        await self._leftovers.drop_of(run, end.outcome)

    def _saved(self, run: Run, end: End) -> dict[str, int]:
        """Return what a run that helped saved a person, as is assumed of its runbook now."""
        found = self._runbooks.get(run.runbook)
        return {"saved_seconds": round(found.by_hand)} if found and end.outcome == "recovered" else {}
