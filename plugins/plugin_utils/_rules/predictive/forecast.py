# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a forecast of violations is asked for, and when it is worth being asked."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Objective

__all__ = ["COMPLIANCE_MINUTES", "ENOUGH_FORECASTS", "Forecast"]

COMPLIANCE_MINUTES = 60
# A day of forecasts, one each 30 s.
ENOUGH_FORECASTS = 2880
_FEWEST_REQUESTS = 0.05
_FEWEST_ALLOWED = 1.8


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """How many minutes to look ahead, and above which probability to alert."""

    minutes: int = 15
    probability: float = 0.8

    def __post_init__(self) -> None:
        if not 1 <= self.minutes <= COMPLIANCE_MINUTES:
            raise OperatorError(
                f"minutes {self.minutes} must be 1 to {COMPLIANCE_MINUTES}: the forecast is of the ratio over an "
                "hour, so it cannot look further ahead."
            )
        if not 0 < self.probability < 1:
            raise OperatorError(f"probability {self.probability} must lie between 0 and 1, such as 0.8.")

    def fewest_requests(self, objective: Objective) -> float:
        """Return the requests per second below which a single bad one decides about the hour.

        So many are needed that nearly two bad ones are allowed in an hour.
        """
        return max(_FEWEST_REQUESTS, _FEWEST_ALLOWED / (COMPLIANCE_MINUTES * 60) / objective.bad_ratio)
