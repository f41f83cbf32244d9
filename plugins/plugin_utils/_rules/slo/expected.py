# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is expected of an objective's rules under a load, by a calculation of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    Application,
    Objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.objective import minutes_of
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import firing, near
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.alerts import (
    BURNS,
    Burn,
    alert_labels,
    burn_limit,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.indicator import selector
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.load import Load

__all__ = ["UNUSABLE", "Expected"]

UNUSABLE = {"availability": "SLOStatusLabelMissing", "latency": "SLOLatencyBucketMissing"}
_SEVERITIES = {"SLONoData": "critical"}

Test = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """The expectations of one objective; ratios are given as multiples of what it allows."""

    application: Application
    objective: Objective

    def alerts(self, load: Load, minute: int, *, doubt: float = 0.02) -> Iterator[Test]:
        """Yield which alerts fire at a minute of the load.

        Nothing is said about a ratio that is as near to the limit as `doubt`: rates are taken over five minutes.
        """
        for burn in BURNS:
            ratios = [load.ratio(minute, minutes_of(window)) for window in (burn.long, burn.short)]
            level = min(ratios) / self.objective.bad_ratio / burn_limit(burn, self.objective)
            if abs(level - 1) > doubt:
                yield self._burning(burn, minute, fires=level > 1)
        level = load.ratio(minute, minute) / self.objective.bad_ratio
        if abs(level - 1) > doubt:
            yield self._firing("SLOErrorBudgetExhausted", minute, fires=level > 1)
        yield from self.data(minute, ())

    def quiet(self, minute: int, *, except_for: Collection[str] = ()) -> Iterator[Test]:
        """Yield that nothing fires but alerts on data of these names."""
        yield from (self._burning(burn, minute, fires=False) for burn in BURNS)
        yield self._firing("SLOErrorBudgetExhausted", minute, fires=False)
        yield from self.data(minute, except_for)

    def data(self, minute: int, names: Collection[str]) -> Iterator[Test]:
        """Yield that of the alerts on data those of these names fire."""
        for name in ("SLONoTraffic", "SLONoData", UNUSABLE[self.objective.kind]):
            yield self._firing(name, minute, fires=name in names)

    def burn_rate(self, level: float, minute: int, window: str = "5m") -> Test:
        """Return the expectation of a burn rate."""
        return near(f"slo:burn_rate:ratio{window}{self._of}", minute, expected=level, within=0.02)

    def remaining(self, level: float, minute: int) -> Test:
        """Return the expectation of what is left of the error budget, of which 1 is all."""
        return near(f"slo:error_budget:remaining_ratio{self._of}", minute, expected=level, within=0.02)

    def compliance(self, level: float, minute: int) -> Iterator[Test]:
        """Yield the expectation of the compliance over a day, both as recorded and from the counters.

        It is compared by how much it lacks, in multiples of what may be lacking.
        """
        checks, violations = (f"increase(sla_{name}_total{self._of}[24h])" for name in ("checks", "violations"))
        for percent in (f"(1 - {violations} / {checks}) * 100", f"slo:compliance:ratio24h{self._of} * 100"):
            lacking = f"(100 - {percent}) / {self.objective.bad_ratio * 100:.12g}"
            yield near(lacking, minute, expected=level, within=0.05)

    def _burning(self, burn: Burn, minute: int, *, fires: bool) -> Test:
        labels = alert_labels(self.application, self.objective, burn.severity)
        windows = {"long_window": burn.long, "short_window": burn.short}
        return firing(burn.alertname, {**labels, **windows}, minute, fires=fires)

    def _firing(self, name: str, minute: int, *, fires: bool) -> Test:
        labels = alert_labels(self.application, self.objective, _SEVERITIES.get(name, "warning"))
        return firing(name, labels, minute, fires=fires)

    @property
    def _of(self) -> str:
        return selector(self.application, self.objective)
