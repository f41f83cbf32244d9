# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the expressions about an application answer, by the real promtool over made-up traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import (
    ApplicationQueries,
    ContainerQueries,
    ProcessQueries,
    quoted,
    report_series,
)
from ansible_collections.vigil.observability.tests.unit.plugins import promtool

METRICS = {
    "requests": "http_requests_total",
    "duration": "http_request_duration_seconds",
    "status_label": "status_code",
    "bad_status": "5..",
    "route_label": "route",
    "orders": "orders_total",
    "order_duration": "order_processing_duration_seconds",
    "active_users": "active_users_total",
    "pool_in_use": "connection_pool_in_use",
    "pool_size": "connection_pool_size",
    "build_info": "application_build_info",
}
SHOP = ApplicationQueries("shop", METRICS)
# Requests a minute: a busy instance without errors, a quiet one that fails half of the time.
BUSY = {"series": 'http_requests_total{job="shop",instance="a",route="/",status_code="200"}', "values": "0+594x20"}
QUIET = {"series": 'http_requests_total{job="shop",instance="b",route="/pay",status_code="200"}', "values": "0+3x20"}
FAILING = {"series": 'http_requests_total{job="shop",instance="b",route="/pay",status_code="503"}', "values": "0+3x20"}
OTHERS = {"series": 'http_requests_total{job="other",instance="c",status_code="500"}', "values": "0+600x20"}


def answered(folder: Path, expr: str, expected: dict[str, float], *series: dict[str, str], at: str = "15m") -> None:
    """Check the answers when the longest window of the expressions is full."""
    promtool.answered(folder, expr, expected, *series, at=at)


def test_error_rate_weighs_instances_by_their_requests(tmp_path: Path) -> None:
    answered(tmp_path, SHOP.error_rate(), {"{}": 0.5}, BUSY, QUIET, FAILING, OTHERS)


def test_error_rate_is_zero_while_nothing_has_ever_failed(tmp_path: Path) -> None:
    answered(tmp_path, SHOP.error_rate(), {"{}": 0}, BUSY)


def test_error_rate_has_no_answer_without_traffic(tmp_path: Path) -> None:
    answered(tmp_path, SHOP.error_rate(), {}, {**BUSY, "values": "5x20"})


def test_error_rate_of_parts_shows_those_without_errors_as_zero(tmp_path: Path) -> None:
    by_route = ApplicationQueries("shop", METRICS, by=("route",))
    expected = {'{route="/"}': 0.0, '{route="/pay"}': 50.0}
    answered(tmp_path, by_route.error_rate(), expected, BUSY, QUIET, FAILING)


def test_requests_are_counted_by_class_of_their_status(tmp_path: Path) -> None:
    codes = {"200": 60, "204": 60, "404": 6, "500": 3, "503": 3, "timeout": 12}
    series = [
        {"series": f'http_requests_total{{job="shop",status_code="{code}"}}', "values": f"0+{rate}x20"}
        for code, rate in codes.items()
    ]
    expected = {'{class="2xx"}': 2, '{class="4xx"}': 0.1, '{class="5xx"}': 0.1, '{class="timeout"}': 0.2}
    answered(tmp_path, SHOP.throughput_by_class(), expected, *series)


def test_throughput_counts_all_instances_and_no_other_job(tmp_path: Path) -> None:
    answered(tmp_path, SHOP.throughput(), {"{}": 10}, BUSY, QUIET, FAILING, OTHERS)


def test_matchers_narrow_what_is_counted(tmp_path: Path) -> None:
    narrow = ApplicationQueries("shop", METRICS, where=('instance=~"b"',), requests_where=('route=~"/pay"',))
    answered(tmp_path, narrow.throughput(), {"{}": 0.1}, BUSY, QUIET, FAILING)


def durations(instance: str, *, fast: int, slow: int) -> list[dict[str, str]]:
    """Return a minute's requests below 0.1 s and between 0.1 and 1 s, of 0.05 and 0.5 s each, as a histogram."""
    counts = {'le="0.1"': fast, 'le="1.0"': fast + slow, 'le="+Inf"': fast + slow}
    name, labels = "http_request_duration_seconds", f'job="shop",instance="{instance}"'
    return [
        *({"series": f"{name}_bucket{{{labels},{le}}}", "values": f"0+{count}x20"} for le, count in counts.items()),
        {"series": f"{name}_sum{{{labels}}}", "values": f"0+{fast * 0.05 + slow * 0.5}x20"},
        {"series": f"{name}_count{{{labels}}}", "values": f"0+{fast + slow}x20"},
    ]


def test_response_times_are_those_of_all_requests_together(tmp_path: Path) -> None:
    series = [*durations("a", fast=90, slow=0), *durations("b", fast=0, slow=10)]
    answered(tmp_path, SHOP.response_time_mean(), {"{}": 0.095}, *series)
    answered(tmp_path, SHOP.response_time(0.5), {"{}": 0.056}, *series)
    answered(tmp_path, SHOP.response_time(0.95), {"{}": 0.55}, *series)


