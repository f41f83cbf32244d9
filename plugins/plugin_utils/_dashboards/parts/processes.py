# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about what processes use, the same for servers of the stack and for applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import ProcessQueries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries, worst
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["RATE", "process_panels", "process_row"]

# The window of rates in curves: Grafana makes it four scrapes long, or longer where points are further apart.
RATE = "$__rate_interval"


def process_row(*where: str) -> Row:
    """Return the row about the processes that the matchers select."""
    return Row("Process", process_panels(*where))


def process_panels(*where: str) -> tuple[Builder[models.Panel], ...]:
    """Return processor time, memory, open files and restarts of the processes that the matchers select."""
    asked = ProcessQueries(where, RATE)
    return (
        timeseries(
            "CPU used",
            "CPU cores used by the process.",
            Query(worst(asked.cpu_cores()), "{{instance}}"),
            scale=Scale(unit="none", soft_maximum=0.1),
            axis="busy cores",
            size=(6, 8),
        ),
        timeseries(
            "Memory used",
            "Resident memory of the process.",
            Query(worst(asked.memory_bytes()), "{{instance}}"),
            scale=Scale(unit="bytes"),
            axis="resident memory",
            size=(6, 8),
        ),
        timeseries(
            "Open files",
            "Open files and connections, as a share of the process's limit.",
            Query(worst(asked.open_files()), "{{instance}}"),
            scale=Scale(unit="percent", maximum=100, steps=above((80, "red"))),
            axis="share of the limit",
            size=(6, 8),
        ),
        timeseries(
            "Restarts",
            "Restarts of the process within the previous hour.",
            Query(worst(asked.starts("1h")), "{{instance}}"),
            scale=Scale(unit="none", decimals=0, soft_maximum=4),
            axis="restarts within an hour",
            size=(6, 8),
        ),
    )
