# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about the machines themselves: limits of the kernel, temperature, clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.chosen import (
    HOST,
    THIS_HOST,
    highest,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["system"]

_SENSOR = "{{host}} {{chip}} {{sensor}}"
_NO_SENSORS = "no host has sensors"


def system() -> list[Builder[models.Panel]]:
    """Return how near the machines are to limits of their kernel and of their hardware, and how true their clocks."""
    return [_open_files(), *_temperature(), *_clocks()]


def _open_files() -> Builder[models.Panel]:
    return timeseries(
        "Open files",
        "Open files on each host, including connections.",
        highest(f"max by (host) (node_filefd_allocated{{{HOST}}})"),
        scale=Scale(unit="short", decimals=0),
        axis="open files",
        size=(8, 8),
        link=THIS_HOST,
    )


def _temperature() -> list[Builder[models.Panel]]:
    degrees = f"node_hwmon_temp_celsius{{{HOST}}}"
    critical = f"node_hwmon_temp_crit_celsius{{{HOST}}}"
    return [
        timeseries(
            "Temperature",
            "Readings of hardware sensors. Virtual machines have none.",
            highest(f"max by (host, chip, sensor) ({degrees})", _SENSOR),
            scale=Scale(unit="celsius", minimum=None, decimals=0),
            axis="temperature",
            size=(8, 8),
            no_value=_NO_SENSORS,
            link=THIS_HOST,
        ),
        timeseries(
            "Share of the critical temperature",
            (
                "Temperature of each component as a share of the manufacturer's critical temperature. An alert fires "
                "above 95 %."
            ),
            highest(f"100 * max by (host, chip, sensor) ({degrees} / ({critical} > 0))", _SENSOR),
            scale=Scale(unit="percent", maximum=100, decimals=0, steps=above((95, "orange"))),
            axis="share of the critical temperature",
            size=(8, 8),
            no_value=_NO_SENSORS,
            link=THIS_HOST,
        ),
    ]


def _clocks() -> list[Builder[models.Panel]]:
    kept = f"node_timex_sync_status{{{HOST}}} == 1"
    clock = f"node_time_seconds{{{HOST}}}"
    return [
        timeseries(
            "Clock offset",
            (
                "Offset of each clock, as estimated by its time service. There is no estimate for clocks that are not "
                "synchronised."
            ),
            highest(f"max by (host) (abs(node_timex_offset_seconds{{{HOST}}}) and ({kept}))"),
            scale=Scale(unit="s", soft_maximum=0.01),
            axis="offset",
            no_value="no clock is synchronised",
            link=THIS_HOST,
        ),
        timeseries(
            "Clock difference from Prometheus",
            "Difference between each clock and that of Prometheus, within the duration of a scrape. An alert fires "
            "above 5 seconds.",
            highest(f"max by (host) (abs({clock} - timestamp({clock})))"),
            scale=Scale(unit="s", soft_maximum=1, steps=above((5, "orange"))),
            axis="difference",
            link=THIS_HOST,
        ),
    ]
