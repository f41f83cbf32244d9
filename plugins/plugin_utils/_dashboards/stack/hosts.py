# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the machines, as node_exporter sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    or_zero,
    stat,
    timeseries,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import FAILURES, stack_page

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["DISK_USED", "hosts_page"]

_HOST = 'host=~"$host"'
_REAL = 'fstype!~"tmpfs|ramfs"'
_CABLE = 'device!~"lo|veth.*|br-.*|docker.*|ifb.*"'
_SHARE = Scale(unit="percent", maximum=100, steps=((None, "green"), (80, "yellow"), (90, "red")))
_BYTES = Scale(unit="Bps")
# Of the file systems of a host, by mount point. Used is what is not available to users: some is kept for root.
DISK_USED = (
    f"100 * (1 - max by (host, mountpoint) (node_filesystem_avail_bytes{{{_REAL}}}"
    f" / (node_filesystem_size_bytes{{{_REAL}}} > 0)))"
)


def hosts_page() -> Page:
    """Return the page of the machines."""
    return stack_page(
        "hosts",
        "Hosts",
        "Processors, memory, disks, network and clocks of the machines.",
        (
            Row("Now", _now()),
            Row("Processors and memory", _processors()),
            Row("Disks", _disks()),
            Row("Network", _network()),
            Row("Kernel", _kernel()),
        ),
        choose=("host", "node_uname_info", "Host"),
    )


def _now() -> list[Builder[models.Panel]]:
    return [
        stat(
            "Not reached",
            "Machines whose node_exporter cannot be scraped: down, cut off, or without the service.",
            Query(or_zero(f'count(up{{job="node_exporter",{_HOST}}} == 0)')),
            scale=FAILURES,
        ),
        stat(
            "Failed units",
            "Units of systemd that have failed. See them with: systemctl --failed",
            Query(or_zero(f'sum(node_systemd_unit_state{{state="failed",{_HOST}}})')),
            scale=FAILURES,
        ),
        stat(
            "Read-only file systems",
            "File systems on disks that cannot be written: after an error the kernel mounts them so.",
            Query(or_zero(f'sum(node_filesystem_readonly{{fstype=~"ext.*|xfs|btrfs",{_HOST}}})')),
            scale=FAILURES,
        ),
        stat(
            "Up for",
            "How long each machine has been running.",
            Query(f"time() - max by (host) (node_boot_time_seconds{{{_HOST}}})", "{{host}}"),
            scale=Scale(unit="dtdurations"),
            size=(12, 4),
        ),
    ]


def _processors() -> list[Builder[models.Panel]]:
    cores = f'count by (host) (node_cpu_seconds_total{{mode="idle",{_HOST}}})'
    waiting = [
        Query(f"100 * max by (host) (rate(node_pressure_{kind}_waiting_seconds_total{{{_HOST}}}[{RATE}]))", legend)
        for kind, legend in (("cpu", "{{host}} processors"), ("memory", "{{host}} memory"), ("io", "{{host}} disks"))
    ]
    return [
        timeseries(
            "CPU",
            "Share of processor time that is not idle.",
            Query(
                f'100 * (1 - avg by (host) (rate(node_cpu_seconds_total{{mode="idle",{_HOST}}}[{RATE}])))', "{{host}}"
            ),
            scale=_SHARE,
        ),
        timeseries(
            "Memory",
            "Share of memory that cannot be had without swapping. Caches count as free.",
            Query(
                f"100 * (1 - max by (host) (node_memory_MemAvailable_bytes{{{_HOST}}}"
                f" / node_memory_MemTotal_bytes{{{_HOST}}}))",
                "{{host}}",
            ),
            scale=_SHARE,
        ),
        timeseries(
            "Load per core",
            "Processes that run or wait, for each core, over five minutes. Above 1 some wait.",
            Query(f"max by (host) (node_load5{{{_HOST}}}) / on (host) {cores}", "{{host}}"),
            scale=Scale(unit="none", decimals=2, steps=((None, "green"), (1, "yellow"), (2, "red"))),
        ),
        timeseries(
            "Waiting",
            "Share of time in which some process waited for processors, memory or disks (pressure stall information).",
            *waiting,
            scale=Scale(unit="percent", maximum=100),
        ),
    ]


