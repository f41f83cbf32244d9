# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts on service-level objectives: on how fast the error budget goes, on what is left of it, on missing data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    Application,
    Objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.objective import minutes_of
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.indicator import indicator, selector
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import Rule, alert

__all__ = ["BURNS", "Burn", "alert_labels", "alerts", "budget_alerts", "burn_limit"]

_PAGE = "objectives"
_LARGEST_RATIO = 0.9
_FEWEST_BAD = 5


@dataclass(frozen=True, kw_only=True)
class Burn:
    """A pair of windows: how much of the budget must go in the long one, and still be going in the short one."""

    alertname: str
    severity: str
    long: str
    short: str
    spent: float


BURNS = (
    Burn(alertname="SLOBurnRateHigh", severity="critical", long="1h", short="5m", spent=0.02),
    Burn(alertname="SLOBurnRateHigh", severity="critical", long="6h", short="30m", spent=0.05),
    Burn(alertname="SLOBurnRateElevated", severity="warning", long="1d", short="2h", spent=0.1),
    Burn(alertname="SLOBurnRateElevated", severity="warning", long="3d", short="6h", spent=0.1),
)


def burn_limit(burn: Burn, objective: Objective) -> float:
    """Return the burn rate above which the pair of windows alerts.

    It is the one that spends the pair's share of the budget within the long window. A rate below 1 never spends the
    budget, so it is 1 at least; and when nearly all requests are bad it is exceeded, however lax the objective.
    """
    spending = burn.spent * minutes_of(objective.window) / minutes_of(burn.long)
    return min(max(spending, 1), _LARGEST_RATIO / objective.bad_ratio)


def alert_labels(application: Application, objective: Objective, severity: str) -> dict[str, str]:
    """Return the labels of an alert on an objective."""
    return {
        "service": application.name,
        "slo": objective.name,
        "team": application.team,
        "environment": application.environment,
        "severity": severity,
    }


def alerts(application: Application, objective: Objective) -> Iterator[Rule]:
    """Yield the alerts that need no more than three days."""
    for burn in BURNS:
        yield _burn(burn, application, objective)
    yield from _silence(application, objective)
    yield _unusable(application, objective)


def budget_alerts(application: Application, objective: Objective) -> Iterator[Rule]:
    """Yield the alert that needs the whole window of the objective."""
    of, window = selector(application, objective), objective.window
    yield alert(
        "SLOErrorBudgetExhausted",
        f"slo:error_budget:remaining_ratio{of} <= 0\nand {_enough_bad(of, window)}",
        labels=alert_labels(application, objective, "warning"),
        page=_PAGE,
        texts={
            "summary": f"{application.name} has no error budget left for {objective.name}",
            "description": (
                f"Over the last {window} more than {_percent(objective.bad_ratio)} of its requests were bad. "
                "Remaining budget: {{ $value | humanizePercentage }}."
            ),
        },
    )


def _burn(burn: Burn, application: Application, objective: Objective) -> Rule:
    of, limit = selector(application, objective), burn_limit(burn, objective)
    share = limit * minutes_of(burn.long) / minutes_of(objective.window)
    return alert(
        burn.alertname,
        f"slo:burn_rate:ratio{burn.long}{of} > {limit:.10g}\n"
        f"and slo:burn_rate:ratio{burn.short}{of} > {limit:.10g}\n"
        f"and {_enough_bad(of, burn.long)}",
        labels={
            **alert_labels(application, objective, burn.severity),
            "long_window": burn.long,
            "short_window": burn.short,
        },
        page=_PAGE,
        texts={
            "summary": f"{application.name} spends its error budget for {objective.name} "
            "{{ $value | humanize }} times too fast",
            "description": (
                f"In the last {burn.long} it spent more than {_percent(share)} of the budget for {objective.window}, "
                f"and the last {burn.short} were no better."
            ),
        },
    )


def _silence(application: Application, objective: Objective) -> Iterator[Rule]:
    of, counted = selector(application, objective), indicator(application, objective)
    yield alert(
        "SLONoTraffic",
        # A service that is asked now and then is silent by chance: ten requests must be missing.
        f"sli:total:rate5m{of} == 0\nand avg_over_time(sli:total:rate5m{of}[3d]) * 1200 > 10",
        wait="15m",
        labels=alert_labels(application, objective, "warning"),
        page=_PAGE,
        texts={
            "summary": f"{application.name} gets no requests",
            "description": f"No request has been counted for {objective.name} in 15 minutes, so it cannot be judged.",
        },
    )
    yield alert(
        "SLONoData",
        f"absent({counted.source})",
        wait="10m",
        labels=alert_labels(application, objective, "critical"),
        page=_PAGE,
        texts={
            "summary": f"Nothing is known about {objective.name} of {application.name}",
            "description": (
                f"There is no series {counted.source}. "
                "Either no instance is running or none is scraped; no other alert on this objective can fire."
            ),
        },
    )


def _unusable(application: Application, objective: Objective) -> Rule:
    counted = indicator(application, objective)
    return alert(
        "SLOStatusLabelMissing" if objective.kind == "availability" else "SLOLatencyBucketMissing",
        counted.unusable,
        wait="10m",
        labels=alert_labels(application, objective, "warning"),
        page=_PAGE,
        texts={
            "summary": f"{objective.name} of {application.name} cannot be calculated from its series",
            "description": f"{{{{ $value }}}} series of {counted.source} lack {counted.lacking}.",
        },
    )


def _enough_bad(of: str, window: str) -> str:
    """Return an expression that holds when a handful of requests was bad: fewer say nothing about a rate."""
    return f"increase(sla_violations_total{of}[{window}]) >= {_FEWEST_BAD}"


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.3g} %"
