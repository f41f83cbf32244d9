# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Grafana itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    or_zero,
    stat,
    timeseries,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE, process_row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    INSTANCE,
    service_panels,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["grafana_page"]

_REQUESTS = "grafana_http_request_duration_seconds"


def grafana_page() -> Page:
    """Return the page of Grafana."""
    return stack_page(
        "grafana",
        "Grafana",
        "Whether people get their dashboards, and how fast.",
        (
            Row("Now", [*service_panels("grafana", "grafana_build_info"), *_contents()]),
            Row("Requests", _requests()),
            Row("Database", _database()),
            process_row('job="grafana"', INSTANCE),
        ),
        choose=("instance", "grafana_build_info", "Instance"),
    )


def _contents() -> list[Builder[models.Panel]]:
    counted = Scale(unit="none", decimals=0)
    failed = f'sum(rate({_REQUESTS}_count{{status_code=~"5..",{INSTANCE}}}[5m]))'
    total = f"sum(rate({_REQUESTS}_count{{{INSTANCE}}}[5m]))"
    return [
        stat(
            "Error rate",
            "Share of requests of the last 5 minutes that Grafana failed to answer.",
            Query(f"100 * ({failed} or 0 * {total}) / ({total} > 0)"),
            scale=Scale(unit="percent", decimals=2, steps=((None, "green"), (1, "yellow"), (5, "red"))),
            size=(8, 4),
            no_value="no traffic",
        ),
        stat(
            "Dashboards",
            "How many dashboards are stored. Grafana counts them every half hour.",
            Query(f"max(grafana_stat_totals_dashboard{{{INSTANCE}}})"),
            scale=counted,
            size=(8, 4),
        ),
        stat(
            "Active people",
            "People who logged in within 30 days. Grafana counts them every half hour.",
            Query(f"max(grafana_stat_active_users{{{INSTANCE}}})"),
            scale=counted,
            size=(8, 4),
        ),
    ]


def _requests() -> list[Builder[models.Panel]]:
    asked = f"rate({_REQUESTS}_count{{{INSTANCE}}}[{RATE}])"
    lasting = f"rate({_REQUESTS}_bucket{{{INSTANCE}}}[{RATE}])"
    sources = f"rate(grafana_datasource_request_total{{{INSTANCE}}}[{RATE}])"
    return [
        timeseries(
            "Requests by status",
            "Requests per second, by the status of their answer.",
            Query(f"sum by (status_code) ({asked})", "{{status_code}}"),
            scale=Scale(unit="reqps"),
            size=(8, 8),
            stacked=True,
        ),
        timeseries(
            "Response time",
            "How long 95 of a hundred requests take at most.",
            Query(f"histogram_quantile(0.95, sum by (le, instance) ({lasting}))", "{{instance}}"),
            scale=Scale(unit="s"),
            size=(8, 8),
        ),
        timeseries(
            "Requests to data sources",
            "Requests per second to each data source, by the status of its answer.",
            Query(or_zero(f"sum by (datasource, code) ({sources})"), "{{datasource}} {{code}}"),
            scale=Scale(unit="reqps"),
            size=(8, 8),
        ),
    ]


def _database() -> list[Builder[models.Panel]]:
    waits = f"rate(grafana_database_conn_wait_count_total{{{INSTANCE}}}[{RATE}])"
    return [
        timeseries(
            "Database connections",
            "Connections to Grafana's database: open ones, and those in use.",
            Query(f"sum by (instance) (grafana_database_conn_open{{{INSTANCE}}})", "{{instance}} open"),
            Query(f"sum by (instance) (grafana_database_conn_in_use{{{INSTANCE}}})", "{{instance}} in use"),
            scale=Scale(unit="none", decimals=0),
        ),
        timeseries(
            "Waits for a connection",
            "How often per second something waited for a connection, because all were in use.",
            Query(f"sum by (instance) ({waits})", "{{instance}}"),
            scale=Scale(unit="cps"),
        ),
    ]
