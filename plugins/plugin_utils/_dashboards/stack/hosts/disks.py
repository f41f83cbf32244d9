# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about the disks of the machines: the space of their file systems, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries, worst
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import each_of
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above, below
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.chosen import (
    DISKS,
    HOST,
    NO_PRESSURE,
    SCRAPED,
    THIS_HOST,
    THIS_ROW,
    UNKNOWN,
    at_first_place,
    highest,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["DISK_USED", "FULL", "NO_DISKS", "activity", "disk_used", "space"]

FULL = Scale(unit="percent", maximum=100, decimals=0, steps=above((90, "orange"), (97, "red")), unknown=UNKNOWN)
_FILES = Scale(unit="percent", maximum=100, decimals=0, steps=above((90, "orange"), (98, "red")), unknown=UNKNOWN)
_BYTES = Scale(unit="bytes", unknown=UNKNOWN)
_LEFT = Scale(unit="bytes", steps=below("red", (1, CALM)), unknown=UNKNOWN)
_EACH = "{{host}} {{mountpoint}}"
_DEVICE = "{{host}} {{device}}"
NO_DISKS = "no local disks"


def disk_used(where: str = "") -> str:
    """Return the expression for the share of each file system that is not available to users: some is kept for root."""
    return f"100 * (1 - max by (host, mountpoint) ({_available(where)} / {_size(where)}))"


def space() -> list[Builder[models.Panel]]:
    """Return how full file systems are, and when they will be."""
    files = f"((node_filesystem_files{{{DISKS},{HOST}}} > 0) and {_size(HOST)})"
    free = f"node_filesystem_files_free{{{DISKS},{HOST}}}"
    inodes = f"100 * (1 - max by (host, mountpoint) ({free} / {files}))"
    left = f"max by (host, mountpoint) ({_available(HOST)} and {_size(HOST)})"
    return [
        _file_systems(f"1 - {free} / {files}"),
        timeseries(
            "Disk space used",
            "Used share of each file system.",
            highest(disk_used(HOST), _EACH),
            scale=FULL,
            axis="share of the file system",
            size=(8, 8),
            no_value=NO_DISKS,
            link=THIS_HOST,
        ),
        timeseries(
            "Disk space available",
            "Available space on the fullest file systems.",
            Query(f"{left} and ({worst(disk_used(HOST))})", _EACH),
            scale=_BYTES,
            axis="available",
            lowest_first=True,
            size=(8, 8),
            no_value=NO_DISKS,
            link=THIS_HOST,
        ),
        timeseries(
            "Inodes used",
            "Used share of the inodes. Many small files can use up the inodes although there is free space.",
            highest(inodes, _EACH),
            scale=_FILES,
            axis="share of the inodes",
            size=(8, 8),
            no_value=NO_DISKS,
            link=THIS_HOST,
        ),
    ]


def activity() -> list[Builder[models.Panel]]:
    """Return what disks do, how long that takes, and whether work waits for them."""
    reads, writes = _by_device("reads_completed"), _by_device("writes_completed")
    read_time, write_time = _by_device("read_time_seconds"), _by_device("write_time_seconds")
    queue = _by_device("io_time_weighted_seconds")
    pressure = [
        highest(f"100 * max by (host) (rate(node_pressure_io_{kind}_seconds_total{{{HOST}}}[{RATE}]))", legend, 5)
        for kind, legend in (("waiting", "{{host}} some"), ("stalled", "{{host}} all"))
    ]
    return [
        _curves(
            "Disk operations",
            "Completed reads and writes per second.",
            *_both_ways(reads, writes),
            scale=Scale(unit="iops"),
            axis="operations",
        ),
        _curves(
            "Disk throughput",
            "Bytes read and written per second.",
            *_both_ways(_by_device("read_bytes"), _by_device("written_bytes")),
            scale=Scale(unit="Bps"),
            axis="throughput",
        ),
        _curves(
            "Disk latency",
            "Average duration of a read and of a write, including the time in the queue.",
            *_both_ways(f"{read_time} / ({reads} > 0)", f"{write_time} / ({writes} > 0)"),
            scale=Scale(unit="s", soft_maximum=0.01),
            axis="duration",
            no_value="no reads or writes",
        ),
        _curves(
            "Disk queue",
            "Average number of reads and writes in progress per disk.",
            highest(queue, _DEVICE),
            scale=Scale(unit="none", decimals=2, soft_maximum=1),
            axis="reads and writes",
        ),
        _curves(
            "Disk busy",
            "Share of time in which a disk was busy. Disks that process requests in parallel can do more at 100 %.",
            highest(f"100 * {_by_device('io_time_seconds')}", _DEVICE),
            scale=Scale(unit="percent", soft_maximum=10),
            axis="share of time",
        ),
        _curves(
            "Disk pressure",
            "Share of time in which some or all tasks waited for disks. An alert fires above 40 % for all tasks.",
            *pressure,
            scale=Scale(unit="percent", soft_maximum=5, steps=above((40, "orange"))),
            axis="share of time",
            no_value=NO_PRESSURE,
        ),
    ]


def _file_systems(inodes: str) -> Builder[models.Panel]:
    """Return each file system of now, with its sizes and what is left of it in a day."""
    by = "max by (host, mountpoint, device, fstype)"
    room, avail = _size(HOST), f"node_filesystem_avail_bytes{{{DISKS},{HOST}}}"
    untold = f'label_replace(NaN * max by (host) ({SCRAPED}), "mountpoint", "none reported", "", "")'
    rows = f"{by} ({room}) or on (host) {untold}"
    # A forecast takes as much history as it looks back on: nine of ten of its samples.
    forecast = f"clamp_min(predict_linear({avail}[6h], 86400), 0) and 65 < count_over_time({avail}[6h:5m]) and {room}"
    asked = [f"{avail} and {room}", f"100 * (1 - {avail} / {room})", f"100 * ({inodes})", forecast]
    return table(
        "File systems",
        "Local file systems, each listed once. Network file systems are not included. Available in a day: forecast "
        "from the last six hours, once there are six hours of data.",
        Query(rows),
        *(Query(each_of(rows, f"{by} ({one})")) for one in asked),
        labels={
            "host": Column(head="host", links=(THIS_ROW,)),
            "mountpoint": Column(head="mounted at"),
            "device": Column(head="device"),
            "fstype": Column(head="type"),
        },
        values=[
            Column(head="size", scale=_BYTES),
            Column(head="available", scale=_BYTES),
            Column(head="used", scale=FULL),
            Column(head="inodes used", scale=_FILES),
            Column(head="available in a day", scale=_LEFT),
        ],
        sort="used",
        no_value="no host",
    )


def _curves(
    title: str, description: str, *queries: Query, scale: Scale, axis: str, no_value: str = ""
) -> Builder[models.Panel]:
    return timeseries(title, description, *queries, scale=scale, axis=axis, no_value=no_value, link=THIS_HOST)


def _both_ways(read: str, written: str) -> tuple[Query, Query]:
    """Return the questions for the disks that read most, and for those that wrote most."""
    return highest(read, f"{_DEVICE} read", 5), highest(written, f"{_DEVICE} written", 5)


def _by_device(name: str) -> str:
    return f"max by (host, device) (rate(node_disk_{name}_total{{{HOST}}}[{RATE}]))"


def _matchers(where: str) -> str:
    return ",".join(filter(None, (DISKS, where)))


def _available(where: str) -> str:
    return f"node_filesystem_avail_bytes{{{_matchers(where)}}}"


def _size(where: str) -> str:
    """Return the expression for the size of each disk of the machines."""
    return at_first_place("node_filesystem_size_bytes", _matchers(where))


# Of all machines.
DISK_USED = disk_used()
