# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus makes of what it collects: rules by their groups, and alerts on their way to each Alertmanager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import INSTANCE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.counters import (
    grew,
    lost_alerts,
    named_alertmanager,
    named_group,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["notifications", "rules"]

_SHARE = Scale(unit="percent", soft_maximum=100, steps=above((80, "red")))
_FAILED = "prometheus_rule_evaluation_failures_total"
_MISSED = "prometheus_rule_group_iterations_missed_total"


def rules() -> list[Builder[models.Panel]]:
    """Return the slowest groups of rules, and those that fail."""
    lasting = f"prometheus_rule_group_last_duration_seconds{{{INSTANCE}}}"
    interval = f"(prometheus_rule_group_interval_seconds{{{INSTANCE}}} > 0)"
    share = f"100 * max by (rule_group) ({lasting} / {interval})"
    return [
        timeseries(
            "Slowest rule groups",
            "Evaluation time as a share of the interval, for the ten slowest groups. At 100 %, evaluations are "
            "skipped and alerts are late.",
            Query(worst(named_group(share)), "{{group}} ({{file}})"),
            scale=_SHARE,
            axis="share of the interval",
            size=(12, 10),
        ),
        table(
            "Failing rule groups",
            "Groups with failed or skipped evaluations within the previous hour. Alerts of failed rules cannot fire. "
            "The error is in the log and on Prometheus' rules page.",
            Query(f"{_told('failed', _FAILED)} or {_told('skipped', _MISSED)}"),
            labels={
                "group": Column(head="group"),
                "file": Column(head="file"),
                "what": Column(head="what", colors={"failed": "red", "skipped": "orange"}),
                "rule_group": Column(head="path", hidden=True),
            },
            values=[Column(head="within 1 h", scale=Scale(unit="none", decimals=0))],
            sort="within 1 h",
            size=(12, 10),
        ),
    ]


def _told(what: str, counter: str) -> str:
    grown = named_group(grew(counter, "1h", "rule_group"))
    return f'label_replace({grown}, "what", "{what}", "", "") > 0'


def notifications() -> list[Builder[models.Panel]]:
    """Return alerts on their way to each Alertmanager."""
    each = f"rate(prometheus_notifications_{{name}}_total{{{{{INSTANCE}}}}}[{RATE}])"
    sent, errors = each.format(name="sent"), each.format(name="errors")
    # Releases that count what is dropped for all Alertmanagers together count attempts as sent, others what arrived.
    attempts = f'on (job, instance) prometheus_notifications_dropped_total{{alertmanager="",{INSTANCE}}}'
    arrived = f"({sent} - ({errors} and {attempts})) or {sent}"
    full = (
        f"100 * prometheus_notifications_queue_length{{{INSTANCE}}} / ignoring (alertmanager) group_left ()"
        f" prometheus_notifications_queue_capacity{{{INSTANCE}}}"
    )
    latency = f'prometheus_notifications_latency_seconds{{quantile="0.99",{INSTANCE}}} >= 0'
    return [
        timeseries(
            "Alerts by Alertmanager",
            "Alerts that each Alertmanager accepted, and those that it did not. Lost: no Alertmanager accepted them.",
            Query(f"sum by (to) ({named_alertmanager(arrived)})", "{{to}}"),
            Query(f"sum by (to) ({named_alertmanager(errors)})", "{{to}} failed"),
            Query(f"sum({lost_alerts('rate', RATE)})", "lost"),
            scale=Scale(unit="none", decimals=2),
            axis="alerts per second",
            colors={"/ failed$/": "orange", "/^lost$/": "red"},
            size=(8, 10),
            no_value="no Alertmanager seen",
        ),
        timeseries(
            "Notification queue",
            "Used share of the alert queue. When it is full, alerts are lost.",
            Query(f"max by (instance, to) ({named_alertmanager(full)})", "{{instance}} to {{to}}"),
            scale=_SHARE,
            axis="share of the queue",
            size=(8, 10),
            no_value="no Alertmanager seen",
        ),
        timeseries(
            "Time to send alerts",
            "99th percentile of the duration of requests to an Alertmanager, over 10 minutes.",
            Query(f"max by (to) ({named_alertmanager(latency)})", "{{to}}"),
            scale=Scale(unit="s", soft_maximum=0.1),
            axis="duration",
            size=(8, 10),
            no_value="nothing sent",
        ),
    ]
