# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about the memory of the machines."""

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

__all__ = ["MEMORY_USED", "memory"]

MEMORY_USED = (
    f"100 * (1 - max by (host) (node_memory_MemAvailable_bytes{{{HOST}}} / node_memory_MemTotal_bytes{{{HOST}}}))"
)
# By what they are called: the fields of /proc/meminfo that are added, and the color.
_USES: dict[str, tuple[tuple[str, ...], str]] = {
    "processes": (("AnonPages",), "blue"),
    "shared": (("Shmem",), "purple"),
    "kernel": (("SUnreclaim", "KernelStack", "PageTables"), "orange"),
    "cache": (("Cached", "Buffers", "SReclaimable"), "green"),
    "free": (("MemFree",), "text"),
}


def memory() -> list[Builder[models.Panel]]:
    """Return how full memory is, with what, whether work waits for it, and what became of that."""
    return [*_filled(), *_short()]


def _filled() -> list[Builder[models.Panel]]:
    pressure = [
        highest(f"100 * max by (host) (rate(node_pressure_memory_{kind}_seconds_total{{{HOST}}}[{RATE}]))", legend, 5)
        for kind, legend in (("waiting", "{{host}} some"), ("stalled", "{{host}} all"))
    ]
    return [
        timeseries(
            "Memory used",
            "Used share of memory. Caches count as free.",
            highest(MEMORY_USED),
            scale=Scale(unit="percent", maximum=100, steps=above((95, "orange"))),
            axis="share of memory",
            size=(8, 8),
            link=THIS_HOST,
        ),
        timeseries(
            "Memory by use",
            "Memory of all selected hosts by use. cache can be reclaimed; shared cannot: it belongs to several "
            "processes or to file systems in memory.",
            *(Query(_amount(use), use) for use in _USES),
            Query(_other(), "other"),
            scale=Scale(unit="bytes"),
            axis="memory",
            stacked=True,
            colors={**{f"/^{use}$/": color for use, (_fields, color) in _USES.items()}, "/^other$/": "yellow"},
            size=(8, 8),
        ),
        timeseries(
            "Memory pressure",
            "Share of time in which some or all tasks waited for memory. Alerts fire above 10 % for some tasks and "
            "20 % for all.",
            *pressure,
            scale=Scale(unit="percent", soft_maximum=5, steps=above((10, "orange"), (20, "red"))),
            axis="share of time",
            size=(8, 8),
            no_value=NO_PRESSURE,
            link=THIS_HOST,
        ),
    ]


def _short() -> list[Builder[models.Panel]]:
    total = f"node_memory_SwapTotal_bytes{{{HOST}}}"
    swapped = f"100 * max by (host) (1 - node_memory_SwapFree_bytes{{{HOST}}} / ({total} > 0))"
    moved = [
        highest(f"max by (host) (rate(node_vmstat_{name}{{{HOST}}}[{RATE}]))", f"{{{{host}}}} {way}", 5)
        for name, way in (("pswpin", "in"), ("pswpout", "out"))
    ]
    return [
        timeseries(
            "Swap used",
            "Used share of swap. This is not a problem by itself; continuous swapping is.",
            highest(swapped),
            scale=SHARE,
            axis="share of swap",
            size=(8, 8),
            no_value="no host has swap",
            link=THIS_HOST,
        ),
        timeseries(
            "Swapping",
            "Pages per second that are read from and written to swap.",
            *moved,
            scale=Scale(unit="none", decimals=0, soft_maximum=10),
            axis="pages per second",
            size=(8, 8),
            link=THIS_HOST,
        ),
        timeseries(
            "OOM kills over time",
            "Processes that the kernel killed within the previous 15 minutes, because of the limit of their unit or "
            "because the host ran out of memory. To find them: journalctl -k --grep oom",
            highest(f"max by (host) (increase(node_vmstat_oom_kill{{{HOST}}}[15m]))"),
            scale=Scale(unit="none", decimals=0, soft_maximum=1),
            axis="processes",
            size=(8, 8),
            link=THIS_HOST,
        ),
    ]


def _sum(fields: tuple[str, ...]) -> str:
    return " + ".join(f"node_memory_{field}_bytes{{{HOST}}}" for field in fields)


def _amount(use: str) -> str:
    fields, _color = _USES[use]
    # The kernel counts what is shared as cached too.
    shared = f" - node_memory_Shmem_bytes{{{HOST}}}" if use == "cache" else ""
    return f"sum({_sum(fields)}{shared})"


def _other() -> str:
    # Shared memory is within Cached.
    told = tuple(field for use, (fields, _color) in _USES.items() if use != "shared" for field in fields)
    return f"clamp_min(sum(node_memory_MemTotal_bytes{{{HOST}}} - ({_sum(told)})), 0)"
