# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a run may keep its alert from people: as long as its attempts and their verification may take."""

from __future__ import annotations

from ..decisions.runbook import Runbook
from .moves import ROLLBACK, Look, Next, Start, Verify
from .progress import Progress

__all__ = ["STARTS", "longest", "overdue"]

STARTS = 60.0  # seconds in which an attempt has to start
_SET_BACK = 5.0  # seconds by which a clock that runs too fast may be corrected


def longest(runbook: Runbook | None) -> float:
    """Return after how many seconds an attempt at a step of a runbook has ended, or is ended."""
    return (runbook.limit.run if runbook else 0) + STARTS


def overdue(progress: Progress, wanted: Next, runbook: Runbook | None, at: float) -> str:
    """Return why people have to see to a run that goes on, an empty text while it has time.

    Each step has the time of one attempt on every host that it has got to, and of a verification. What a repetition
    or a busy host takes is not added, and the wait for an approval does not count: people get the alert meanwhile.
    """
    if not isinstance(wanted, Start | Look | Verify):
        return ""
    known = max(progress.run.at, *(max(one.at, one.ended_at) for one in progress.attempts), 0.0)
    if known - at > _SET_BACK:
        return f"the clock was set back by {known - at:.0f} s, so how long it takes is not known"
    if progress.escalated:
        return "it was not done in time, and people were asked to see to it"
    begun = {(one.step, one.host) for one in progress.attempts}
    if isinstance(wanted, Start):
        begun.add((wanted.step, wanted.host))
    verified = {step for step, _host in begun} - {ROLLBACK}
    allowed = len(begun) * longest(runbook) + len(verified) * (runbook.verification.within if runbook else 0)
    passed = at - progress.run.at
    if passed <= progress.waited + allowed:
        return ""
    why = f"it is not done after {passed:.0f} s"
    return f"{why}: {wanted.attempt.name(progress.run)} still runs" if isinstance(wanted, Look) else why
