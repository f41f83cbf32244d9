# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Prometheus: scrapes, rules, notifications, storage."""

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
    FAILURES,
    INSTANCE,
    YES,
    service_panels,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["prometheus_page"]

_EACH = "{{instance}}"
_SHARE = Scale(unit="percent", maximum=100, steps=((None, "green"), (80, "red")))
_PER_SECOND = Scale(unit="cps")


def prometheus_page() -> Page:
    """Return the page of Prometheus."""
    return stack_page(
        "prometheus",
        "Prometheus",
        "Whether metrics are collected, rules evaluated, alerts handed on, and how much room there is.",
        (
            Row("Now", [*service_panels("prometheus", "prometheus_build_info"), *_failures()]),
            Row("Scrapes", _scrapes()),
            Row("Rules and notifications", _rules()),
            Row("Storage", _storage()),
            Row("Queries", _queries()),
            process_row('job="prometheus"', INSTANCE),
        ),
        choose=("instance", "prometheus_build_info", "Instance"),
    )


def _increase(name: str, window: str = "15m") -> str:
    return or_zero(f"sum(increase({name}{{{INSTANCE}}}[{window}]))")


def _rate(name: str, by: str = "instance") -> str:
    return f"sum by ({by}) (rate({name}{{{INSTANCE}}}[{RATE}]))"


def _failures() -> list[Builder[models.Panel]]:
    corrupted = or_zero(
        f"sum(increase(prometheus_tsdb_wal_corruptions_total{{{INSTANCE}}}[1h]))"
        f" + sum(increase(prometheus_tsdb_compactions_failed_total{{{INSTANCE}}}[1h]))"
    )
    return [
        stat(
            "Configuration loaded",
            "Whether the last reload of the configuration succeeded. Where not, the one before is in use.",
            Query(f"min(prometheus_config_last_reload_successful{{{INSTANCE}}})"),
            scale=YES,
        ),
        stat(
            "Rule failures",
            "Evaluations of rules that failed within 15 minutes: their alerts cannot fire.",
            Query(_increase("prometheus_rule_evaluation_failures_total")),
            scale=FAILURES,
        ),
        stat(
            "Missed rule runs",
            "Runs of rule groups that were left out within 15 minutes, because the one before took too long.",
            Query(_increase("prometheus_rule_group_iterations_missed_total")),
            scale=FAILURES,
        ),
        stat(
            "Notifications lost",
            "Alerts that no Alertmanager took within 15 minutes.",
            Query(_increase("prometheus_notifications_dropped_total")),
            scale=FAILURES,
        ),
        stat(
            "Alertmanagers known",
            "To how many Alertmanagers alerts are sent, at least. At 0 nobody is told.",
            Query(f"min(prometheus_notifications_alertmanagers_discovered{{{INSTANCE}}})"),
            scale=Scale(unit="none", decimals=0, steps=((None, "red"), (1, "green"))),
        ),
        stat(
            "Storage failures",
            "Corruptions of the log and failed compactions within the last hour.",
            Query(corrupted),
            scale=FAILURES,
        ),
    ]


def _scrapes() -> list[Builder[models.Panel]]:
    return [
        timeseries(
            "Targets down",
            "Targets that could not be scraped, by job.",
            Query("sum by (job) (1 - up)", "{{job}}"),
            scale=Scale(unit="none", decimals=0, steps=((None, "green"), (1, "red"))),
            stacked=True,
        ),
        timeseries(
            "Samples taken in",
            "Samples per second that are stored.",
            Query(_rate("prometheus_tsdb_head_samples_appended_total"), _EACH),
            scale=_PER_SECOND,
        ),
        timeseries(
            "Scrape duration",
            "The slowest target of each job. Near the scrape interval, scrapes are lost.",
            Query("max by (job) (scrape_duration_seconds)", "{{job}}"),
            scale=Scale(unit="s"),
        ),
        timeseries(
            "Samples by job",
            "Samples in one scrape, all targets of a job together: who fills the storage.",
            Query("sum by (job) (scrape_samples_post_metric_relabeling)", "{{job}}"),
            scale=Scale(unit="none", decimals=0),
            stacked=True,
        ),
    ]


