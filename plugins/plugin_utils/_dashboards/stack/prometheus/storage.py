# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Prometheus keeps what it collects: head and write-ahead log in memory and on disk, then blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import INSTANCE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.counters import (
    EACH,
    grew,
    rate,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["FAILED", "FULL", "head", "storage"]

_TSDB = "prometheus_tsdb_"
# Counters of what failed, with what they are called.
FAILED = {
    f"{_TSDB}wal_corruptions_total": "log corrupt",
    f"{_TSDB}wal_writes_failed_total": "log not written",
    f"{_TSDB}wal_truncations_failed_total": "log not truncated",
    f"{_TSDB}checkpoint_creations_failed_total": "checkpoint not created",
    f"{_TSDB}head_truncations_failed_total": "head not truncated",
    f"{_TSDB}compactions_failed_total": "compaction failed",
    f"{_TSDB}reloads_failures_total": "blocks not read",
}
_PARTS = ("storage_blocks_bytes", "wal_storage_size_bytes", "head_chunks_storage_size_bytes")
_STORED = " + ".join(f"max by (instance) ({_TSDB}{part}{{{INSTANCE}}})" for part in _PARTS)
# Share of the limit by size, of instances that have one.
FULL = f"100 * ({_STORED}) / (max by (instance) ({_TSDB}retention_limit_bytes{{{INSTANCE}}}) > 0)"
_BYTES = Scale(unit="bytes")


def _now(name: str) -> str:
    return f"max by (instance) ({_TSDB}{name}{{{INSTANCE}}})"


def head() -> list[Builder[models.Panel]]:
    """Return series and chunks in memory, and the log that they are read from after a restart."""
    return [*_memory(), *_log()]


def _memory() -> list[Builder[models.Panel]]:
    return [
        timeseries(
            "Series",
            "Series in memory. Each needs a few kilobytes.",
            Query(_now("head_series"), EACH),
            scale=Scale(unit="short"),
            axis="series",
            size=(8, 8),
        ),
        timeseries(
            "Churn",
            (
                "Series that are created and removed. A constant rate of new series means that a label has an "
                "unlimited number of values."
            ),
            Query(rate(f"{_TSDB}head_series_created_total"), f"{EACH} created"),
            Query(rate(f"{_TSDB}head_series_removed_total"), f"{EACH} removed"),
            scale=Scale(unit="none", soft_maximum=1),
            axis="series per second",
            size=(8, 8),
        ),
        timeseries(
            "Chunks",
            "Chunks of samples in the head: those in memory, and those on disk until they become a block.",
            Query(_now("head_chunks"), EACH),
            scale=Scale(unit="short"),
            axis="chunks",
            size=(8, 8),
        ),
    ]


def _log() -> list[Builder[models.Panel]]:
    synced = f'max by (instance) ({_TSDB}wal_fsync_duration_seconds{{quantile="0.99",{INSTANCE}}} >= 0)'
    return [
        timeseries(
            "Size of the log",
            "Size of the write-ahead log. It grows for two to three hours and is then truncated. If it only grows, "
            "truncation fails, and a restart takes long.",
            Query(_now("wal_storage_size_bytes"), EACH),
            scale=_BYTES,
            axis="size",
            size=(8, 8),
        ),
        timeseries(
            "Time to sync the log",
            "99th percentile of the time to sync the log to the disk, which happens at the end of each segment.",
            Query(synced, EACH),
            scale=Scale(unit="s", soft_maximum=0.1),
            axis="duration",
            size=(8, 8),
            no_value="no sync within 10 minutes",
        ),
        timeseries(
            "Truncations and compactions",
            "Truncations of the head and the log, and compactions of blocks, within 3 hours on all instances.",
            Query(grew(f"{_TSDB}head_truncations_total", "3h"), "head truncated"),
            Query(grew(f"{_TSDB}wal_truncations_total", "3h"), "log truncated"),
            Query(grew(f"{_TSDB}compactions_total", "3h"), "compacted"),
            scale=Scale(unit="none", decimals=0, soft_maximum=5),
            axis="times within 3 h",
            size=(8, 8),
        ),
    ]


def storage() -> list[Builder[models.Panel]]:
    """Return blocks: their size, their age, how they are compacted, and what fails."""
    return [*_blocks(), *_upkeep()]


def _blocks() -> list[Builder[models.Panel]]:
    oldest = f"min by (instance) ({_TSDB}lowest_timestamp_seconds{{{INSTANCE}}})"
    return [
        timeseries(
            "Storage",
            "Disk space used by blocks, head and log.",
            Query(_STORED, EACH),
            scale=_BYTES,
            axis="size",
            size=(8, 8),
        ),
        timeseries(
            "Share of the size limit",
            "Used share of the size limit. At 100 %, the oldest blocks are deleted before the retention time.",
            Query(FULL, EACH),
            scale=Scale(unit="percent", soft_maximum=100, steps=above((95, "yellow"))),
            axis="share of the limit",
            size=(8, 8),
            no_value="no size limit",
        ),
        timeseries(
            "History kept",
            "Age of the oldest sample.",
            # Before the first sample it is the highest number that there is.
            Query(f"time() - ({oldest} > 0 < time())", EACH),
            scale=Scale(unit="s"),
            axis="age",
            size=(8, 8),
        ),
    ]


def _upkeep() -> list[Builder[models.Panel]]:
    took, times = (grew(f"{_TSDB}compaction_duration_seconds_{part}", "3h", "instance") for part in ("sum", "count"))
    return [
        timeseries(
            "Storage failures by kind",
            "Failures within an hour on all instances. Each of them makes memory and the log grow, or loses samples. "
            "The error is in the log of the service.",
            *(Query(grew(name, "1h"), called) for name, called in FAILED.items()),
            scale=Scale(unit="none", decimals=0, soft_maximum=5),
            axis="failures within 1 h",
            size=(16, 10),
        ),
        timeseries(
            "Duration of compactions",
            "Average duration of a compaction over the previous 3 hours. There is one every two hours.",
            Query(f"{took} / ({times} > 0)", EACH),
            scale=Scale(unit="s", soft_maximum=1),
            axis="duration",
            size=(8, 10),
            no_value="no compaction within 3 h",
        ),
    ]
