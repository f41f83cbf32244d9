# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about the network of the machines: their interfaces, and connections over TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.chosen import (
    CABLES,
    HOST,
    THIS_HOST,
    highest,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["network"]

_DEVICE = "{{host}} {{device}}"
_PACKETS = Scale(unit="none", decimals=2, soft_maximum=1)


def network() -> list[Builder[models.Panel]]:
    """Return what goes through the interfaces, what is lost there, and how connections fare."""
    return [*_traffic(), *_lost(), *_connections()]


def _traffic() -> list[Builder[models.Panel]]:
    speed = f"node_network_speed_bytes{{{CABLES},{HOST}}}"
    used = [
        highest(f"100 * max by (host, device) ({_rate(f'{way}_bytes')} / ({speed} > 0))", f"{_DEVICE} {name}", 5)
        for way, name in (("receive", "received"), ("transmit", "sent"))
    ]
    return [
        *(
            timeseries(
                f"Network {name}",
                f"Data {name} per second by each external interface.",
                highest(f"8 * max by (host, device) ({_rate(f'{way}_bytes')})", _DEVICE),
                scale=Scale(unit="bps"),
                axis=name,
                size=(8, 8),
                link=THIS_HOST,
            )
            for way, name in (("receive", "received"), ("transmit", "sent"))
        ),
        timeseries(
            "Link utilisation",
            "Used share of the link speed, for interfaces that report their speed.",
            *used,
            scale=Scale(unit="percent", soft_maximum=10, steps=above((90, "orange"))),
            axis="share of the link speed",
            size=(8, 8),
            no_value="no interface reports its speed",
            link=THIS_HOST,
        ),
    ]


def _lost() -> list[Builder[models.Panel]]:
    again = f"max by (host) (rate(node_netstat_Tcp_RetransSegs{{{HOST}}}[{RATE}]))"
    sent = f"max by (host) (rate(node_netstat_Tcp_OutSegs{{{HOST}}}[{RATE}]))"
    lost = {
        kind: f"max by (host, device) ({_rate(f'receive_{kind}')} + {_rate(f'transmit_{kind}')})"
        for kind in ("errs", "drop")
    }
    return [
        timeseries(
            "Network errors",
            "Packets per second with errors, received and sent: check the cable, the port and the driver.",
            highest(lost["errs"], _DEVICE),
            scale=_PACKETS,
            axis="packets per second",
            size=(8, 8),
            link=THIS_HOST,
        ),
        timeseries(
            "Network drops",
            "Dropped packets per second, received and sent: buffers were full, or nothing accepts them.",
            highest(lost["drop"], _DEVICE),
            scale=_PACKETS,
            axis="packets per second",
            size=(8, 8),
            link=THIS_HOST,
        ),
        timeseries(
            "TCP retransmits",
            "Share of segments that were retransmitted. The network loses packets, or the other side is overloaded.",
            highest(f"100 * {again} / ({sent} > 0)"),
            scale=Scale(unit="percent", decimals=2, soft_maximum=1),
            axis="share of the segments sent",
            size=(8, 8),
            link=THIS_HOST,
        ),
    ]


def _connections() -> list[Builder[models.Panel]]:
    held = [
        highest(f"max by (host) ({name}{{{HOST}}})", f"{{{{host}}}} {state}", 5)
        for name, state in (("node_netstat_Tcp_CurrEstab", "established"), ("node_sockstat_TCP_tw", "TIME_WAIT"))
    ]
    entries, limit = f"node_nf_conntrack_entries{{{HOST}}}", f"node_nf_conntrack_entries_limit{{{HOST}}}"
    return [
        timeseries(
            "TCP connections",
            "Established connections, and those in TIME_WAIT.",
            *held,
            scale=Scale(unit="none", decimals=0, soft_maximum=10),
            axis="connections",
            size=(8, 8),
            link=THIS_HOST,
        ),
        timeseries(
            "Dropped connections",
            "Connections per second that were dropped because the listening process did not accept them in time.",
            highest(f"max by (host) (rate(node_netstat_TcpExt_ListenDrops{{{HOST}}}[{RATE}]))"),
            scale=Scale(unit="none", decimals=2, soft_maximum=1),
            axis="connections per second",
            size=(8, 8),
            link=THIS_HOST,
        ),
        timeseries(
            "Tracked connections",
            "Used share of the connection tracking table (conntrack). When it is full, new connections are dropped. "
            "An alert fires above 75 %.",
            highest(f"100 * max by (host) ({entries} / {limit})"),
            scale=Scale(unit="percent", soft_maximum=10, steps=above((75, "orange"), (95, "red"))),
            axis="share of the table",
            size=(8, 8),
            no_value="no host tracks connections",
            link=THIS_HOST,
        ),
    ]


def _rate(name: str) -> str:
    return f"rate(node_network_{name}_total{{{CABLES},{HOST}}}[{RATE}])"
