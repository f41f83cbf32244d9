# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about promises: how well objectives are met, what is left of error budgets, what alerts say.

`where` narrows them by label matchers, such as `service="shop"`; without it they show all services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    or_zero,
    stat,
    timeline,
    timeseries,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = [
    "alert_history",
    "alert_timeline",
    "budget_over_time",
    "budget_remaining",
    "burn_rate",
    "checks_passed",
    "compliance",
    "firing_alerts",
    "firing_by_severity",
    "forecast_error",
    "violation_probability",
]

_NO_OBJECTIVE = "no objective"
_OBJECTIVE = "{{service}} {{slo}}"
_COMPLIANCE = Scale(unit="percent", maximum=100, decimals=3, steps=((None, "red"), (99, "yellow"), (99.9, "green")))
_BUDGET = Scale(
    unit="percent", minimum=None, maximum=100, decimals=1, steps=((None, "red"), (10, "orange"), (50, "green"))
)
_BURN = Scale(unit="none", decimals=2, steps=((None, "green"), (1, "yellow"), (6, "orange"), (14.4, "red")))
_PROBABILITY = Scale(unit="percent", maximum=100, steps=((None, "green"), (50, "yellow"), (80, "red")))
_COUNT = Scale(unit="none", decimals=0, steps=((None, "green"), (1, "red")))
_WARNINGS = Scale(unit="none", decimals=0, steps=((None, "green"), (1, "yellow")))


def _firing(where: str) -> str:
    """Return the matchers of alerts that fire. What always fires, as a sign of life, has the severity none."""
    return ",".join(filter(None, ('alertstate="firing",severity!="none"', where)))


def compliance(where: str = "") -> Builder[models.Panel]:
    """Return the share of good requests of a day."""
    return stat(
        "SLA compliance",
        "Share of good requests over the last 24 hours, for each objective. Yellow below 99.9 %, red below 99 %.",
        Query(f"100 * slo:compliance:ratio24h{{{where}}}", _OBJECTIVE),
        scale=_COMPLIANCE,
        size=(12, 6),
        no_value=_NO_OBJECTIVE,
    )


def checks_passed(where: str = "") -> Builder[models.Panel]:
    """Return the share of checks of a day that found the objective kept."""
    violations = f"sum by (service, slo) (increase(sla_violations_total{{{where}}}[24h]))"
    checks = f"sum by (service, slo) (increase(sla_checks_total{{{where}}}[24h]))"
    return stat(
        "SLA checks passed",
        "Share of the checks of the last 24 hours that found the objective kept. It counts time, compliance requests.",
        Query(f"100 * (1 - ({violations} or 0 * {checks}) / ({checks} > 0))", _OBJECTIVE),
        scale=_COMPLIANCE,
        size=(12, 6),
        no_value=_NO_OBJECTIVE,
    )


def budget_remaining(where: str = "", size: tuple[int, int] = (12, 6)) -> Builder[models.Panel]:
    """Return what is left of each error budget."""
    return stat(
        "Error budget remaining",
        "What is left of the requests that may fail within the window of the objective: 100 % is untouched, below 0 "
        "the objective is missed.",
        Query(f"100 * slo:error_budget:remaining_ratio{{{where}}}", _OBJECTIVE),
        scale=_BUDGET,
        size=size,
        no_value=_NO_OBJECTIVE,
    )


def budget_over_time(where: str = "") -> Builder[models.Panel]:
    """Return how each error budget went."""
    return timeseries(
        "Error budget over time",
        "How the error budget went. A steady line downwards that meets 0 at the end of the window is as promised.",
        Query(f"100 * slo:error_budget:remaining_ratio{{{where}}}", _OBJECTIVE),
        scale=_BUDGET,
    )


def burn_rate(where: str = "") -> Builder[models.Panel]:
    """Return how fast error budgets are used, over a short and a long time."""
    return timeseries(
        "Burn rate",
        "How many times faster than allowed the error budget is used. At 1 it lasts exactly its window; alerts page at "
        "14.4 (over an hour) and at 6 (over six hours).",
        *(
            Query(f"slo:burn_rate:ratio{window}{{{where}}}", f"{_OBJECTIVE} over {window}")
            for window in ("5m", "1h", "6h", "3d")
        ),
        scale=_BURN,
    )