def test_response_times_have_no_answer_without_requests(tmp_path: Path) -> None:
    for asked in (SHOP.response_time_mean(), SHOP.response_time(0.95)):
        answered(tmp_path, asked, {}, *durations("a", fast=0, slow=0))


def test_orders_users_and_pools_are_told_apart_as_asked(tmp_path: Path) -> None:
    orders = [
        {"series": f'orders_total{{job="shop",instance="{instance}",status="{status}"}}', "values": f"0+{rate}x20"}
        for instance, status, rate in (("a", "completed", 60), ("b", "completed", 30), ("b", "failed", 6))
    ]
    answered(tmp_path, SHOP.orders("status"), {'{status="completed"}': 1.5, '{status="failed"}': 0.1}, *orders)
    users = {"series": 'active_users_total{job="shop",user_type="guest"}', "values": "7x20"}
    answered(tmp_path, SHOP.active_users(), {"{}": 7}, users)
    pool = [
        {"series": 'connection_pool_in_use{job="shop",instance="a"}', "values": "4x20"},
        {"series": 'connection_pool_size{job="shop",instance="a"}', "values": "16x20"},
        {"series": 'connection_pool_in_use{job="shop",instance="b"}', "values": "0x20"},
        {"series": 'connection_pool_size{job="shop",instance="b"}', "values": "0x20"},
    ]
    answered(tmp_path, SHOP.pool_use("instance"), {'{instance="a"}': 25}, *pool)


def test_order_durations_are_told_by_kind_of_order(tmp_path: Path) -> None:
    name = 'order_processing_duration_seconds_bucket{job="shop",order_type="gift"'
    buckets = [{"series": f'{name},le="{le}"}}', "values": "0+10x20"} for le in ("2.0", "+Inf")]
    answered(tmp_path, SHOP.order_duration(0.5, "order_type"), {'{order_type="gift"}': 1}, *buckets)


def build(version: str, values: str) -> dict[str, str]:
    """Return an instance that runs this version, as it is scraped each minute."""
    return {"series": f'application_build_info{{job="shop",version="{version}"}}', "values": values}


def test_new_version_is_told_for_as_long_as_asked(tmp_path: Path) -> None:
    series = [build("1", "1x20"), build("2", "_x10 1x10")]
    answered(tmp_path, SHOP.new_builds("5m"), {'{version="2"}': 1}, *series, at="12m")
    answered(tmp_path, SHOP.new_builds("5m"), {}, *series, at="18m")


@pytest.mark.parametrize("at", ["10m", "11m", "15m", "20m"])
def test_first_scrape_of_an_application_is_no_new_version(at: str, tmp_path: Path) -> None:
    answered(tmp_path, SHOP.new_builds("5m"), {}, build("1", "_x9 1x20"), at=at)


def test_version_that_comes_back_after_an_outage_is_no_new_one(tmp_path: Path) -> None:
    answered(tmp_path, SHOP.new_builds("5m"), {}, build("1", "1x9 stale _x19 1x20"), at="31m")


def test_version_that_ends_an_outage_is_a_new_one(tmp_path: Path) -> None:
    series = [build("1", "1x9 stale"), build("2", "_x30 1x20")]
    answered(tmp_path, SHOP.new_builds("5m"), {'{version="2"}': 1}, *series, at="31m")
    answered(tmp_path, SHOP.new_builds("5m"), {}, *series, at="37m")


def test_version_to_which_a_release_is_taken_back_is_a_new_one(tmp_path: Path) -> None:
    series = [build("1", "1x9 stale _x20 1x20"), build("2", "_x10 1x20 stale")]
    answered(tmp_path, SHOP.new_builds("5m"), {'{version="1"}': 1}, *series, at="33m")


def process_series() -> list[dict[str, str]]:
    """Return two processes on a host of four cores and 1 GB, and that host."""
    found: list[dict[str, str]] = [{"series": 'node_memory_MemTotal_bytes{host="h"}', "values": "1000000000x20"}]
    found += [
        {"series": f'node_cpu_seconds_total{{host="h",cpu="{core}",mode="idle"}}', "values": "0+50x20"}
        for core in range(4)
    ]
    for instance in ("h:1", "h:2"):
        labels = f'job="shop",host="h",instance="{instance}"'
        found += [
            {"series": f"process_cpu_seconds_total{{{labels}}}", "values": "0+30x20"},
            {"series": f"process_resident_memory_bytes{{{labels}}}", "values": "100000000x20"},
            {"series": f"process_open_fds{{{labels}}}", "values": "512x20"},
            {"series": f"process_max_fds{{{labels}}}", "values": "1024x20"},
            {"series": f"process_start_time_seconds{{{labels}}}", "values": "1x9 600x10"},
        ]
    return found


def each(value: float) -> dict[str, float]:
    """Return the same value for both processes."""
    return {'{instance="h:1"}': value, '{instance="h:2"}': value}


