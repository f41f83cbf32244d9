# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of traces: what traced services answer, and whether Jaeger takes, stores and finds their spans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    COUNT,
    FAILURES,
    stack_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.jaeger.series import (
    CHOSEN,
    SHARE,
    by_host,
    curves,
    fullness,
    rate_by_host,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.jaeger.services import (
    question_panels,
    service_panels,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.jaeger.spans import (
    sampling_panels,
    span_panels,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["traces_page"]


def traces_page() -> Page:
    """Return the page of traces."""
    return stack_page(
        "jaeger",
        "Traces",
        "What traced services answer, and whether Jaeger takes, stores and finds their spans.",
        (
            Row("Now", _now()),
            Row("Services", service_panels()),
            Row("Spans", span_panels()),
            Row("Tail sampling", sampling_panels()),
            Row("Questions", question_panels()),
            Row("Process", _process()),
        ),
        choose=("host", 'up{job="jaeger"}', "Host"),
    )


def _within_an_hour(metric: str) -> str:
    """Return how much was counted within an hour, 0 of nothing: a counter may begin with its first failure."""
    counted = f"{metric}{{{CHOSEN}}}"
    return f"(sum({counted} - (last_over_time({counted}[1h] offset 1h) or 0 * {counted})) or on () vector(0))"


def _now() -> list[Builder[models.Panel]]:
    up = f"up{{{CHOSEN}}}"
    refused = (f"otelcol_receiver_{how}_spans_total" for how in ("refused", "failed"))
    lost = (
        "otelcol_exporter_enqueue_failed_spans_total",
        "otelcol_exporter_send_failed_spans_total",
        "jaeger_storage_bulk_index_errors_total",
    )
    return [
        stat(
            "Unreachable",
            "Jaegers that Prometheus cannot scrape. Other panels have no data for them.",
            Query(or_unknown(f"count({up}) - sum({up})")),
            scale=FAILURES,
            size=(6, 4),
        ),
        stat(
            "Fullest queue",
            "Share of its capacity that the fullest queue uses. At 100 %, spans are refused or lost.",
            Query(or_unknown(f"max({fullness()})")),
            scale=SHARE,
            size=(6, 4),
        ),
        stat(
            "Refused spans",
            "Spans that collectors refused within an hour. Applications try again for a while.",
            Query(_counted(refused, up)),
            scale=FAILURES,
            size=(6, 4),
        ),
        stat(
            "Lost spans",
            "Spans within an hour for which a queue had no room, or which the storage rejected.",
            Query(_counted(lost, up)),
            scale=FAILURES,
            size=(6, 4),
        ),
    ]


def _counted(metrics: Iterable[str], up: str) -> str:
    return or_unknown(f"{' + '.join(map(_within_an_hour, metrics))} and on () max({up}) > 0")


def _process() -> list[Builder[models.Panel]]:
    return [
        curves(
            "CPU used",
            "CPU cores used by the process.",
            rate_by_host("otelcol_process_cpu_seconds_total"),
            Scale(unit="none", soft_maximum=0.1),
            "busy cores",
        ),
        curves(
            "Memory used",
            "Resident memory of the process.",
            by_host("otelcol_process_memory_rss_bytes"),
            Scale(unit="bytes"),
            "resident memory",
        ),
        curves(
            "Restarts",
            "Starts of the process within the previous hour.",
            # The metrics of a process have an instance of their own.
            f"{by_host('otelcol_process_uptime_seconds_total', 'count_over_time({}[1h]) > bool 0')} - 1",
            COUNT,
            "restarts within an hour",
        ),
    ]
