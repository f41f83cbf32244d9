"""What is recorded, and what it becomes on the page."""

from __future__ import annotations

import logging
import math

import pytest

from metrics.reading import OPEN_METRICS, exemplars, samples, started, value
from vigil_telemetry.metrics.names import APPLICATION_METRICS

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_page_has_the_metrics_of_the_list_and_no_others() -> None:
    metrics = started(version="1.4.2", revision="8f3e923")
    text = metrics.render()[1].decode()
    types = dict(line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE"))
    hidden = {"system_disk_read_bytes_total", "system_disk_written_bytes_total"}  # a container may have no disks
    assert {**types, **dict.fromkeys(hidden, "counter")} == {
        name: metric.type for name, metric in APPLICATION_METRICS.items()
    }
    assert not [line for line in text.splitlines() if "_created" in line or line.startswith("sla_")]
    assert value(text.encode(), "application_build_info", version="1.4.2", revision="8f3e923") == 1


def test_exemplars_are_of_sampled_requests_only() -> None:
    metrics = started()
    metrics.http("GET", "/orders", 200, 0.02, TRACE)
    metrics.http("GET", "/orders", 200, 0.7, None)
    kind, page = metrics.render(OPEN_METRICS)
    assert kind.startswith("application/openmetrics-text")
    assert exemplars(page) == {"0.025": TRACE}


def test_text_has_no_exemplars() -> None:
    metrics = started()
    metrics.http("GET", "/orders", 200, 0.02, TRACE)
    kind, page = metrics.render()
    assert kind.startswith("text/plain")
    assert TRACE.encode() not in page


def test_order_is_counted_and_its_duration_measured() -> None:
    metrics = started()
    metrics.record_order_processing("books", "card", 0.7)
    metrics.record_order_processing("books", "card", 2.0, product_category="fiction", status="failed")
    page = metrics.render()[1]
    assert value(page, "order_processing_duration_seconds_bucket", le="1.0", payment_method="card") == 1
    assert value(page, "order_processing_duration_seconds_sum", order_type="books") == pytest.approx(2.7)
    assert value(page, "orders_total", status="completed", product_category="books") == 1
    assert value(page, "orders_total", status="failed", product_category="fiction") == 1


@pytest.mark.parametrize("wrong", [math.nan, -1, "soon", None, math.inf])
def test_what_is_no_number_is_not_recorded_and_raises_nothing(wrong: object, caplog: pytest.LogCaptureFixture) -> None:
    metrics = started()
    with caplog.at_level(logging.WARNING, "vigil_telemetry"):
        metrics.record_order_processing("books", "card", wrong)  # type: ignore[arg-type]
        metrics.update_active_users("customer", wrong)  # type: ignore[arg-type]
    names = {name for name, _labels in samples(metrics.render()[1])}
    assert not names & {"orders_total", "active_users_total", "order_processing_duration_seconds_count"}
    assert len(caplog.records) == 2


def test_own_counters_have_their_label() -> None:
    metrics = started()
    metrics.count("telemetry_log_lines_dropped_total", "queue full", 0)
    assert value(metrics.render()[1], "telemetry_log_lines_dropped_total", reason="queue full") == 0
    metrics.count("telemetry_log_lines_dropped_total", "queue full")
    assert value(metrics.render()[1], "telemetry_log_lines_dropped_total", reason="queue full") == 1


def test_process_and_host_are_measured_when_they_are_asked_for() -> None:
    metrics = started()
    before = metrics.render()[1]
    sum(number * number for number in range(2_000_000))
    after = metrics.render()[1]
    assert value(after, "process_cpu_seconds_total") > value(before, "process_cpu_seconds_total")
    assert value(after, "process_resident_memory_bytes") > 1_000_000
    assert 0 < value(after, "process_open_fds") < value(after, "process_max_fds")
    assert value(before, "process_start_time_seconds") == value(after, "process_start_time_seconds")
    assert value(after, "system_cpu_seconds_total", mode="idle") > 0
    assert 0 < value(after, "system_memory_available_bytes") < value(after, "system_memory_total_bytes")
    assert 0 < value(after, "system_disk_free_bytes", path="/") < value(after, "system_disk_size_bytes", path="/")


def test_memory_does_not_grow_with_paths() -> None:
    metrics = started()
    for number in range(200):
        metrics.http("GET", f"/{number}", 200, 0.01)
    size = len(samples(metrics.render()[1]))
    for _number in range(20):
        for number in range(1000):
            metrics.http("GET", None, 404, 0.01, f"{number:032x}")
    assert len(samples(metrics.render()[1])) == size + 16
