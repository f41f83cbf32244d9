# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of an incident: how long until it was answered or closed, and what it cost. All times are in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["ANSWERS", "Lost", "lasted", "lost"]

# The events by which a person answers an incident; the first of them counts.
ANSWERS = ("acknowledged", "taken_over")


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What an incident cost, None for what no score of it knows.

    `revenue` is in the currency of the business metrics, `bad_minutes` are minutes in which every request would have
    failed.
    """

    revenue: float | None
    bad_minutes: float | None


def lasted(begin: float, end: float) -> float:
    """Return the seconds from one time to another, 0 if a clock was set back in between."""
    return round(max(0.0, end - begin), 3)


def lost(scores: Sequence[tuple[float, Mapping[str, Any]]], end: float) -> Lost:
    """Return what was lost up to a time, as the terms of scores have it, each from its time until the next one."""
    ends = [*(at for at, _terms in scores[1:]), end]
    minutes = [max(0.0, until - at) / 60 for (at, _terms), until in zip(scores, ends, strict=False)]

    def total(term: str, key: str) -> float | None:
        rates = [terms.get(term, {}).get(key) for _at, terms in scores]
        known = [rate * long for rate, long in zip(rates, minutes, strict=True) if rate is not None]
        return round(sum(known), 2) if known else None

    return Lost(revenue=total("revenue", "loss_per_minute"), bad_minutes=total("users", "bad_ratio"))
