# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts how much in the score of an incident, and from which score on it has which priority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..described import ConfigurationError, Described

__all__ = ["PRIORITIES", "Weights"]

PRIORITIES = ("critical", "high", "medium", "low")
_SEVERITIES: Mapping[str, float] = {"critical": 100, "high": 70, "warning": 40, "info": 20}
_LEAST: Mapping[str, float] = {"critical": 150, "high": 100, "medium": 60}


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Points of each term; `severity` has those of each severity, `least` the score that a priority begins with."""

    severity: Mapping[str, float]
    revenue: float
    users: float
    dependency: float
    alerts: float
    report: float
    loss_unit: float
    least: Mapping[str, float]

    @classmethod
    def of(cls, entries: Described) -> Weights:
        """Return weights; what is not given has the usual one. Raises ConfigurationError."""
        severity = Described("severity of the score", entries.take("severity", dict, {}))
        least = Described("priorities of the score", entries.take("priorities", dict, {}))
        found = cls(
            severity={name: severity.weight(name, usual) for name, usual in _SEVERITIES.items()},
            revenue=entries.weight("revenue", 10),
            users=entries.weight("users", 5),
            dependency=entries.weight("dependency", 50),
            alerts=entries.weight("alerts", 30),
            report=entries.weight("report", 20),
            loss_unit=entries.seconds("loss_unit", 1),
            least={name: least.weight(name, usual) for name, usual in _LEAST.items()},
        )
        for one in (severity, least, entries):
            one.end()
        if sorted(found.least.values(), reverse=True) != list(found.least.values()):
            raise ConfigurationError("priorities of the score have to fall from critical to high to medium.")
        return found

    def priority(self, score: float) -> str:
        """Return the priority of a score."""
        return next((name for name, least in self.least.items() if score >= least), PRIORITIES[-1])