def violation_probability(where: str = "") -> Builder[models.Panel]:
    """Return how likely objectives are missed soon."""
    return timeseries(
        "Probability of a violation within 15 minutes",
        "How likely the objective is violated 15 minutes from now if the trend holds. Above 80 % an alert fires.",
        Query(f"100 * slo:violation:probability15m{{{where}}}", _OBJECTIVE),
        scale=_PROBABILITY,
    )


def forecast_error(where: str = "") -> Builder[models.Panel]:
    """Return how far off the forecasts were."""
    return timeseries(
        "Error of the forecast",
        "Mean squared error of the forecast over a week (Brier score): 0 is perfect, 0.25 is a coin's. Above that, do "
        "not trust the probability.",
        Query(f"avg_over_time(slo:violation:brier15m{{{where}}}[7d])", _OBJECTIVE),
        scale=Scale(unit="none", maximum=1, decimals=3, steps=((None, "green"), (0.25, "red"))),
    )


def firing_by_severity(
    severity: str, *, size: tuple[int, int] = (4, 4), links: tuple[Builder[models.DashboardLink], ...] = ()
) -> Builder[models.Panel]:
    """Return how many alerts of a severity fire."""
    return stat(
        f"Firing: {severity}",
        f"Alerts with severity {severity} that fire now, silenced ones among them.",
        Query(f'count(ALERTS{{alertstate="firing",severity="{severity}"}}) or vector(0)'),
        scale=_COUNT if severity == "critical" else _WARNINGS,
        size=size,
        links=links,
    )


def firing_alerts(where: str = "", links: tuple[Builder[models.DashboardLink], ...] = ()) -> Builder[models.Panel]:
    """Return the alerts that fire, in words where rules record their summaries."""
    matchers = _firing(where)
    recorded = ",".join(filter(None, ('severity!="none"', where)))
    known = f"alert:summary:firing{{{recorded}}}"
    others = f'label_replace(ALERTS{{{matchers}}}, "summary", "see Alertmanager", "", "")'
    each = f"max by (alertname, severity, instance, summary) ({known})"
    rest = f"max by (alertname, severity, instance, summary) ({others})"
    none = 'label_replace(vector(0), "alertname", "none", "", "")'
    return table(
        "Active alerts",
        "Alerts that fire now. A summary is an annotation, which Prometheus sends to Alertmanager and does not keep: "
        "it is shown here for the rules of which alert:summary:firing is recorded.",
        Query(f"({each} or on (alertname, severity, instance) {rest}) or on () {none}"),
        labels={
            "alertname": Column(head="name"),
            "severity": Column(head="severity"),
            "instance": Column(head="instance"),
            "summary": Column(head="summary"),
        },
        links=links,
    )


def alert_timeline(where: str = "") -> Builder[models.Panel]:
    """Return when alerts fired."""
    matchers = _firing(where)
    return timeline(
        "When alerts fired",
        "One line for each alert that fired within the time shown.",
        Query(or_zero(f"max by (alertname, severity) (ALERTS{{{matchers}}})"), "{{severity}} {{alertname}}"),
        scale=Scale(unit="none", texts={"0": ("none", "green"), "1": ("firing", "red")}),
    )


def alert_history(where: str = "") -> tuple[Builder[models.Panel], ...]:
    """Return how often alerts fired, and for how long.

    The state of an alert is a new series in each episode, so an increase of ALERTS counts nothing; the time at which
    an alert became active is kept as a value, which changes once for each further episode.
    """
    matchers = _firing(where)
    fired = f"count_over_time(ALERTS{{{matchers}}}[$__range])"
    episodes = f"(changes(ALERTS_FOR_STATE{{{where}}}[$__range]) + 1) and ignoring (alertstate) {fired}"
    minutes = f"count_over_time(ALERTS{{{matchers}}}[$__range:1m])"
    none = 'label_replace(vector(0), "alertname", "none", "", "")'
    labels = {"alertname": Column(head="name"), "severity": Column(head="severity")}
    return (
        table(
            "Episodes",
            "How often each alert became active within the time shown, of those that fired at least once.",
            Query(f"sort_desc((sum by (alertname, severity) ({episodes})) or on () {none})"),
            labels=labels,
            values=[Column(head="episodes", scale=Scale(unit="none", decimals=0))],
            size=(12, 8),
        ),
        table(
            "Time firing",
            "How long each alert fired within the time shown, all of its instances together, to the minute.",
            Query(f"sort_desc((60 * sum by (alertname, severity) ({minutes})) or on () {none})"),
            labels=labels,
            values=[Column(head="time", scale=Scale(unit="s"))],
            size=(12, 8),
        ),
    )
