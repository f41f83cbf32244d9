# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Grafana itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    stat,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE, process_row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown, status_class
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import STATUSES, Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    COUNT,
    FAILURES,
    INSTANCE,
    service_panels,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["grafana_page"]

_REQUESTS = "grafana_http_request_duration_seconds"
# Connections that stay open while somebody looks at a dashboard.
_ANSWERED = f'handler!~"/api/live/.*",{INSTANCE}'
_EACH = "{{instance}}"
_LATENCY = Scale(unit="s", soft_maximum=0.5)
_NO_TRAFFIC = "no traffic"
_NO_RULES = "no Grafana alert rules"
# Grafana counts what it stores when it starts, which is before the first dashboard is written, and every half hour.
COUNTED_AFTER = 31 * 60


def grafana_page(pages: Collection[str] = ()) -> Page:
    """Return the page of Grafana, which leads to those of `pages`."""
    return stack_page(
        "grafana",
        "Grafana",
        "Whether Grafana serves dashboards, and how fast.",
        (
            Row("Now", [*service_panels("grafana", "grafana_build_info", pages), *_failures(), *_contents()]),
            Row("Requests", _requests()),
            Row("Data sources", _sources()),
            Row("Grafana alerting", _alerting()),
            Row("Database", _database()),
            process_row('job="grafana"', INSTANCE),
        ),
        choose=("instance", 'up{job="grafana"}', "Instance"),
    )


def _counted(name: str) -> str:
    """Return what Grafana counted of what it stores, without the 0 of a new one that has not counted since."""
    counted = f"max by (instance) ({name}{{{INSTANCE}}})"
    running = f'max by (instance) (time() - process_start_time_seconds{{job="grafana",{INSTANCE}}})'
    return f"({counted} > 0) or ({counted} and {running} > {COUNTED_AFTER})"


def _failures() -> list[Builder[models.Panel]]:
    failed = f'sum(rate({_REQUESTS}_count{{status_code=~"5..",{INSTANCE}}}[5m]))'
    total = f"sum(rate({_REQUESTS}_count{{{INSTANCE}}}[5m]))"
    slow = f"sum by (le) (rate({_REQUESTS}_bucket{{{_ANSWERED}}}[5m]))"
    return [
        stat(
            "Error rate",
            "Share of requests in the last 5 minutes that failed.",
            Query(f"100 * ({failed} or 0 * {total}) / ({total} > 0)"),
            scale=Scale(unit="percent", decimals=1, steps=above((1, "yellow"), (5, "red"))),
            no_value=_NO_TRAFFIC,
        ),
        stat(
            "Response time",
            "95th percentile of the duration of requests in the last 5 minutes.",
            Query(f"histogram_quantile(0.95, {slow}) >= 0"),
            scale=Scale(unit="s", steps=above((2, "yellow"), (10, "red"))),
            no_value=_NO_TRAFFIC,
        ),
        stat(
            "Waits for the database",
            "Average number of requests that wait for a database connection, because all are in use.",
            Query(or_unknown(f"sum(rate(grafana_database_conn_wait_duration_seconds{{{INSTANCE}}}[5m]))")),
            scale=Scale(unit="none", decimals=1, steps=above((0.5, "red")), unknown=FAILURES.unknown),
            since=True,
        ),
    ]


def _contents() -> list[Builder[models.Panel]]:
    counted = Scale(unit="none", decimals=0)
    return [
        stat(
            "Dashboards",
            "Number of stored dashboards. Grafana counts them at startup and every half hour.",
            Query(_counted("grafana_stat_totals_dashboard"), _EACH),
            scale=counted,
            no_value="not counted yet",
        ),
        stat(
            "Alert rules",
            "Alert rules that Grafana itself evaluates; rules of Prometheus are not included.",
            Query(f"max by (instance) (grafana_alerting_schedule_alert_rules{{{INSTANCE}}} > 0)", _EACH),
            scale=counted,
            no_value="none",
        ),
        stat(
            "Active users",
            "Users who were active within 30 days. Grafana counts them at startup and every half hour.",
            Query(_counted("grafana_stat_active_users"), _EACH),
            scale=counted,
            no_value="not counted yet",
        ),
    ]


