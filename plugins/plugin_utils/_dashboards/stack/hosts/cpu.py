# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about the processors of the machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.chosen import (
    HOST,
    NO_PRESSURE,
    SHARE,
    THIS_HOST,
    highest,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["CPU_USED", "cpu"]

_MODES = {
    "/^user$/": "blue",
    "/^nice$/": "light-blue",
    "/^system$/": "yellow",
    "/^softirq$/": "orange",
    "/^irq$/": "light-orange",
    "/^steal$/": "purple",
    "/^iowait$/": "red",
}
# Waiting for a disk leaves the processor to others.
_IDLE = f'sum by (host, cpu) (rate(node_cpu_seconds_total{{mode=~"idle|iowait",{HOST}}}[{RATE}]))'
CPU_USED = f"100 * (1 - avg by (host) ({_IDLE}))"


def cpu() -> list[Builder[models.Panel]]:
    """Return how much the processors work, at what, and whether work waits for them."""
    cores = f'count by (host) (node_cpu_seconds_total{{mode="idle",{HOST}}})'
    waiting = f"100 * max by (host) (rate(node_pressure_cpu_waiting_seconds_total{{{HOST}}}[{RATE}]))"
    modes = f'100 * avg by (mode) (rate(node_cpu_seconds_total{{mode!="idle",{HOST}}}[{RATE}]))'
    return [
        timeseries(
            "CPU used",
            "Share of CPU time in use, without waiting for disks.",
            highest(CPU_USED),
            scale=SHARE,
            axis="share of all CPUs",
            link=THIS_HOST,
        ),
        timeseries(
            "CPU by mode",
            "CPU time by mode, averaged over the selected hosts. steal is time that the hypervisor gave to other "
            "guests; iowait is idle time while a disk is busy.",
            Query(modes, "{{mode}}"),
            scale=SHARE,
            axis="share of all CPUs",
            stacked=True,
            colors=_MODES,
        ),
        timeseries(
            "CPU pressure",
            "Share of time in which some task waited for a CPU. An alert fires above 60 % for half an hour.",
            highest(waiting),
            scale=Scale(unit="percent", soft_maximum=10, steps=above((60, "orange"))),
            axis="share of time",
            no_value=NO_PRESSURE,
            link=THIS_HOST,
        ),
        timeseries(
            "Load per core",
            (
                "Tasks per core that are running or waiting for CPUs or disks, over five minutes. Above 1, some of "
                "them wait."
            ),
            highest(f"max by (host) (node_load5{{{HOST}}}) / on (host) {cores}"),
            scale=Scale(unit="none", decimals=2, soft_maximum=1, steps=above((2, "orange"))),
            axis="tasks per core",
            link=THIS_HOST,
        ),
    ]
