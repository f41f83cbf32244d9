# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches whether an alert recovers after a runbook has acted, or would have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from .checks import Checks
from .history import Run
from .runbook import Check, Runbook
from .verdict import Sample, Verdict, Verification

__all__ = ["Watches"]

Command = Callable[[Check], Awaitable[Sample | None]]
_SHORTEST = 1.0  # seconds between two samples
_LATE = 60.0  # seconds after its end, after which a verification was not watched


class Watches:
    """The verifications of runs, each from a time on. Those of before a restart begin anew, with their time."""

    def __init__(self, runbooks: Iterable[Runbook], checks: Checks) -> None:
        self._checks = checks
        self._verifications = {one.name: one.verification for one in runbooks}
        self._watched: dict[tuple[int, float], Verification] = {}
        self._next: dict[tuple[int, float], float] = {}

    async def ended(self, runs: Sequence[Run], at: float) -> list[tuple[Run, dict[str, Any]]]:
        """Return the runs that do not act whose verification ends now, and what the journal gets of it."""
        found = []
        for run in (one for one in runs if not one.acts):
            if verified := await self.verified(run, run.at, at):
                told = {"decision": run.decision, "runbook": run.runbook, "hosts": [*run.hosts]}
                found.append((run, {**told, **verified, "acted": False}))
        return found

    async def verified(
        self, run: Run, began: float, at: float, command: Command | None = None, bad_before: int | None = None
    ) -> dict[str, Any] | None:
        """Return the outcome of the verification of a run since a time, its reason and samples; None until it ends.

        `command` has the hosts of a run that acts do a check by a command, `bad_before` is how many series were bad
        before the step, if not as many as before the run.
        """
        run = run if bad_before is None else replace(run, bad_before=bad_before)
        key = (run.decision, began)
        # A lookback of less than a second would find samples of before.
        if self._next.get(key, began + _SHORTEST) > at or not (verdict := await self._verdict(run, key, at, command)):
            return None
        watched = self._watched.pop(key, None)
        self._next.pop(key, None)
        seen = watched.seen if watched else []
        values = {"good": seen[-1].good, "bad": seen[-1].bad} if seen else {}
        return {"outcome": verdict.outcome, "reason": verdict.reason, "samples": len(seen), **values}

    async def _verdict(self, run: Run, key: tuple[int, float], at: float, command: Command | None) -> Verdict | None:
        check = self._verifications.get(run.runbook)
        if check is None:
            return Verdict("unknown", "there is no such runbook any more")
        watched, late = self._watched.get(key), _LATE
        if watched is None:
            late = 0.0  # no engine was there at its end
            watched = self._watched[key] = _begun(check, run, key[1])
        self._next[key] = at + max(_SHORTEST, check.stable / (2 * check.samples))
        if at > watched.began + watched.within + late:
            return Verdict("unknown", "it was not watched until its end")
        sample = None
        if check.kind != "command":
            sample = await self._checks.sample(check, run.labels, at=at, since=watched.began)
        elif command is None:
            return Verdict("unknown", "its command is run for a run that acts alone")
        elif at <= watched.began + watched.within and (sample := await command(check)) is None:
            self._next[key] = at + _SHORTEST
            return None
        return watched.add(sample or Sample(at))


def _begun(check: Check, run: Run, began: float) -> Verification:
    return Verification(
        began=began,
        within=check.within,
        stable=check.stable,
        samples=check.samples,
        bad_before=run.bad_before,
    )