def test_processes_are_measured_against_their_limit_or_their_host(tmp_path: Path) -> None:
    shop = ProcessQueries(('job="shop"',))
    answered(tmp_path, shop.cpu_of(2), each(25), *process_series())
    answered(tmp_path, shop.memory_of(400_000_000), each(25), *process_series())
    answered(tmp_path, shop.cpu_of_host(), {'{host="h"}': 25}, *process_series())
    answered(tmp_path, shop.memory_of_host(), {'{host="h"}': 20}, *process_series())


def test_open_files_and_restarts_of_processes_are_told(tmp_path: Path) -> None:
    shop = ProcessQueries(('job="shop"',))
    answered(tmp_path, shop.open_files(), each(50), *process_series())
    answered(tmp_path, shop.starts("1h"), each(1), *process_series())


def test_first_scrape_of_a_process_is_no_restart(tmp_path: Path) -> None:
    series = {"series": 'process_start_time_seconds{job="shop",instance="h:1"}', "values": "_x9 300x20"}
    answered(tmp_path, ProcessQueries(('job="shop"',)).starts("1h"), {'{instance="h:1"}': 0}, series)


def test_restart_is_counted_once_though_the_process_was_away(tmp_path: Path) -> None:
    series = {"series": 'process_start_time_seconds{job="shop",instance="h:1"}', "values": "60x9 stale _x4 900x20"}
    answered(tmp_path, ProcessQueries(('job="shop"',)).starts("1h"), {'{instance="h:1"}': 1}, series, at="30m")


def test_containers_are_measured_against_their_limits_without_their_pod_counted_twice(tmp_path: Path) -> None:
    mine = 'pod="shop-1",container="app"'
    series = [
        {"series": f"container_cpu_usage_seconds_total{{{mine}}}", "values": "0+30x20"},
        {"series": f"container_spec_cpu_quota{{{mine}}}", "values": "200000x20"},
        {"series": f"container_spec_cpu_period{{{mine}}}", "values": "100000x20"},
        {"series": f"container_memory_working_set_bytes{{{mine}}}", "values": "300x20"},
        {"series": 'container_memory_working_set_bytes{pod="shop-1",container=""}', "values": "301x20"},
        {"series": 'container_memory_working_set_bytes{pod="workshop-1",container="app"}', "values": "999x20"},
        {"series": f"container_spec_memory_limit_bytes{{{mine}}}", "values": "1200x20"},
    ]
    shop = ContainerQueries("pod", "shop-.*")
    answered(tmp_path, shop.cpu_of_limit(), {'{pod="shop-1"}': 25}, *series)
    answered(tmp_path, shop.memory_of_limit(), {'{pod="shop-1"}': 25}, *series)


def test_containers_are_held_back_and_started_anew_though_their_series_change(tmp_path: Path) -> None:
    series = [
        {"series": 'container_cpu_cfs_throttled_periods_total{pod="shop-1",container="app"}', "values": "0+150x60"},
        {"series": 'container_cpu_cfs_periods_total{pod="shop-1",container="app"}', "values": "0+600x60"},
        {"series": 'container_start_time_seconds{pod="shop-1",container="app",id="a"}', "values": "60x19 stale"},
        {"series": 'container_start_time_seconds{pod="shop-1",container="app",id="b"}', "values": "_x20 1200x40"},
    ]
    shop = ContainerQueries("pod", "shop-.*")
    answered(tmp_path, shop.throttled(), {'{pod="shop-1"}': 25}, *series, at="50m")
    answered(tmp_path, shop.starts("1h"), {'{pod="shop-1"}': 1}, *series, at="50m")


def test_container_without_a_limit_has_no_share_of_it(tmp_path: Path) -> None:
    series = [
        {"series": 'container_memory_working_set_bytes{name="shop"}', "values": "300x20"},
        {"series": 'container_spec_memory_limit_bytes{name="shop"}', "values": "0x20"},
    ]
    shop = ContainerQueries("name", "shop.*")
    answered(tmp_path, shop.memory_of_limit(), {}, *series)
    answered(tmp_path, shop.memory_bytes(), {'{name="shop"}': 300}, *series)


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ((), ["response_time", "error_rate", "throughput", "order_rate", "active_users"]),
        (("orders", "active_users"), ["response_time", "error_rate", "throughput"]),
    ],
)
def test_report_has_the_series_that_the_application_has(missing: tuple[str, ...], expected: list[str]) -> None:
    metrics = {key: "" if key in missing else name for key, name in METRICS.items()}
    assert list(report_series(ApplicationQueries("shop", metrics))) == expected


@pytest.mark.parametrize("job", ['say "hi"', "back\\slash", "ä\n"])
def test_job_with_any_letters_is_found(job: str, tmp_path: Path) -> None:
    series: dict[str, Any] = {"series": f"up{{job={quoted(job)}}}", "values": "1x20"}
    answered(tmp_path, f"count(up{{job={quoted(job)}}})", {"{}": 1}, series)