def _disks() -> list[Builder[models.Panel]]:
    used = DISK_USED.replace(_REAL, f"{_REAL},{_HOST}")
    size = f"node_filesystem_size_bytes{{{_REAL},{_HOST}}}"
    forecast = f"predict_linear(node_filesystem_avail_bytes{{{_REAL},{_HOST}}}[6h], 86400)"
    files = f"node_filesystem_files{{{_REAL},{_HOST}}}"
    free_files = f"node_filesystem_files_free{{{_REAL},{_HOST}}}"
    busy = f"100 * max by (host, device) (rate(node_disk_io_time_seconds_total{{{_HOST}}}[{RATE}]))"
    moved = [
        Query(f"sum by (host) (rate(node_disk_{kind}_bytes_total{{{_HOST}}}[{RATE}]))", f"{{{{host}}}} {kind}")
        for kind in ("read", "written")
    ]
    return [
        timeseries(
            "Disk space used",
            "Share of each file system that is not available to users.",
            Query(used, "{{host}} {{mountpoint}}"),
            scale=_SHARE,
            size=(8, 8),
        ),
        timeseries(
            "Disk space left in a day",
            "What will be available in 24 hours if the last six go on. Below 0 the disk fills within a day.",
            Query(f"100 * min by (host, mountpoint) ({forecast} / ({size} > 0))", "{{host}} {{mountpoint}}"),
            scale=Scale(unit="percent", minimum=None, maximum=100, steps=((None, "red"), (0, "green"))),
            size=(8, 8),
        ),
        timeseries(
            "Inodes used",
            "Share of the files that a file system can hold. Many small files fill it while there is space.",
            Query(f"100 * (1 - min by (host, mountpoint) ({free_files} / ({files} > 0)))", "{{host}} {{mountpoint}}"),
            scale=_SHARE,
            size=(8, 8),
        ),
        timeseries("Disk traffic", "Bytes per second that disks read and write.", *moved, scale=_BYTES),
        timeseries(
            "Disk busy",
            "Share of time in which a disk had something to do. One that does much at once can do more at 100 %.",
            Query(busy, "{{host}} {{device}}"),
            scale=Scale(unit="percent", maximum=100),
        ),
    ]


def _network() -> list[Builder[models.Panel]]:
    moved = [
        Query(
            f"sum by (host) (rate(node_network_{way}_bytes_total{{{_CABLE},{_HOST}}}[{RATE}]))", f"{{{{host}}}} {way}"
        )
        for way in ("receive", "transmit")
    ]
    lost = [
        Query(
            f"sum by (host) (rate(node_network_{way}_{kind}_total{{{_CABLE},{_HOST}}}[{RATE}]))",
            f"{{{{host}}}} {way} {kind}",
        )
        for way in ("receive", "transmit")
        for kind in ("errs", "drop")
    ]
    return [
        timeseries("Network traffic", "Bytes per second through the machine's own interfaces.", *moved, scale=_BYTES),
        timeseries(
            "Network errors",
            "Packets per second that were broken or dropped.",
            *lost,
            scale=Scale(unit="pps", decimals=2),
        ),
    ]


def _kernel() -> list[Builder[models.Panel]]:
    entries = f"max by (host) (node_nf_conntrack_entries{{{_HOST}}}"
    return [
        timeseries(
            "Kernel limits",
            "Share of the open files and of the tracked connections that the kernel allows.",
            Query(
                f"100 * max by (host) (node_filefd_allocated{{{_HOST}}} / node_filefd_maximum{{{_HOST}}})",
                "{{host}} open files",
            ),
            Query(f"100 * {entries} / node_nf_conntrack_entries_limit{{{_HOST}}})", "{{host}} connections"),
            scale=_SHARE,
            size=(8, 8),
        ),
        timeseries(
            "Clock",
            "How far the clock is off, as the kernel estimates it. It is no estimate where nothing keeps the time.",
            Query(f"max by (host) (abs(node_timex_offset_seconds{{{_HOST}}}))", "{{host}}"),
            scale=Scale(unit="s", steps=((None, "green"), (0.05, "red"))),
            size=(8, 8),
        ),
        timeseries(
            "Clock kept",
            "Whether something keeps the time of the machine: 1 yes, 0 no. Certificates and traces need it.",
            Query(f"min by (host) (node_timex_sync_status{{{_HOST}}})", "{{host}}"),
            scale=Scale(unit="none", decimals=0, maximum=1),
            size=(8, 8),
        ),
    ]