def _rules() -> list[Builder[models.Panel]]:
    lasting = f"prometheus_rule_group_last_duration_seconds{{{INSTANCE}}}"
    interval = f"(prometheus_rule_group_interval_seconds{{{INSTANCE}}} > 0)"
    return [
        timeseries(
            "Rule groups",
            "How much of its interval the slowest rule group takes. At 100 % runs are left out.",
            Query(or_zero(f"100 * max by (instance) ({lasting} / {interval})"), _EACH),
            scale=_SHARE,
            size=(8, 8),
        ),
        timeseries(
            "Notifications",
            "Alerts per second that are sent, and that an Alertmanager did not take.",
            Query(or_zero(_rate("prometheus_notifications_sent_total")), f"{_EACH} sent"),
            Query(or_zero(_rate("prometheus_notifications_errors_total")), f"{_EACH} failed"),
            scale=_PER_SECOND,
            size=(8, 8),
        ),
        timeseries(
            "Notification queue",
            "How full the queue of alerts is. When it is full, alerts are lost.",
            Query(
                f"100 * sum by (instance) (prometheus_notifications_queue_length{{{INSTANCE}}})"
                f" / sum by (instance) (prometheus_notifications_queue_capacity{{{INSTANCE}}})",
                _EACH,
            ),
            scale=_SHARE,
            size=(8, 8),
        ),
    ]


def _storage() -> list[Builder[models.Panel]]:
    parts = ("prometheus_tsdb_storage_blocks_bytes", "prometheus_tsdb_wal_storage_size_bytes")
    stored = " + ".join(f"sum by (instance) ({part}{{{INSTANCE}}})" for part in parts)
    limit = f"(sum by (instance) (prometheus_tsdb_retention_limit_bytes{{{INSTANCE}}}) > 0)"
    newest = f"max by (instance) (prometheus_remote_storage_highest_timestamp_in_seconds{{{INSTANCE}}})"
    sent = f"min by (instance) (prometheus_remote_storage_queue_highest_sent_timestamp_seconds{{{INSTANCE}}} > 0)"
    return [
        timeseries(
            "Series",
            "Series in memory. Each costs some kilobytes.",
            Query(f"sum by (instance) (prometheus_tsdb_head_series{{{INSTANCE}}})", _EACH),
            scale=Scale(unit="short"),
            size=(8, 8),
        ),
        timeseries(
            "New series",
            "Series per second that are new. Many of them mean labels whose values never come back.",
            Query(_rate("prometheus_tsdb_head_series_created_total"), _EACH),
            scale=_PER_SECOND,
            size=(8, 8),
        ),
        timeseries(
            "Storage",
            "Bytes that blocks and log take, and what they may take. The oldest blocks go when that is reached.",
            Query(stored, _EACH),
            Query(limit, f"{_EACH} at most"),
            scale=Scale(unit="bytes"),
            size=(8, 8),
        ),
        timeseries(
            "Remote write: lost",
            "Samples per second that the remote storage refused for good. 0 without a remote storage, too.",
            Query(or_zero(_rate("prometheus_remote_storage_samples_failed_total")), _EACH),
            scale=_PER_SECOND,
        ),
        timeseries(
            "Remote write: behind",
            "How far the remote storage is behind. 0 without a remote storage, too.",
            Query(or_zero(f"clamp_min({newest} - {sent}, 0)"), _EACH),
            scale=Scale(unit="s"),
        ),
    ]


def _queries() -> list[Builder[models.Panel]]:
    requests = f"rate(prometheus_http_request_duration_seconds_bucket{{{INSTANCE}}}[{RATE}])"
    failed = f'rate(prometheus_http_requests_total{{code=~"5..",{INSTANCE}}}[{RATE}])'
    return [
        timeseries(
            "Answer time",
            "How long 95 of a hundred requests take at most.",
            Query(f"histogram_quantile(0.95, sum by (le, instance) ({requests}))", _EACH),
            scale=Scale(unit="s"),
        ),
        timeseries(
            "Failed requests",
            "Requests per second that Prometheus answered with an error of its own.",
            Query(or_zero(f"sum by (instance) ({failed})"), _EACH),
            scale=Scale(unit="reqps"),
        ),
    ]
