# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about which machines deviate: how many, a line for each machine, and the names of what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import each_of, or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import FAILURES, UIDS
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.chosen import (
    HOST,
    SCRAPED,
    THIS_ROW,
    UNKNOWN,
    at_first_place,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.cpu import CPU_USED
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.disks import (
    FULL,
    NO_DISKS,
    disk_used,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.memory import MEMORY_USED
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["now", "wrong"]

_WARNING = Scale(unit="none", decimals=0, steps=above((1, "orange")), unknown=UNKNOWN)
_MEMORY = Scale(unit="percent", decimals=0, steps=above((95, "orange")), unknown=UNKNOWN)
_UPTIME = Scale(unit="dtdurations", unknown=UNKNOWN)
_NOTABLE = Scale(unit="none", decimals=0, steps=above((1, "blue")), unknown=UNKNOWN)
_STATE = Scale(unit="none", texts={"0": ("unreachable", "red"), "1": ("up", CALM)})
_CLOCK = Scale(unit="none", texts={"0": ("synchronised", CALM), "1": ("not synchronised", "orange")}, unknown=UNKNOWN)
_FAILED = f'node_systemd_unit_state{{state="failed",{HOST}}}'
_UNKEPT = f"node_timex_sync_status{{{HOST}}}"
# A disk is read-only when nothing that is mounted of it can be written. /boot and /usr may be meant to be so.
_DISKS = f'fstype=~"ext[234]|xfs|btrfs|f2fs",mountpoint!~"/(boot|usr)(/.*)?|/etc/(hosts|hostname|resolv[.]conf)",{HOST}'
_READONLY = f"min by (host, device) (node_filesystem_readonly{{{_DISKS}}})"
_KILLS = f"increase(node_vmstat_oom_kill{{{HOST}}}[$__range])"
# The time of the boot wavers with the clock, the time since then begins anew.
_REBOOTS = f"resets((node_time_seconds{{{HOST}}} - node_boot_time_seconds{{{HOST}}})[$__range:1m])"


def now() -> list[Builder[models.Panel]]:
    """Return how many deviate, and a line for each machine."""
    return [*_counts(), _machines()]


def wrong() -> list[Builder[models.Panel]]:
    """Return the names of what is wrong."""
    place = at_first_place("node_filesystem_readonly", _DISKS)
    return [
        _names(
            "Failed units",
            "Failed systemd units. For the reason: journalctl -u UNIT. After the fix: systemctl reset-failed UNIT",
            f"max by (host, name) ({_FAILED}) == 1",
            {"name": Column(head="unit")},
        ),
        _names(
            "Read-only file systems",
            "File systems that cannot be written to: the kernel makes them read-only after a disk error.",
            f"max by (host, mountpoint, device) ({place} and on (host, device) ({_READONLY} == 1))",
            {"mountpoint": Column(head="mounted at"), "device": Column(head="device")},
        ),
        _names(
            "Hosts with unsynchronised clocks",
            "Hosts whose clock is not set by a time service: it drifts, which affects timestamps and the validity of "
            "certificates. Run there: timedatectl",
            f"max by (host) ({_UNKEPT}) == 0",
            {},
        ),
    ]


def _counts() -> list[Builder[models.Panel]]:
    alerts = Link.page("Alerts", UIDS["alerts"])
    return [
        stat(
            "Hosts with problems",
            "Hosts whose node_exporter cannot be scraped: they are down or isolated, or the service is not running. "
            "Of the others, those whose clock is not synchronised.",
            Query(or_unknown(f"sum({SCRAPED} == bool 0)"), "unreachable", scale=FAILURES, link=alerts),
            Query(or_unknown(f"sum({_UNKEPT} == bool 0)"), "clocks not synchronised", scale=_WARNING),
            scale=_WARNING,
            size=(8, 4),
            since=True,
        ),
        stat(
            "Units and disks",
            "Failed systemd units and read-only file systems. The tables list them.",
            Query(or_unknown(f"sum({_FAILED})"), "failed units", scale=_WARNING),
            Query(or_unknown(f"sum({_READONLY})"), "read-only file systems", scale=replace(FAILURES, unknown=NO_DISKS)),
            scale=_WARNING,
            size=(8, 4),
            since=True,
        ),
        stat(
            "In the time range",
            "Processes killed for lack of memory, and host restarts.",
            Query(or_unknown(f"sum({_KILLS})"), "OOM kills", scale=_WARNING),
            Query(or_unknown(f"sum({_REBOOTS})"), "reboots", scale=_NOTABLE),
            scale=_WARNING,
            size=(8, 4),
        ),
    ]


def _machines() -> Builder[models.Panel]:
    to_alerts = Link.page("Alerts", UIDS["alerts"], host="${__data.fields.host}")
    firing = f'count by (host) (ALERTS{{alertstate="firing",severity!="none",host!="",{HOST}}})'
    alerts = f"{firing} or 0 * max by (host) ({SCRAPED})"
    reached = f"min by (host) ({SCRAPED})"
    told = {
        CPU_USED: Column(head="CPU used", scale=Scale(unit="percent", decimals=0, unknown=UNKNOWN)),
        MEMORY_USED: Column(head="memory used", scale=_MEMORY),
        f"max by (host) ({disk_used(HOST)})": Column(head="fullest disk", scale=FULL),
        f"sum by (host) ({_FAILED})": Column(head="failed units", scale=_WARNING),
        f"1 - min by (host) ({_UNKEPT})": Column(head="clock", scale=_CLOCK),
        f"time() - max by (host) (node_boot_time_seconds{{{HOST}}})": Column(head="uptime", scale=_UPTIME),
    }
    return table(
        "Machines",
        "One line per host: unreachable hosts first, then those with the most alerts. Click on a name to show only "
        "that host.",
        Query(reached),
        Query(alerts),
        *(Query(each_of(f"max by (host) ({SCRAPED})", expr)) for expr in told),
        labels={"host": Column(head="host", links=(THIS_ROW,))},
        values=[
            Column(head="state", scale=_STATE),
            Column(head="alerts", scale=_WARNING, links=(to_alerts,)),
            *told.values(),
        ],
        order=f"1000 * (1 - {reached}) + ({alerts})",
        no_value="no host",
        size=(24, 10),
    )


def _names(title: str, description: str, expr: str, columns: dict[str, Column]) -> Builder[models.Panel]:
    return table(
        title,
        description,
        Query(expr),
        labels={"host": Column(head="host", links=(THIS_ROW,)), **columns},
        sort="host",
        descending=False,
        no_value="none",
        size=(8, 6),
    )
