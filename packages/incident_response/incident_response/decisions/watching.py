# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifies runs: asks again and again for what has to hold, until it does or its time is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .checks import Checks
from .history import Run
from .runbook import Check, Runbook
from .verdict import Sample, Verdict, Verification

__all__ = ["Watches"]

_SHORTEST = 1.0  # seconds between two samples
_LATE = 60.0  # seconds after its end, after which a verification was not watched


class Watches:
    """The verifications of runs, by the decision about each. Those of before a restart begin anew, with their time."""

    def __init__(self, runbooks: Iterable[Runbook], checks: Checks) -> None:
        self._checks = checks
        self._verifications = {one.name: one.verification for one in runbooks}
        self._watched: dict[int, Verification] = {}
        self._next: dict[int, float] = {}

    async def ended(self, runs: Sequence[Run], at: float) -> list[tuple[Run, dict[str, Any]]]:
        """Return the runs whose verification ends now, and what the journal gets of it."""
        found = []
        for run in runs:
            # A lookback of less than a second would find samples of before.
            if self._next.get(run.decision, run.at + _SHORTEST) <= at and (verdict := await self._verdict(run, at)):
                watched = self._watched.pop(run.decision, None)
                self._next.pop(run.decision, None)
                detail = {
                    "decision": run.decision,
                    "runbook": run.runbook,
                    "hosts": [*run.hosts],
                    "outcome": verdict.outcome,
                    "reason": verdict.reason,
                    "samples": len(watched.seen) if watched else 0,
                    "acted": False,
                }
                found.append((run, detail))
        return found

    async def _verdict(self, run: Run, at: float) -> Verdict | None:
        check = self._verifications.get(run.runbook)
        if check is None:
            return Verdict("unknown", "there is no such runbook any more")
        watched = self._watched.get(run.decision)
        if watched is None:
            watched = self._watched[run.decision] = _begun(check, run)
        self._next[run.decision] = at + max(_SHORTEST, check.stable / (2 * check.samples))
        if at > watched.began + watched.within + _LATE:
            return Verdict("unknown", "it was not watched until its end")
        if check.kind == "command":
            return Verdict("unknown", "a command is run by a step alone")
        sample = await self._checks.sample(check, run.labels, at=at, since=watched.began)
        return watched.add(sample or Sample(at))


def _begun(check: Check, run: Run) -> Verification:
    return Verification(
        began=run.at,
        within=check.within,
        stable=check.stable,
        samples=check.samples,
        bad_before=run.bad_before,
    )
