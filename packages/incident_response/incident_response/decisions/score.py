# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The score of an incident, term by term. What is not known counts as 0, and is shown as unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .weights import Weights

__all__ = ["Impact", "Inputs", "Score", "scored"]

_MANY = 5  # alerts in half an hour, more than which count
_MOST = 10.0  # of an impact


@dataclass(frozen=True)
class Impact:
    """The worst of what was measured, and of what: None with the reason where it is not known."""

    value: float | None
    of: str


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a score is made of: `loss` a minute, the share of `bad` requests, and what the journal knows."""

    severities: Sequence[str]
    loss: Impact
    bad: Impact
    down: Sequence[str]
    recent: int
    reports: int


@dataclass(frozen=True)
class Score:
    """The sum of all terms, and each of them with its points, its input, and why that is unknown where it is."""

    score: int
    priority: str
    terms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def unknown(self) -> frozenset[str]:
        """Return the terms whose input is not known."""
        return frozenset(name for name, term in self.terms.items() if "unknown" in term)


def scored(inputs: Inputs, weights: Weights) -> Score:
    """Return the score of an incident."""
    terms = {
        "severity": _severity(inputs.severities, weights.severity),
        "revenue": _impact(inputs.loss, 1 / weights.loss_unit, weights.revenue, "loss_per_minute"),
        "users": _impact(inputs.bad, _MOST, weights.users, "bad_ratio"),
        "dependency": {"points": weights.dependency * bool(inputs.down), "down": [*inputs.down]},
        "alerts": {"points": weights.alerts * (inputs.recent > _MANY), "in_30_minutes": inputs.recent},
        "reports": {"points": weights.report * inputs.reports, "reports": inputs.reports},
    }
    total = round(sum(term["points"] for term in terms.values()))
    return Score(total, weights.priority(total), terms)


def _severity(found: Sequence[str], weights: Mapping[str, float]) -> dict[str, Any]:
    """Return the term of the worst severity among those that are known."""
    worst = next((name for name in weights if name in found), None)
    if worst is None:
        return {"points": 0, "unknown": "no alert has a severity that counts"}
    return {"points": weights[worst], "severity": worst}


def _impact(impact: Impact, scale: float, weight: float, name: str) -> dict[str, Any]:
    if impact.value is None:
        return {"points": 0, "unknown": impact.of}
    worth = min(max(impact.value * scale, 0), _MOST)
    found = {"points": round(worth * weight, 1), "impact": round(worth, 2), name: impact.value}
    return {**found, "of": impact.of} if impact.of else found
