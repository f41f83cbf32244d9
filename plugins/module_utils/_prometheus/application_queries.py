# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries about an application in PromQL. Each covers all instances together.

Ratios are weighted by requests: sums are divided by sums, and never by zero. With traffic and no errors yet, the error
rate is 0; without traffic there is no result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["METRIC_NAMES", "ApplicationQueries", "ContainerQueries", "ProcessQueries", "quoted", "report_series"]

# Default names of metrics and labels of applications; empty for optional ones.
METRIC_NAMES: Mapping[str, str] = {
    "requests": "http_requests_total",
    "duration": "http_request_duration_seconds",
    "status_label": "status_code",
    "bad_status": "5..",
    "route_label": "route",
    "orders": "",
    "order_duration": "",
    "active_users": "",
    "pool_in_use": "",
    "pool_size": "",
    "build_info": "application_build_info",
}


def quoted(text: str) -> str:
    """Return the text as a string of PromQL."""
    return json.dumps(text, ensure_ascii=False)


def _sum(inner: str, by: tuple[str, ...]) -> str:
    return f"sum by ({', '.join(by)}) ({inner})" if by else f"sum({inner})"


def _share(part: str, whole: str) -> str:
    """Return a percentage, without a result where the whole is 0."""
    return f"100 * {part} / ({whole} > 0)"


@dataclass(frozen=True)
class ApplicationQueries:
    """Queries about the requests and the business of an application.

    `metrics` has the names of its metrics and labels; `where` narrows all queries and `requests_where` those about
    requests, as label matchers; `window` is the window of rates; `by` splits the results about requests.
    """

    job: str
    metrics: Mapping[str, str]
    where: tuple[str, ...] = ()
    requests_where: tuple[str, ...] = ()
    window: str = "5m"
    by: tuple[str, ...] = ()

    def throughput(self) -> str:
        """Return requests per second."""
        return _sum(self._requests(), self.by)

    def throughput_by_class(self) -> str:
        """Return requests per second by class of status, such as 5xx; a status that is not of HTTP keeps its name."""
        status = quoted(self.metrics["status_label"])
        named = f'label_replace({self._requests()}, "class", "$1", {status}, "(.*)")'
        return _sum(f'label_replace({named}, "class", "${{1}}xx", {status}, "([1-5])[0-9][0-9]")', ("class",))

    def error_rate(self) -> str:
        """Return the share of requests that failed, in percent."""
        bad = f"{self.metrics['status_label']}=~{quoted(self.metrics['bad_status'])}"
        total = self.throughput()
        failed = f"({_sum(self._requests(bad), self.by)} or 0 * {total})"
        return _share(failed, total)

    def response_time_mean(self) -> str:
        """Return the mean duration of a request, in seconds."""
        return self._mean("duration", (*self.where, *self.requests_where), self.by)

    def response_time(self, quantile: float) -> str:
        """Return the duration, in seconds, that the share `quantile` of requests does not exceed."""
        return self._quantile(quantile, "duration", (*self.where, *self.requests_where), self.by)

    def orders(self, *by: str) -> str:
        """Return orders per second."""
        return _sum(self._rate(self.metrics["orders"], self.where), by)

    def order_duration(self, quantile: float, *by: str) -> str:
        """Return the duration, in seconds, that the share `quantile` of orders does not exceed."""
        return self._quantile(quantile, "order_duration", self.where, by)

    def active_users(self, *by: str) -> str:
        """Return how many users are active."""
        return _sum(self._series(self.metrics["active_users"], self.where), by)

    def pool_use(self, *by: str) -> str:
        """Return how much of the connection pool is in use, in percent."""
        used = _sum(self._series(self.metrics["pool_in_use"], self.where), by)
        return _share(used, _sum(self._series(self.metrics["pool_size"], self.where), by))

    def new_builds(self, within: str) -> str:
        """Return how many instances run each version that none ran at that time, if another version is known.

        If nothing ran at that time, the day before it counts: a version that returns unchanged is not new.
        """
        builds = self._series(self.metrics["build_info"], ())
        now, before, day = (
            f"count by (version) ({found})"
            for found in (builds, f"{builds} offset {within}", f"last_over_time({builds}[1d] offset {within})")
        )
        return f"{now} unless ({before} or ({day} unless on () {before})) and on () {day}"

    def _requests(self, *matchers: str) -> str:
        return self._rate(self.metrics["requests"], (*self.where, *self.requests_where, *matchers))

    def _mean(self, key: str, matchers: tuple[str, ...], by: tuple[str, ...]) -> str:
        name = self.metrics[key]
        count = _sum(self._rate(f"{name}_count", matchers), by)
        return f"{_sum(self._rate(f'{name}_sum', matchers), by)} / ({count} > 0)"

    def _quantile(self, quantile: float, key: str, matchers: tuple[str, ...], by: tuple[str, ...]) -> str:
        buckets = self._rate(f"{self.metrics[key]}_bucket", matchers)
        # Without observations the quantile is NaN, which is not a result either.
        return f"histogram_quantile({quantile}, {_sum(buckets, ('le', *by))}) >= 0"

    def _rate(self, name: str, matchers: tuple[str, ...]) -> str:
        return f"rate({self._series(name, matchers)}[{self.window}])"

    def _series(self, name: str, matchers: tuple[str, ...]) -> str:
        return f"{name}{{{','.join((f'job={quoted(self.job)}', *matchers))}}}"


