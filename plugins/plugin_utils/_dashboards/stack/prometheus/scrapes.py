# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus collects: scrapes, what is dropped of them, and who makes how many series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import COUNT, INSTANCE, UIDS
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.counters import (
    EACH,
    grew,
    rate,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["DISCOVERY", "DROPPED", "REFUSED", "cardinality", "scrapes"]

_SCRAPES = "prometheus_target_scrapes_"
# Counters of samples, and of scrapes as a whole, that were not stored, with what they are called.
DROPPED = {
    f"{_SCRAPES}sample_duplicate_timestamp_total": "another value at the same time",
    f"{_SCRAPES}sample_out_of_order_total": "older than the last one",
    f"{_SCRAPES}sample_out_of_bounds_total": "too old, or in the future",
}
REFUSED = {
    f"{_SCRAPES}exceeded_sample_limit_total": "samples",
    f"{_SCRAPES}exceeded_body_size_limit_total": "size",
    f"{_SCRAPES}exceeded_native_histogram_bucket_limit_total": "buckets of a histogram",
    "prometheus_target_scrape_pool_exceeded_label_limits_total": "labels",
    "prometheus_target_scrape_pool_exceeded_target_limit_total": "targets",
}
# Counters of failed attempts to find targets.
DISCOVERY = (
    "prometheus_target_sync_failed_total",
    "prometheus_sd_file_read_errors_total",
    "prometheus_sd_http_failures_total",
    "prometheus_sd_dns_lookup_failures_total",
)


def scrapes() -> list[Builder[models.Panel]]:
    """Return whether targets are scraped in time, and what is not stored of what they answer."""
    return [*_targets(), *_dropped()]


def _targets() -> list[Builder[models.Panel]]:
    return [
        timeseries(
            "Targets down",
            "Targets that cannot be scraped, for the jobs with the most.",
            Query(worst("sum by (job) (1 - up)"), "{{job}}"),
            scale=COUNT,
            axis="targets",
            link=Link.page("Which?", UIDS["overview"]),
            size=(8, 8),
        ),
        timeseries(
            "Slowest scrapes",
            "The slowest target of each job. Scrapes that reach the job's timeout are lost.",
            Query(worst("max by (job) (scrape_duration_seconds)"), "{{job}}"),
            scale=Scale(unit="s", soft_maximum=1),
            axis="duration",
            size=(8, 8),
        ),
        timeseries(
            "Samples stored",
            "Samples stored by each instance.",
            Query(rate("prometheus_tsdb_head_samples_appended_total"), EACH),
            scale=Scale(unit="none"),
            axis="samples per second",
            size=(8, 8),
        ),
    ]


def _dropped() -> list[Builder[models.Panel]]:
    pools = f'{{name="scrape",{INSTANCE}}}'
    failed = "prometheus_target_sync_failed_total"
    return [
        timeseries(
            "Samples dropped by reason",
            "Scraped samples that were not stored within 5 minutes. Usually two targets have the same labels, or an "
            "application sends its own timestamps. The log names the targets.",
            *_by_name(DROPPED),
            scale=COUNT,
            axis="samples within 5 min",
            size=(8, 10),
        ),
        timeseries(
            "Scrapes rejected by limit",
            "Scrapes that were discarded within 5 minutes, by the limit that they exceeded.",
            *_by_name(REFUSED),
            scale=COUNT,
            axis="scrapes within 5 min",
            size=(8, 10),
        ),
        timeseries(
            "Service discovery failures",
            "Target configurations that are not active, and service discovery failures within 5 minutes.",
            Query(f"sum(prometheus_sd_failed_configs{pools})", "configurations not active"),
            Query(grew(failed, "5m"), "invalid targets"),
            Query(grew("prometheus_sd_file_read_errors_total", "5m"), "unreadable files"),
            Query(grew("prometheus_sd_http_failures_total", "5m"), "HTTP"),
            Query(grew("prometheus_sd_dns_lookup_failures_total", "5m"), "DNS"),
            scale=COUNT,
            axis="failures",
            size=(8, 10),
        ),
    ]


def _by_name(counters: Mapping[str, str]) -> list[Query]:
    return [Query(grew(name, "5m"), called) for name, called in counters.items()]


def cardinality() -> list[Builder[models.Panel]]:
    """Return who fills the storage: the jobs with the most series, and with the most new ones."""
    samples = "sum by (job) (scrape_samples_post_metric_relabeling)"
    largest = f"and on (job) topk(10, {samples})"
    return [
        table(
            "Largest jobs",
            "The jobs with the most samples per scrape of all their targets. If there are new series every hour, a "
            "label has an unlimited number of values, such as users, requests or addresses.",
            Query(f"count by (job) (up) {largest}"),
            Query(f"topk(10, {samples})"),
            Query(f"100 * {samples} / scalar(sum({samples})) {largest}"),
            Query(f"sum by (job) (sum_over_time(scrape_series_added[1h])) {largest}"),
            labels={"job": Column(head="job")},
            values=[
                Column(head="targets", scale=Scale(unit="none", decimals=0)),
                Column(head="samples per scrape", scale=Scale(unit="none", decimals=0)),
                Column(head="share", scale=Scale(unit="percent", decimals=1)),
                Column(head="new series in 1 h", scale=Scale(unit="none", decimals=0)),
            ],
            sort="samples per scrape",
            size=(12, 8),
        ),
        timeseries(
            "New series by job",
            "New series in scrapes of the previous hour, for the jobs with the most. A deployment is a step; a line "
            "that stays high is churn.",
            Query(worst("sum by (job) (sum_over_time(scrape_series_added[1h]))"), "{{job}}"),
            scale=Scale(unit="none", decimals=0, soft_maximum=100),
            axis="new series within 1 h",
        ),
    ]
