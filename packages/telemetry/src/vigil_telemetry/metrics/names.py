"""The metrics that this library exports, as data: the same list as the one that dashboards and rules rely on.

Objectives are recorded by the rules of Prometheus: the library exports no `sla_checks_total` and no
`sla_violations_total`, and refuses own metrics with these names.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["APPLICATION_METRICS", "METHODS", "OTHER", "RECORDED_BY_RULES", "UNMATCHED", "Metric", "status_text"]

# What stands for a label value that is not known, or that is over the budget.
OTHER = "other"
# The route of every request that no route of the application matches.
UNMATCHED = "(unmatched)"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "WEBSOCKET"})
RECORDED_BY_RULES = frozenset({"sla_checks_total", "sla_violations_total"})

_REQUEST_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_ORDER_BUCKETS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
# Those of RFC 9110 and its extensions, and the one that proxies use for a client that has gone.
_STATUSES = (
    *(100, 101, 102, 103),
    *(200, 201, 202, 203, 204, 205, 206, 207, 208, 226),
    *(300, 301, 302, 303, 304, 305, 307, 308),
    *range(400, 419),
    *(421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499),
    *(500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511),
)
_STATUS_TEXTS = {status: str(status) for status in _STATUSES}


def status_text(status: int) -> str:
    """Return the value of `status_code`: an unknown status is counted by its class, such as 5xx."""
    known = _STATUS_TEXTS.get(status)
    if known is not None:
        return known
    return f"{status // 100}xx" if 100 <= status <= 599 else OTHER  # noqa: PLR2004 - the bounds of HTTP


@dataclass(frozen=True)
class Metric:
    """A metric: type and labels in Prometheus' words, unit in UCUM's; `buckets` are the bounds of a histogram.

    `across` is how a gauge of several processes becomes one, in the words of prometheus_client.
    """

    type: str
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    across: str = "livesum"


_REQUEST = ("method", "route", "status_code")

APPLICATION_METRICS = {
    "http_requests_total": Metric("counter", "1", "Requests that were answered.", _REQUEST),
    "http_request_duration_seconds": Metric(
        "histogram", "s", "How long requests took, with exemplars that name their trace.", _REQUEST, _REQUEST_BUCKETS
    ),
    "order_processing_duration_seconds": Metric(
        "histogram", "s", "How long orders took to process.", ("order_type", "payment_method"), _ORDER_BUCKETS
    ),
    "orders_total": Metric("counter", "1", "Orders that were processed.", ("status", "product_category")),
    # Whichever process counts users counts those of all processes.
    "active_users_total": Metric(
        "gauge", "1", "Users that are active now, of this instance.", ("user_type",), across="mostrecent"
    ),
    "connection_pool_in_use": Metric("gauge", "1", "Connections in use.", ("pool",)),
    "connection_pool_size": Metric("gauge", "1", "Maximum number of connections.", ("pool",)),
    "application_build_info": Metric(
        "gauge", "1", "Build that is running; always 1.", ("version", "revision"), across="livemax"
    ),
    "process_cpu_seconds_total": Metric("counter", "s", "CPU time that the process has used."),
    "process_resident_memory_bytes": Metric("gauge", "By", "Resident memory of the process."),
    "process_start_time_seconds": Metric(
        "gauge", "s", "When the process was started, in seconds since the epoch.", across="livemin"
    ),
    # The process that is nearest to its limit counts.
    "process_open_fds": Metric("gauge", "1", "Open files of the process.", across="livemax"),
    "process_max_fds": Metric("gauge", "1", "Maximum number of open files of the process.", across="livemin"),
    "system_cpu_seconds_total": Metric("counter", "s", "CPU time of the host, by what it was used for.", ("mode",)),
    "system_memory_total_bytes": Metric("gauge", "By", "Memory of the host."),
    "system_memory_available_bytes": Metric("gauge", "By", "Memory of the host that processes can still get."),
    "system_disk_size_bytes": Metric("gauge", "By", "Size of the file system with this path.", ("path",)),
    "system_disk_free_bytes": Metric("gauge", "By", "Space that the application can still use.", ("path",)),
    "system_disk_read_bytes_total": Metric("counter", "By", "What all disks of the host have read."),
    "system_disk_written_bytes_total": Metric("counter", "By", "What all disks of the host have written."),
    "system_network_received_bytes_total": Metric("counter", "By", "What the host has received, without loopback."),
    "system_network_sent_bytes_total": Metric("counter", "By", "What the host has sent, without loopback."),
    "telemetry_log_lines_dropped_total": Metric("counter", "1", "Log lines that were not written.", ("reason",)),
    "telemetry_spans_dropped_total": Metric("counter", "1", "Spans that were not sent.", ("reason",)),
    "telemetry_series_folded_total": Metric(
        "counter", "1", "Measurements whose labels were folded, because the metric has too many series.", ("metric",)
    ),
}
