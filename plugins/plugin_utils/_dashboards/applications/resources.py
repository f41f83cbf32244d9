# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about what an application uses of what it runs on: a service or process of a machine, or containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._application_queries import (
    ApplicationQueries,
    ContainerQueries,
    ProcessQueries,
    quoted,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._application import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeline, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import process_panels
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["resource_panels"]

_SHARE = Scale(unit="percent", maximum=100, steps=((None, "green"), (80, "yellow"), (95, "red")))


def resource_panels(app: Application, window: str) -> list[Builder[models.Panel]]:
    """Return the use of processors and memory in percent of what there is, and what else is known of the ground."""
    job = f"job={quoted(app.job)}"
    where = (job, 'instance=~"$instance"')
    if app.runs_on == "container":
        panels = _container_panels(app, window)
    else:
        panels = [_usage(_process_usage(app, ProcessQueries(where, window))), *process_panels(*where)]
    if app.runs_on == "systemd":
        panels.append(_unit_state(app, job))
    if app.metrics["pool_in_use"] and app.metrics["pool_size"]:
        pool = ApplicationQueries(app.job, app.metrics, where[1:]).pool_use("instance")
        panels.append(
            timeseries(
                "Connection pool",
                "Connections that are lent out, as a share of those that can be. At 100 % requests wait for one.",
                Query(pool, "{{instance}}"),
                scale=_SHARE,
                size=(12, 6),
            )
        )
    return panels


def _usage(usage: tuple[str, tuple[Query, ...]]) -> Builder[models.Panel]:
    description, queries = usage
    return timeseries("Resource usage", description, *queries, scale=_SHARE, size=(24, 8))


def _process_usage(app: Application, asked: ProcessQueries) -> tuple[str, tuple[Query, ...]]:
    """Return what 100 % is, and the queries: what limits the application where that is known, else its host."""
    cores, memory = app.limits["cpu_cores"], app.limits["memory_bytes"]
    cpu = Query(asked.cpu_of(cores), "CPU {{instance}}") if cores else Query(asked.cpu_of_host(), "CPU {{host}}")
    used = Query(asked.memory_of(memory), "memory {{instance}}") if memory else None
    of_cpu = f"the {cores:g} cores that it may use" if cores else "all cores of its host"
    of_memory = "the memory that it may use" if memory else "all memory of its host"
    return (
        f"Processor time, of which 100 % is {of_cpu}, and resident memory, of which 100 % is {of_memory}.",
        (cpu, used or Query(asked.memory_of_host(), "memory {{host}}")),
    )


def _container_panels(app: Application, window: str) -> list[Builder[models.Panel]]:
    asked = ContainerQueries(app.containers["label"], app.containers["pattern"], window)
    name = f"{{{{{asked.label}}}}}"
    share = (
        "Processor time and memory as a share of the limits of the containers; one without a limit is not shown.",
        (Query(asked.cpu_of_limit(), f"CPU {name}"), Query(asked.memory_of_limit(), f"memory {name}")),
    )
    return [
        _usage(share),
        timeseries(
            "CPU used",
            "Processor cores that the containers keep busy.",
            Query(asked.cpu_cores(), name),
            scale=Scale(unit="none", decimals=2),
        ),
        timeseries(
            "Memory used",
            "Memory of the containers that cannot be taken back.",
            Query(asked.memory_bytes(), name),
            scale=Scale(unit="bytes"),
        ),
    ]


def _unit_state(app: Application, job: str) -> Builder[models.Panel]:
    hosts = f"group by (host) (up{{{job}}})"
    state = f'node_systemd_unit_state{{name={quoted(app.unit)},state="active"}}'
    return timeline(
        "Unit",
        f"Whether systemd holds {app.unit} for active, on each host of the application.",
        Query(f"max by (host) ({state}) and on (host) {hosts}", "{{host}}"),
        scale=Scale(unit="none", texts={"0": ("not active", "red"), "1": ("active", "green")}),
        size=(12, 6),
    )