@dataclass(frozen=True)
class ProcessQueries:
    """What processes use, from the metrics of their client libraries: `where` selects them, `by` splits the results."""

    where: tuple[str, ...]
    window: str = "5m"
    by: tuple[str, ...] = ("instance",)

    def cpu_cores(self) -> str:
        """Return how many cores are busy."""
        return _sum(f"rate(process_cpu_seconds_total{self._selector}[{self.window}])", self.by)

    def memory_bytes(self) -> str:
        """Return the resident memory."""
        return _sum(f"process_resident_memory_bytes{self._selector}", self.by)

    def cpu_of(self, cores: float) -> str:
        """Return the share of these cores that is busy, in percent."""
        return f"100 * {self.cpu_cores()} / {cores:g}"

    def memory_of(self, most: float) -> str:
        """Return the share of this memory that is resident, in percent."""
        return f"100 * {self.memory_bytes()} / {most:.0f}"

    def cpu_of_host(self) -> str:
        """Return the share of the cores of its host that is busy, in percent, by host."""
        cores = 'count by (host) (node_cpu_seconds_total{mode="idle"})'
        return f"100 * {ProcessQueries(self.where, self.window, ('host',)).cpu_cores()} / on (host) {cores}"

    def memory_of_host(self) -> str:
        """Return the share of the memory of its host that is resident, in percent, by host."""
        used = ProcessQueries(self.where, self.window, ("host",)).memory_bytes()
        return f"100 * {used} / on (host) max by (host) (node_memory_MemTotal_bytes)"

    def open_files(self) -> str:
        """Return the open files as a share of the limit, in percent."""
        most = f"min by ({', '.join(self.by)}) (process_max_fds{self._selector})"
        return f"100 * max by ({', '.join(self.by)}) (process_open_fds{self._selector}) / ({most} > 0)"

    def starts(self, window: str) -> str:
        """Return how often the process was restarted within the window."""
        return _sum(f"changes(process_start_time_seconds{self._selector}[{window}])", self.by)

    @property
    def _selector(self) -> str:
        return f"{{{','.join(self.where)}}}"


@dataclass(frozen=True)
class ContainerQueries:
    """What containers use, from the metrics of cAdvisor: those whose `label` matches the whole `pattern`."""

    label: str
    pattern: str
    window: str = "5m"

    def cpu_cores(self) -> str:
        """Return how many cores are busy."""
        return self._sum(f"rate({self._series('container_cpu_usage_seconds_total')}[{self.window}])")

    def memory_bytes(self) -> str:
        """Return the memory that cannot be reclaimed, which counts towards the limit."""
        return self._sum(self._series("container_memory_working_set_bytes"))

    def cpu_of_limit(self) -> str:
        """Return the CPU usage as a share of its limit, in percent, for those with a limit."""
        quota, period = self._series("container_spec_cpu_quota"), self._series("container_spec_cpu_period")
        return _share(self.cpu_cores(), self._sum(f"{quota} / {period}"))

    def memory_of_limit(self) -> str:
        """Return the memory usage as a share of its limit, in percent, for those with a limit."""
        return _share(self.memory_bytes(), self._sum(self._series("container_spec_memory_limit_bytes")))

    def throttled(self) -> str:
        """Return the share of CPU periods in which it was throttled, in percent, for those with a limit."""
        parts = (f"container_cpu_cfs_{name}_total" for name in ("throttled_periods", "periods"))
        return _share(*(self._sum(f"rate({self._series(part)}[{self.window}])") for part in parts))

    def starts(self, window: str) -> str:
        """Return how often it was restarted within the window; each restart may begin a new series."""
        began = f"max by ({self.label}) ({self._series('container_start_time_seconds')})"
        return f"changes(({began})[{window}:1m])"

    def _sum(self, inner: str) -> str:
        return _sum(inner, (self.label,))

    def _series(self, name: str) -> str:
        # For a pod, cAdvisor also counts the pod as a whole and its empty container.
        pod = ',container!="",container!="POD"' if self.label == "pod" else ""
        return f"{name}{{{self.label}=~{quoted(self.pattern)}{pod}}}"


def report_series(queries: ApplicationQueries) -> dict[str, str]:
    """Return the five series of a report: response time (s), error rate (%), throughput, orders (both /s), users.

    The last two are present for applications that have such metrics.
    """
    series = {
        "response_time": queries.response_time_mean(),
        "error_rate": queries.error_rate(),
        "throughput": queries.throughput(),
    }
    if queries.metrics.get("orders"):
        series["order_rate"] = queries.orders()
    if queries.metrics.get("active_users"):
        series["active_users"] = queries.active_users()
    return series
