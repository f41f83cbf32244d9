# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Prometheus answers queries and other requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import status_class
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import STATUSES, Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import INSTANCE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.counters import EACH

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["BUSY", "queries"]

# Share of the queries that may run at once.
BUSY = (
    f"100 * max by (instance) (prometheus_engine_queries{{{INSTANCE}}}"
    f" / prometheus_engine_queries_concurrent_max{{{INSTANCE}}})"
)


def queries() -> list[Builder[models.Panel]]:
    """Return how long queries take and wait, how many run at once, and how requests end."""
    engine = f'max by (slice) (prometheus_engine_query_duration_seconds{{quantile="0.99",{INSTANCE}}} >= 0)'
    took, times = (
        f"sum by (handler) (rate(prometheus_http_request_duration_seconds_{part}{{{INSTANCE}}}[{RATE}]))"
        for part in ("sum", "count")
    )
    answered = f"rate(prometheus_http_requests_total{{{INSTANCE}}}[{RATE}])"
    return [
        timeseries(
            "Query time",
            "99th percentile of the duration of queries, including those of rules: waiting (queue_time), preparing, "
            "evaluating (inner_eval), sorting.",
            Query(engine, "{{slice}}"),
            scale=Scale(unit="s", soft_maximum=0.1),
            axis="duration",
            size=(6, 8),
        ),
        timeseries(
            "Concurrent queries",
            "Running queries as a share of the limit. At 100 %, others wait.",
            Query(BUSY, EACH),
            scale=Scale(unit="percent", soft_maximum=100, steps=above((95, "red"))),
            axis="share of the limit",
            size=(6, 8),
        ),
        timeseries(
            "Slowest requests",
            "Average duration of a request, for the ten slowest handlers.",
            Query(worst(f"{took} / ({times} > 0)"), "{{handler}}"),
            scale=Scale(unit="s", soft_maximum=0.1),
            axis="duration",
            size=(6, 8),
        ),
        timeseries(
            "Requests by status",
            "Requests by class of status: 4xx were invalid, 5xx failed or timed out.",
            Query(f"sum by (class) ({status_class(answered, 'code')})", "{{class}}"),
            scale=Scale(unit="reqps", soft_maximum=1),
            axis="requests per second",
            colors=STATUSES,
            size=(6, 8),
            stacked=True,
        ),
    ]
