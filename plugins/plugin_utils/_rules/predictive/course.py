# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forecast of a course of ratios, by least squares and a normal distribution: the rules must agree with it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.plugin_utils._rules.predictive.forecast import COMPLIANCE_MINUTES

__all__ = ["Course", "Outlook"]

_LOOK_BACK = 30
_POINTS = 6


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The distribution of the ratio to come, and what share of the hour it decides about."""

    to_come: float
    sigma: float
    known: float
    weight: float

    def excess(self, allowed: float) -> float:
        """Return by how many standard deviations the ratio over the hour exceeds what is allowed."""
        return (self._mean - allowed) / (self.weight * self.sigma)

    def probability(self, allowed: float) -> float:
        """Return how probable it is that the ratio over the hour exceeds what is allowed."""
        return 1 - statistics.NormalDist(self._mean, self.weight * self.sigma).cdf(allowed)

    @property
    def _mean(self) -> float:
        return (1 - self.weight) * self.known + self.weight * self.to_come


@dataclass(frozen=True, kw_only=True)
class Course:
    """What is recorded of an objective: requests per second and the share of bad ones, so many samples per minute."""

    total: Sequence[float]
    ratio: Sequence[float]
    per_minute: int = 1

    @property
    def bad(self) -> list[float]:
        """Return the bad requests per second."""
        return [total * ratio for total, ratio in zip(self.total, self.ratio, strict=True)]

    def mean_ratio(self, minute: float, minutes: int) -> float:
        """Return the share of bad requests in so many minutes up to a minute."""
        part = self._part(minute, minutes)
        bad = math.fsum(self.total[at] * self.ratio[at] for at in part)
        return bad / (math.fsum(self.total[at] for at in part) or 1)

    def outlook(self, minute: int, ahead: int) -> Outlook:
        """Return the forecast that a minute gives for so many minutes later."""
        part = self._part(minute, _LOOK_BACK)
        times, ratios = [at / self.per_minute - minute for at in part], [self.ratio[at] for at in part]
        slope, intercept = statistics.linear_regression(times, ratios)
        to_come = min(max(intercept + slope * ahead / 2, 0), 1)
        residuals = [ratio - intercept - slope * time for time, ratio in zip(times, ratios, strict=True)]
        lever = (ahead / 2 + _LOOK_BACK / 2) ** 2 / (_LOOK_BACK**2 / 12)
        trend = statistics.fmean(residual**2 for residual in residuals) * (1 + (1 + lever) / _POINTS)
        requests = max(self.total[part[-1]] * ahead * 60, 1)
        sampling = to_come * (1 - to_come) / requests + 0.25 / requests**2
        return Outlook(
            to_come=to_come,
            sigma=(trend + sampling) ** 0.5,
            known=self.mean_ratio(minute, COMPLIANCE_MINUTES - ahead) if ahead < COMPLIANCE_MINUTES else 0,
            weight=ahead / COMPLIANCE_MINUTES,
        )

    def _part(self, minute: float, minutes: int) -> range:
        end = round(minute * self.per_minute) + 1
        return range(max(0, end - minutes * self.per_minute), end)
