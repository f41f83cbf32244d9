# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about promises: how well objectives are kept, what is left of error budgets, what is foreseen.

`where` narrows them by label matchers, such as `service="shop"`; without it they show all services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.leads import Leads
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import (
    CALM,
    SEVERITIES,
    Scale,
    above,
    below,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = [
    "BUDGET",
    "BURN",
    "PROBABILITY",
    "alert_states",
    "budget_over_time",
    "budgets",
    "burn_rate",
    "compliance",
    "forecast_error",
    "violation_probability",
]

BUDGET = Scale(unit="percent", minimum=None, maximum=100, decimals=1, steps=below("red", (0, "orange"), (25, CALM)))
PROBABILITY = Scale(unit="percent", maximum=100, decimals=0, steps=above((80, "red")))
_NO_OBJECTIVE = "no objective"
_OBJECTIVE = "{{service}} {{slo}}"
_SHARE = Scale(unit="percent", maximum=100, decimals=3)
_COUNT = Scale(unit="short", decimals=1)
# At these rates alerts fire: the lowest ends a budget before its window ends.
BURN = Scale(unit="none", decimals=2, soft_maximum=16, steps=above((1, "yellow"), (6, "orange"), (14.4, "red")))
_KEPT = Scale(unit="none", texts={"0": ("missed", "red"), "1": ("kept", CALM)})
_SPENT = Scale(unit="dateTimeAsIso", minimum=None, texts={"0": ("spent", "red")})
# The alerts of an objective: what a column is called, which alerts it is about, and how bad they are.
_ALERTS = {
    "burns fast": ("SLOBurnRateHigh", "critical"),
    "burns": ("SLOBurnRateElevated", "warning"),
    "budget spent": ("SLOErrorBudgetExhausted", "warning"),
    "violation predicted": ("SLOViolationPredicted", "warning"),
    "forecast unreliable": ("SLOForecastUnreliable", "warning"),
    "no traffic": ("SLONoTraffic", "warning"),
    "no data": ("SLONoData", "critical"),
    "unusable data": ("SLOStatusLabelMissing|SLOLatencyBucketMissing", "warning"),
}


def _of(name: str, where: str) -> str:
    return f"max by (service, slo) ({name}{{{where}}})"


def compliance(where: str = "", leads: Leads = Leads()) -> Builder[models.Panel]:  # noqa: B008 - it is frozen
    """Return how well each objective is kept: what was promised over which time, and what became of it."""
    left, allowed = _of("slo:error_budget:remaining_ratio", where), _of("slo:objective:bad_ratio", where)
    asked = (
        f"{left} >= bool 0",
        f"100 * (1 - {allowed})",
        f"{_of('slo:objective:window_seconds', where)} / 86400",
        f"100 * (1 - (1 - {left}) * {allowed})",
        f"100 * {_of('slo:compliance:ratio24h', where)}",
        f"sum by (service, slo) (increase(sla_checks_total{{{where}}}[24h]))",
        f"sum by (service, slo) (increase(sla_violations_total{{{where}}}[24h]))",
    )
    return table(
        "SLA compliance",
        "Share of good requests for each objective. Red: fewer requests than the objective requires were good over "
        "its whole window. The last 24 hours, with the number of requests, show the current trend.",
        *(Query(leads.by_service(expr)) for expr in asked),
        labels=_named(leads),
        values=[
            Column(head="objective is", scale=_KEPT, no_value="not known yet", width=110),
            Column(head="promised", scale=_SHARE),
            Column(head="over", scale=Scale(unit="suffix:days", decimals=0)),
            Column(head="good so far", scale=_SHARE),
            Column(head="good in 24 h", scale=_SHARE, no_value="no traffic"),
            Column(head="requests in 24 h", scale=_COUNT),
            Column(head="bad in 24 h", scale=_COUNT),
        ],
        sort="good so far",
        descending=False,
        no_value=_NO_OBJECTIVE,
        size=(24, 6),
    )


def budgets(where: str = "", leads: Leads = Leads()) -> Builder[models.Panel]:  # noqa: B008 - it is frozen
    """Return what is left of each error budget, how fast it goes, and when it is spent at this pace."""
    left, burn = _of("slo:error_budget:remaining_ratio", where), _of("slo:burn_rate:ratio1h", where)
    lasts = f"({left} > 0) * {_of('slo:objective:window_seconds', where)} / ({burn} > 1)"
    asked = (
        f"100 * {left}",
        burn,
        _of("slo:burn_rate:ratio6h", where),
        f"1000 * (time() + {lasts}) or 0 * ({left} <= 0)",
    )
    return table(
        "Error budgets",
        "Remaining share of the requests that may be bad within the window of the objective: 100 % is untouched, "
        "below 0 the objective is missed. At a burn rate of 1, the budget lasts exactly one window. The date on "
        "which it will be spent assumes the rate of the last hour.",
        *(Query(leads.by_service(expr)) for expr in asked),
        labels=_named(leads),
        values=[
            Column(head="left", scale=BUDGET, no_value="not known yet", width=110),
            Column(head="burn rate of 1 h", scale=BURN, no_value="no traffic"),
            Column(head="burn rate of 6 h", scale=BURN, no_value="no traffic"),
            Column(head="spent on", scale=_SPENT, no_value="not at this rate"),
        ],
        sort="left",
        descending=False,
        no_value=_NO_OBJECTIVE,
        size=(24, 6),
    )


def alert_states(where: str = "", leads: Leads = Leads()) -> Builder[models.Panel]:  # noqa: B008 - it is frozen
    """Return the state of each alert of each objective."""
    return table(
        "Alerts of objectives",
        "Whether each alert of an objective is inactive, pending or firing.",
        *(Query(leads.by_service(_state(alerts, where))) for alerts, _severity in _ALERTS.values()),
        labels=_named(leads),
        values=[
            Column(
                head=head,
                scale=Scale(
                    unit="none",
                    texts={"0": ("inactive", CALM), "1": ("pending", "yellow"), "2": ("firing", SEVERITIES[severity])},
                ),
            )
            for head, (_alerts, severity) in _ALERTS.items()
        ],
        no_value=_NO_OBJECTIVE,
        size=(24, 6),
    )


def _state(alerts: str, where: str) -> str:
    """Return 2 for objectives of which one of the alerts fires, 1 where one is pending, 0 for all others."""
    named = ",".join(filter(None, (f'alertname=~"{alerts}"', where)))
    firing, pending = (_of("ALERTS", f'{named},alertstate="{state}"') for state in ("firing", "pending"))
    return f"2 * {firing} or {pending} or 0 * {_of('slo:objective:bad_ratio', where)}"


def _named(leads: Leads) -> dict[str, Column]:
    return {
        "service": Column(head="service", links=leads.to_service(), width=120),
        "slo": Column(head="objective", width=120),
        "page": Column(head="page", hidden=True),
    }


def budget_over_time(where: str = "") -> Builder[models.Panel]:
    """Return how each error budget went."""
    return timeseries(
        "Error budget over time",
        "The ten lowest error budgets. A straight line that reaches 0 at the end of the window is within the "
        "objective.",
        Query(worst(f"100 * slo:error_budget:remaining_ratio{{{where}}}", lowest=True), _OBJECTIVE),
        scale=BUDGET,
        axis="budget left",
        size=(12, 10),
        lowest_first=True,
        no_value=_NO_OBJECTIVE,
    )


def burn_rate(where: str = "") -> Builder[models.Panel]:
    """Return how fast error budgets are used, over the times that alerts page for."""
    fastest = {window: worst(f"slo:burn_rate:ratio{window}{{{where}}}", most=5) for window in ("1h", "6h")}
    windows = (f'label_replace({expr}, "window", "{window}", "", "")' for window, expr in fastest.items())
    return timeseries(
        "Burn rate",
        "How many times faster than allowed error budgets burn: the five fastest over one hour and over six hours. "
        "At 1, a budget lasts exactly one window. For a window of 30 days, alerts page at 14.4 over one hour and at "
        "6 over six hours.",
        Query(" or ".join(windows), f"{_OBJECTIVE} over {{{{window}}}}"),
        scale=BURN,
        axis="times the allowed rate",
        size=(12, 10),
        no_value=_NO_OBJECTIVE,
    )


def violation_probability(where: str = "") -> Builder[models.Panel]:
    """Return how likely objectives are missed soon."""
    return timeseries(
        "Probability of a violation within 15 minutes",
        "Probability that the objective will be violated over the hour that ends 15 minutes from now, if the trend "
        "continues: the ten highest. An alert fires above 80 %. A forecast requires 45 minutes of data.",
        Query(worst(f"100 * slo:violation:probability15m{{{where}}}"), _OBJECTIVE),
        scale=PROBABILITY,
        axis="probability",
        size=(12, 10),
        no_value="no forecast yet",
    )


def forecast_error(where: str = "") -> Builder[models.Panel]:
    """Return how far off the forecasts were."""
    enough = f"count_over_time(slo:violation:brier15m{{{where}}}[7d] @ end()) >= 2880"
    return timeseries(
        "Error of the forecast",
        "Mean squared error of the forecasts over a week (Brier score), with at least one day of forecasts: 0 is "
        "perfect, 0.25 is a coin toss. Above that, do not rely on the probability.",
        Query(f"{worst(f'slo:violation:brier15m:avg7d{{{where}}}')} and {enough}", _OBJECTIVE),
        scale=Scale(unit="none", decimals=3, soft_maximum=0.3, steps=above((0.25, "red"))),
        axis="Brier score",
        size=(12, 10),
        no_value="less than a day of forecasts",
    )
