# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about spans on their way into the storage, and about tail sampling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import COUNT
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.jaeger.series import (
    CHOSEN,
    PER_SECOND,
    SECONDS,
    SHARE,
    by_host,
    curves,
    fullness,
    rate_by_host,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["sampling_panels", "span_panels"]

_NOT_MEASURED = "not measured: its storage is not Elasticsearch"
_NO_SPANS = "no service sends spans"
_NO_SAMPLING = "no tail sampling"


def span_panels() -> list[Builder[models.Panel]]:
    """Return what comes in, waits and is stored."""
    # Only Elasticsearch tells what it has inserted.
    names = ("jaeger_storage_bulk_index_inserts_total", "otelcol_exporter_sent_spans_total")
    stored = " or ".join(map(rate_by_host, names))
    bulk = "jaeger_storage_bulk_index_latency_ok_seconds"
    return [
        curves(
            "Accepted",
            "Spans per second that collectors accept.",
            rate_by_host("otelcol_receiver_accepted_spans_total"),
            PER_SECOND,
            "spans per second",
            no_value=_NO_SPANS,
        ),
        curves(
            "Stored",
            "Spans per second that the storage takes. Tail sampling drops some of those that are accepted.",
            stored,
            PER_SECOND,
            "spans per second",
            no_value=_NO_SPANS,
        ),
        curves(
            "Refused",
            "Spans per second that collectors refuse, because memory or the queue is full.",
            rate_by_host("otelcol_receiver_refused_spans_total"),
            PER_SECOND,
            "spans per second",
            no_value=_NO_SPANS,
        ),
        curves(
            "Queue used",
            "Share of its capacity that each queue uses. An alert fires above 70 %.",
            fullness(),
            SHARE,
            "share of the capacity",
        ),
        curves(
            "No room in the queue",
            "Spans per second for which the queue had no room.",
            rate_by_host("otelcol_exporter_enqueue_failed_spans_total"),
            PER_SECOND,
            "spans per second",
            no_value="none so far",
        ),
        curves(
            "Storing takes",
            "Mean duration of a request to Elasticsearch that stores spans.",
            f"{rate_by_host(f'{bulk}_sum')} / ({rate_by_host(f'{bulk}_count')} > 0)",
            SECONDS,
            "duration",
            no_value=_NOT_MEASURED,
        ),
    ]


def sampling_panels() -> list[Builder[models.Panel]]:
    """Return what tail sampling keeps, and what it cannot judge."""
    tail = "otelcol_processor_tail_sampling"
    sampled = f"rate({tail}_global_count_traces_sampled_total{{{CHOSEN}}}[{RATE}])"
    kept = f'rate({tail}_global_count_traces_sampled_total{{{CHOSEN},sampled="true"}}[{RATE}])'
    return [
        curves(
            "Kept",
            "Share of the traces that tail sampling keeps.",
            f"100 * sum by (host) ({kept}) / (sum by (host) ({sampled}) > 0)",
            Scale(unit="percent", maximum=100),
            "share of the traces",
            no_value=_NO_SAMPLING,
        ),
        curves(
            "Undecided traces",
            "Traces in memory, which wait for a decision or for late spans.",
            by_host(f"{tail}_sampling_traces_on_memory"),
            COUNT,
            "traces",
            no_value=_NO_SAMPLING,
        ),
        curves(
            "Dropped undecided",
            "Traces per second that had to make room before tail sampling had decided whether to keep them.",
            rate_by_host(f"{tail}_sampling_trace_dropped_too_early_total"),
            PER_SECOND,
            "traces per second",
            no_value=_NO_SAMPLING,
        ),
    ]
