# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be next in a run, and what is known of each attempt that it has made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..decisions.history import STOPPED, Run

__all__ = ["CANCELLED", "REFUSED", "ROLLBACK", "Ask", "Attempt", "End", "Look", "Next", "Start", "Verify", "Wait"]

ROLLBACK = 0  # the number of the step that takes the others back; those begin with 1
REFUSED = "refused"  # the outcome of an attempt for which its host could not be acquired
CANCELLED = "cancelled"  # the outcome of one that ended because a person stopped its run


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An attempt at a step on a host, with how it ended, which is nothing while it runs, and how it is called."""

    step: int
    host: str
    number: int
    at: float
    ended: Mapping[str, Any] = field(default_factory=dict)
    ended_at: float = 0.0
    called: str = ""

    @property
    def acted(self) -> bool:
        """Return whether it may have done anything: not if the host refused to be acquired for it."""
        return self.ended.get("outcome") != REFUSED

    def name(self, run: Run) -> str:
        """Return the name by which it is found again, for it starts once under it."""
        return self.called or f"{run.key}-s{self.step}-h{run.hosts.index(self.host) + 1}-a{self.number}"


@dataclass(frozen=True)
class Ask:
    """Ask people to approve a step."""

    step: int


@dataclass(frozen=True)
class Wait:
    """Wait for people."""


@dataclass(frozen=True)
class Start:
    """Start an attempt."""

    step: int
    host: str
    number: int


@dataclass(frozen=True)
class Look:
    """Look whether an attempt has ended."""

    attempt: Attempt


@dataclass(frozen=True)
class Verify:
    """Verify a step that ended at a time."""

    step: int
    began: float


@dataclass(frozen=True)
class End:
    """End the run; people get it if automation could not help."""

    outcome: str
    reason: str

    @property
    def escalated(self) -> bool:
        """Return whether people have to see to it."""
        return self.outcome not in ("recovered", STOPPED)


Next = Ask | Wait | Start | Look | Verify | End
