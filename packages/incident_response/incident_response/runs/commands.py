# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks by a command that hosts declare: an attempt at the step `run_script` on each host of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..decisions.history import Run
from ..decisions.rules import Rules
from ..decisions.runbook import Check, Runbook
from ..decisions.verdict import Sample
from ..steps import StepError
from ..steps.state import Kind, State
from .bounds import STARTS, longest
from .executor import Executor
from .orders import order_of
from .rechecks import Rechecks

__all__ = ["Commands"]

_FORGOTTEN = 7200.0  # seconds after which nobody asks for what a command has found
_FAILED = 2  # the exit code of a playbook of which a task failed


@dataclass(kw_only=True)
class _Asked:
    """A command on every host of a run: True where it ended with 0, False where not, None where that is not known."""

    lease: str
    run: Run
    runbook: Runbook
    command: str
    at: float
    cancelled: bool = False
    found: dict[str, bool | None] = field(default_factory=dict)

    @property
    def going_on(self) -> list[str]:
        return [host for host in self.run.hosts if host not in self.found]

    def attempt(self, host: str) -> str:
        return f"{self.lease}-{self.at:.0f}-h{self.run.hosts.index(host) + 1}"

    def sample(self) -> Sample:
        """Return what was found; where it is not known on one of the hosts, nothing is."""
        values = [*self.found.values()]
        return Sample(self.at) if None in values else Sample(self.at, good=values.count(True), bad=values.count(False))


class Commands:
    """What commands find. What runs when the engine dies ends by itself, and is asked for anew."""

    def __init__(self, rules: Rules, rechecks: Rechecks, executors: Mapping[str, Executor]) -> None:
        self._rules, self._rechecks, self._executors = rules, rechecks, executors
        self._runbooks = {one.name: one for one in rules.runbooks}
        self._asked: dict[str, _Asked] = {}

    @property
    def hosts(self) -> set[str]:
        """Return the hosts on which a command runs."""
        return {host for one in self._asked.values() for host in one.going_on}

    def cancel(self, run: Run) -> None:
        """Cancel those of a run."""
        for one in self._asked.values():
            one.cancelled = one.cancelled or one.run.decision == run.decision

    async def look(self, at: float) -> None:
        """See what has ended."""
        self._asked = {key: one for key, one in self._asked.items() if at < one.at + _FORGOTTEN}
        await asyncio.gather(*(self._look(one, host, at) for one in self._asked.values() for host in one.going_on))

    async def precheck(self, run: Run, *, at: float, busy: set[str]) -> str | None:
        """Return why a command that is the pre-check stops a run, an empty text while it runs, None if it does not."""
        check = self._runbooks[run.runbook].precheck
        if check is None or check.kind != "command":
            return None
        found = await self.sample(run, check, "p", at=at, busy=busy)
        if found is None or found.holds:
            return "" if found is None else None
        why = await asyncio.to_thread(self._rechecks.people, run)
        return why or f"the pre-check {'does not hold' if found.bad else 'has no answer'}"

    async def sample(self, run: Run, check: Check, purpose: str, *, at: float, busy: set[str]) -> Sample | None:
        """Return on how many hosts the command of a check ends with 0, and on how many not; None until it has ended.

        It begins when none of the hosts is busy. While people want nothing done, nothing is known.
        """
        # One name for all samples, so that the host remembers them as one attempt.
        lease = f"{run.key}-{purpose}"
        one = self._asked.get(lease)
        if one is None:
            if busy.intersection(run.hosts) or len(busy) >= self._rules.steps_at_once:
                return None
            busy.update(run.hosts)
            if await asyncio.to_thread(self._rechecks.people, run):
                return Sample(at)
            command = "".join(part for part in check.text if isinstance(part, str))
            one = _Asked(lease=lease, run=run, runbook=self._runbooks[run.runbook], command=command, at=at)
            self._asked[lease] = one
            await asyncio.gather(*(self._look(one, host, at) for host in run.hosts))
        if one.going_on:
            return None
        del self._asked[lease]
        return one.sample()

    async def _look(self, one: _Asked, host: str, at: float) -> None:
        """Note how a command ended on a host, if it has; start it unless it was."""
        name, executor = one.attempt(host), self._executors[one.run.executor]
        late = one.cancelled or at > one.at + longest(one.runbook)
        try:
            state = await asyncio.to_thread(executor.cancel if late else executor.state, name)
            if state.kind is Kind.NEVER_STARTED and not one.cancelled:
                state = await asyncio.to_thread(self._start, one, host, at)
            refused = state.kind is Kind.FINISHED and (await asyncio.to_thread(executor.output, name)).refused
        except (StepError, OSError):
            if at > one.at + STARTS:
                one.found[host] = None
            return
        if state.kind is not Kind.RUNNING:
            known = not refused and state.code in {0, _FAILED}
            one.found[host] = state.code == 0 if known else None

    def _start(self, one: _Asked, host: str, at: float) -> State:
        step = {"step": "run_script", "parameters": {"command": one.command}}
        named = one.attempt(host)
        told = order_of(one.run, one.runbook, self._rules, attempt=named, step=step, host=host, at=at, lease=one.lease)
        return self._executors[one.run.executor].start(told)
