# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics that the library for applications exports, which dashboards and rules rely on."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["APPLICATION_METRICS", "Metric", "series_names"]

# A bound of a latency objective has to be one of them.
_REQUEST_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_ORDER_BUCKETS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric: type and labels in Prometheus' words, unit in UCUM's; `buckets` are the bounds of a histogram."""

    type: str
    labels: tuple[str, ...] = ()
    unit: str
    help: str
    buckets: tuple[float, ...] = ()


APPLICATION_METRICS = {
    "http_requests_total": Metric(
        type="counter",
        labels=("method", "route", "status_code"),
        unit="1",
        help="Requests that were answered.",
    ),
    "http_request_duration_seconds": Metric(
        type="histogram",
        labels=("method", "route", "status_code"),
        unit="s",
        help="How long requests took, with exemplars that name their trace.",
        buckets=_REQUEST_BUCKETS,
    ),
    "order_processing_duration_seconds": Metric(
        type="histogram",
        labels=("order_type", "payment_method"),
        unit="s",
        help="How long orders took to process.",
        buckets=_ORDER_BUCKETS,
    ),
    "orders_total": Metric(
        type="counter",
        labels=("status", "product_category"),
        unit="1",
        help="Orders that were processed.",
    ),
    "active_users_total": Metric(
        type="gauge",
        labels=("user_type",),
        unit="1",
        help="Users that are active now, of this instance.",
    ),
    "connection_pool_in_use": Metric(
        type="gauge",
        labels=("pool",),
        unit="1",
        help="Connections in use.",
    ),
    "connection_pool_size": Metric(
        type="gauge",
        labels=("pool",),
        unit="1",
        help="Maximum number of connections.",
    ),
    "application_build_info": Metric(
        type="gauge",
        labels=("version", "revision"),
        unit="1",
        help="Build that is running; always 1.",
    ),
    "process_cpu_seconds_total": Metric(
        type="counter",
        unit="s",
        help="CPU time that the process has used.",
    ),
    "process_resident_memory_bytes": Metric(
        type="gauge",
        unit="By",
        help="Resident memory of the process.",
    ),
    "process_start_time_seconds": Metric(
        type="gauge",
        unit="s",
        help="When the process was started, in seconds since the epoch.",
    ),
    "process_open_fds": Metric(
        type="gauge",
        unit="1",
        help="Open files of the process.",
    ),
    "process_max_fds": Metric(
        type="gauge",
        unit="1",
        help="Maximum number of open files of the process.",
    ),
    "system_cpu_seconds_total": Metric(
        type="counter",
        labels=("mode",),
        unit="s",
        help="CPU time of the host, by what it was used for.",
    ),
    "system_memory_total_bytes": Metric(
        type="gauge",
        unit="By",
        help="Memory of the host.",
    ),
    "system_memory_available_bytes": Metric(
        type="gauge",
        unit="By",
        help="Memory of the host that processes can still get.",
    ),
    "system_disk_size_bytes": Metric(
        type="gauge",
        labels=("path",),
        unit="By",
        help="Size of the file system with this path.",
    ),
    "system_disk_free_bytes": Metric(
        type="gauge",
        labels=("path",),
        unit="By",
        help="Space that the application can still use.",
    ),
    "system_disk_read_bytes_total": Metric(
        type="counter",
        unit="By",
        help="What all disks of the host have read.",
    ),
    "system_disk_written_bytes_total": Metric(
        type="counter",
        unit="By",
        help="What all disks of the host have written.",
    ),
    "system_network_received_bytes_total": Metric(
        type="counter",
        unit="By",
        help="What the host has received, without loopback.",
    ),
    "system_network_sent_bytes_total": Metric(
        type="counter",
        unit="By",
        help="What the host has sent, without loopback.",
    ),
    "telemetry_log_lines_dropped_total": Metric(
        type="counter",
        labels=("reason",),
        unit="1",
        help="Log lines that were not written.",
    ),
    "telemetry_spans_dropped_total": Metric(
        type="counter",
        labels=("reason",),
        unit="1",
        help="Spans that were not sent.",
    ),
    "telemetry_series_folded_total": Metric(
        type="counter",
        labels=("metric",),
        unit="1",
        help="Measurements whose labels were folded, because the metric has too many series.",
    ),
}


def series_names() -> frozenset[str]:
    """Return the names under which the metrics can be asked for; a histogram has three."""
    names: set[str] = set()
    for name, metric in APPLICATION_METRICS.items():
        suffixes = ("_bucket", "_sum", "_count") if metric.type == "histogram" else ("",)
        names |= {f"{name}{suffix}" for suffix in suffixes}
    return frozenset(names)
