# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about alerts: which fire and what to do about each, when they fired, how often and for how long.

`where` narrows them by label matchers, such as `service="shop"`; without it they show all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import quoted
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.leads import Leads
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, or_zero, timeline
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import (
    CALM,
    SEVERITIES,
    Scale,
    above,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.alert_summaries import (
    ALERT_LABELS,
    SUMMARY_SERIES,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = [
    "SINCE",
    "WORST",
    "alert_history",
    "alert_timeline",
    "firing_alerts",
    "firing_by_severity",
    "worst_severity",
]

SINCE = Scale(unit="dateTimeFromNow", minimum=None)
_FIRING = 'alertstate="firing"'
_KEYS = ", ".join(ALERT_LABELS)
_RANKS = {"critical": 3, "warning": 2, "info": 1}
_TEXTS = {str(rank): (severity, SEVERITIES[severity]) for severity, rank in _RANKS.items()}
WORST = Scale(unit="none", texts={"0": ("none", CALM), **_TEXTS})
_GREY = "#6b6b6b"
# So many lines of each severity are drawn.
_MOST = {"critical": 8, "warning": 8, "info": 4}
# As often as rules are evaluated unless the inventory wants it otherwise.
_STEP = 15


def _matchers(*more: str) -> str:
    """Return the matchers of alerts. What always fires, as a sign of life, has the severity none."""
    return ",".join(filter(None, ('severity!="none"', *more)))


def _active_since(where: str) -> str:
    """Return the times at which alerts that fire became active, by all of their labels."""
    firing = _matchers(_FIRING, where)
    return f"ALERTS_FOR_STATE{{{_matchers(where)}}} and ignoring (alertstate) ALERTS{{{firing}}}"


def firing_by_severity(where: str = "", link: Link | None = None) -> tuple[Query, ...]:
    """Return how many alerts of each severity fire, silenced ones among them, for a panel of single values."""
    known = "|".join(SEVERITIES)
    wanted = {severity: (f'severity="{severity}"', color) for severity, color in SEVERITIES.items()}
    wanted["other"] = (f'severity!~"{known}"', "purple")
    return tuple(
        Query(
            or_zero(f"count(ALERTS{{{_matchers(_FIRING, matcher, where)}}})"),
            severity,
            scale=Scale(unit="none", decimals=0, steps=above((1, color))),
            link=link,
        )
        for severity, (matcher, color) in wanted.items()
    )


def worst_severity(by: str) -> str:
    """Return how bad the worst alert is that fires, as `WORST` reads it, for each value of a label."""
    return f"max by ({by}) (ALERTS{{{_matchers(_FIRING)}}} * on (severity) group_left () ({_ranks()}))"


def firing_alerts(
    where: str = "",
    leads: Leads = Leads(),  # noqa: B008 - it is frozen
    *,
    links: tuple[Builder[models.DashboardLink], ...] = (),
    size: tuple[int, int] = (24, 9),
) -> Builder[models.Panel]:
    """Return the alerts that fire, the worst and newest first, each with what leads on."""
    known = f"min by ({_KEYS}, summary, runbook_url) ({SUMMARY_SERIES}{{{_matchers(where)}}})"
    rest = f'label_replace({_active_since(where)}, "summary", "see Alertmanager", "", "")'
    since = f"{known} or on ({_KEYS}) min by ({_KEYS}, summary) ({rest})"
    for severity, rank in _RANKS.items():
        since = f'label_replace({since}, "rank", "{rank}", "severity", "{severity}")'
    columns = _columns(leads)
    kept = ", ".join(name for name in (*columns, "rank") if name != "Value")
    return table(
        "Active alerts",
        "Firing alerts, including silenced ones: the most severe first, then the newest. Summaries appear with a "
        "short delay, because Prometheus does not store annotations and they are recorded separately.",
        Query(f"sort_desc(1000 * min by ({kept}) ({leads.by_service(_with_matchers(since))}))"),
        labels=columns,
        ranked="rank",
        size=size,
        links=links,
    )


def _with_matchers(expr: str) -> str:
    """Return the expression with a label `silence`: matchers of the labels that an alert has, as in a silence."""
    parts: list[str] = []
    for label in ALERT_LABELS:
        comma = "," if parts else ""
        parts.append(f"matcher_{label}")
        written = quoted(f'{comma}{label}="$1"')
        expr = f'label_replace({expr}, "{parts[-1]}", {written}, "{label}", "(.+)")'
    return f'label_join({expr}, "silence", "", {", ".join(map(quoted, parts))})'


def _ranks() -> str:
    return " or ".join(f'label_replace(vector({rank}), "severity", "{name}", "", "")' for name, rank in _RANKS.items())


def _columns(leads: Leads) -> dict[str, Column]:
    runbook = Link(title="Runbook of ${__data.fields.alertname}", url="${__value.raw}", outside=True)
    silence = leads.to_silence()
    return {
        "severity": Column(head="severity", colors=SEVERITIES, width=90),
        "alertname": Column(head="alert", width=240),
        "Value": Column(head="since", scale=SINCE, width=140),
        "summary": Column(head="summary"),
        "runbook_url": Column(head="runbook", shown="read", links=(runbook,), width=80),
        "silence": Column(head="silence", shown="silence", links=silence, hidden=not silence, width=80),
        "host": Column(head="host", links=leads.to_host(), width=120),
        "service": Column(head="service", links=leads.to_service(), width=120),
        "instance": Column(head="instance", width=160),
        "page": Column(head="page", hidden=True),
    }


def alert_timeline(where: str = "") -> Builder[models.Panel]:
    """Return when alerts fired, above the alert that always does."""
    # In one question: several empty answers would be told as a fault. Answers come in the order of their first label.
    lines = [_longest(severity, place, where) for place, severity in enumerate(_RANKS, 1)]
    lines.append(_ordered(f'0 * max by (alertname) (ALERTS{{{_FIRING},severity="none"}})', len(lines) + 1))
    return timeline(
        "When alerts fired",
        "One line for each alert that fired in the selected time range: critical alerts first, then by how long they "
        "fired. The last line is the alert that always fires; gaps in it mean that no rules were evaluated.",
        Query(" or ".join(lines), "{{alertname}}"),
        scale=Scale(unit="none", texts={"0": ("always fires", _GREY), **_TEXTS}),
        no_value="none",
        size=(24, 10),
    )


def _longest(severity: str, place: int, where: str) -> str:
    """Return the rank of the severity while alerts fire, of those that did so longest within the time shown."""
    matchers = _matchers(_FIRING, f'severity="{severity}"', where)
    each = f"max by (alertname) (ALERTS{{{matchers}}})"
    longest = f"topk({_MOST[severity]}, count_over_time(({each})[$__range:$__interval] @ end()))"
    return _ordered(f"{_RANKS[severity]} * {each} and {longest}", place)


def _ordered(expr: str, place: int) -> str:
    return f'label_replace({expr}, "_place", "{place}", "", "")'


def alert_history(where: str = "") -> tuple[Builder[models.Panel], ...]:
    """Return how often alerts fired, and for how long.

    Both are read from the same moments at which an alert fired. The time since when it was active is its value there,
    so that a change of it is another episode, while what was only pending counts for nothing.
    """
    fired = f"({_active_since(where)})[$__range:{_STEP}s]"
    labels = {"severity": Column(head="severity", colors=SEVERITIES, width=90), "alertname": Column(head="alert")}
    told = f"in the selected time range, over all of its instances, sampled every {_STEP} seconds."
    return (
        table(
            "Episodes",
            f"How often each alert fired {told}",
            Query(f"sum by (alertname, severity) (changes({fired}) + 1)"),
            labels=labels,
            values=[Column(head="episodes", scale=Scale(unit="none", decimals=0))],
            sort="episodes",
            size=(12, 8),
        ),
        table(
            "Time firing",
            f"How long each alert fired {told}",
            Query(f"{_STEP} * sum by (alertname, severity) (count_over_time({fired}))"),
            labels=labels,
            values=[Column(head="time", scale=Scale(unit="s"))],
            sort="time",
            size=(12, 8),
        ),
    )