def _requests() -> list[Builder[models.Panel]]:
    # Of connections that become another protocol the status is no status.
    asked = f'rate({_REQUESTS}_count{{status_code=~"[1-5]..",{INSTANCE}}}[{RATE}])'
    failed = f'sum by (handler) (increase({_REQUESTS}_count{{status_code=~"5..",{INSTANCE}}}[5m]))'
    lasting = f"sum by (le, handler) (rate({_REQUESTS}_bucket{{{_ANSWERED}}}[{RATE}]))"
    return [
        timeseries(
            "Requests by status",
            "Requests by class of status: 4xx were rejected, 5xx failed.",
            Query(f"sum by (class) ({status_class(asked, 'status_code')})", "{{class}}"),
            scale=Scale(unit="reqps", soft_maximum=1),
            axis="requests per second",
            colors=STATUSES,
            size=(8, 8),
            stacked=True,
        ),
        timeseries(
            "Errors by handler",
            "Failed requests within 5 minutes, for the ten handlers with the most. This includes queries to data "
            "sources that do not respond.",
            Query(worst(failed, used=True), "{{handler}}"),
            scale=COUNT,
            axis="requests within 5 min",
            size=(8, 8),
            no_value="no failures seen",
        ),
        timeseries(
            "Response time by handler",
            "95th percentile of the duration of requests, for the ten slowest handlers.",
            Query(worst(f"histogram_quantile(0.95, {lasting}) >= 0"), "{{handler}}"),
            scale=_LATENCY,
            axis="duration",
            size=(8, 8),
            no_value=_NO_TRAFFIC,
        ),
    ]


def _sources() -> list[Builder[models.Panel]]:
    asked = f"rate(grafana_datasource_request_total{{{INSTANCE}}}[{RATE}])"
    by_source = f"sum by (datasource, class) ({status_class(asked, 'code')})"
    buckets = f"rate(grafana_datasource_request_duration_seconds_bucket{{{INSTANCE}}}[{RATE}])"
    lasting = f"histogram_quantile(0.95, sum by (le, datasource) ({buckets})) >= 0"
    return [
        timeseries(
            "Requests to data sources",
            "Requests to each data source, by class of the response status.",
            Query(worst(by_source, used=True), "{{datasource}} {{class}}"),
            scale=Scale(unit="reqps", soft_maximum=1),
            axis="requests per second",
            no_value=_NO_TRAFFIC,
        ),
        timeseries(
            "Response time of data sources",
            "95th percentile of the response time, for the ten slowest data sources.",
            Query(worst(lasting), "{{datasource}}"),
            scale=_LATENCY,
            axis="duration",
            no_value=_NO_TRAFFIC,
        ),
    ]


def _alerting() -> list[Builder[models.Panel]]:
    used = f"on (instance) (max by (instance) (grafana_alerting_schedule_alert_rules{{{INSTANCE}}}) > 0)"
    behind = f"max by (instance) (grafana_alerting_scheduler_behind_seconds{{{INSTANCE}}})"
    failed = f"sum by (instance) (increase(grafana_alerting_rule_evaluation_failures_total{{{INSTANCE}}}[15m]))"
    alerts = f"max by (state) (grafana_alerting_alerts{{{INSTANCE}}})"
    return [
        timeseries(
            "Grafana alerts by state",
            'Alerts of Grafana\'s own rules. Alerts of Prometheus are on the page "System Alerts & SLA".',
            Query(f"{alerts} > 0", "{{state}}"),
            scale=COUNT,
            axis="alerts",
            size=(8, 8),
            no_value=_NO_RULES,
        ),
        timeseries(
            "Alerting behind",
            "Delay of the evaluation of Grafana's own alert rules.",
            Query(f"{behind} and {used}", _EACH),
            scale=Scale(unit="s", soft_maximum=1, steps=above((30, "red"))),
            axis="behind",
            size=(8, 8),
            no_value=_NO_RULES,
        ),
        timeseries(
            "Failed evaluations",
            "Failed evaluations of Grafana's own alert rules within 15 minutes.",
            Query(f"{failed} and {used}", _EACH),
            scale=COUNT,
            axis="evaluations within 15 min",
            size=(8, 8),
            no_value=_NO_RULES,
        ),
    ]


def _database() -> list[Builder[models.Panel]]:
    waits = f"sum by (instance) (increase(grafana_database_conn_wait_count_total{{{INSTANCE}}}[5m]))"
    return [
        timeseries(
            "Database connections",
            "Connections to Grafana's database: open, and in use.",
            Query(f"max by (instance) (grafana_database_conn_open{{{INSTANCE}}})", f"{_EACH} open"),
            Query(f"max by (instance) (grafana_database_conn_in_use{{{INSTANCE}}})", f"{_EACH} in use"),
            scale=COUNT,
            axis="connections",
        ),
        timeseries(
            "Waits for a connection",
            "Number of waits for a connection within 5 minutes, because all were in use.",
            Query(waits, _EACH),
            scale=COUNT,
            axis="waits within 5 min",
        ),
    ]
