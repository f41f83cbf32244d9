# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about what an application uses of what it runs on: a service or process of a machine, or containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import (
    ApplicationQueries,
    ContainerQueries,
    ProcessQueries,
    quoted,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import spread
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    timeline,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import process_panels
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["resource_panels"]

_SHARE = Scale(unit="percent", maximum=100, steps=above((80, "orange"), (95, "red")))
_OF_LIMIT = "share of the limit"


def resource_panels(app: Application, window: str, *, hosts: bool) -> list[Builder[models.Panel]]:
    """Return the use of processors and memory in percent of what there is, and what else is known of the ground.

    Spans do not tell on which hosts an application runs.
    """
    job = f"job={quoted(app.job)}"
    where = (job, 'instance=~"$instance"')
    if app.runs_on == "container":
        panels = _container_panels(app, window)
    elif app.measured_by == "spans":
        return []
    else:
        panels = [_usage(_process_usage(app, ProcessQueries(where, window))), *process_panels(*where)]
    return panels + spread([*_unit_panels(app, job, hosts=hosts), *_pool_panels(app, where[1:])])


def _pool_panels(app: Application, where: tuple[str, ...]) -> list[Builder[models.Panel]]:
    if not (app.metrics["pool_in_use"] and app.metrics["pool_size"]):
        return []
    pool = ApplicationQueries(app.job, app.metrics, where).pool_use("instance")
    return [
        timeseries(
            "Connection pool",
            "Connections in use, as a share of the pool. At 100 %, requests wait for a connection.",
            Query(worst(pool), "{{instance}}"),
            scale=_SHARE,
            axis="share of the pool",
            size=(12, 8),
        )
    ]


def _usage(usage: tuple[str, tuple[Query, ...]]) -> Builder[models.Panel]:
    description, queries = usage
    found = [Query(worst(query.expr, most=5), query.legend) for query in queries]
    return timeseries("Resource usage", description, *found, scale=_SHARE, axis=_OF_LIMIT, size=(24, 8))


def _process_usage(app: Application, asked: ProcessQueries) -> tuple[str, tuple[Query, ...]]:
    """Return what 100 % is, and the queries: what limits the application where that is known, else its host."""
    cores, memory = app.limits["cpu_cores"], app.limits["memory_bytes"]
    cpu = Query(asked.cpu_of(cores), "CPU {{instance}}") if cores else Query(asked.cpu_of_host(), "CPU {{host}}")
    used = Query(asked.memory_of(memory), "memory {{instance}}") if memory else None
    of_cpu = f"the limit of {cores:g} cores" if cores else "all cores of the host"
    of_memory = "the memory limit" if memory else "all memory of the host"
    return (
        f"CPU usage, where 100 % is {of_cpu}, and resident memory, where 100 % is {of_memory}.",
        (cpu, used or Query(asked.memory_of_host(), "memory {{host}}")),
    )


def _container_panels(app: Application, window: str) -> list[Builder[models.Panel]]:
    asked = ContainerQueries(app.containers["label"], app.containers["pattern"], window)
    name = f"{{{{{asked.label}}}}}"
    share = (
        "CPU and memory usage as a share of the containers' limits. Containers without a limit are not shown.",
        (Query(asked.cpu_of_limit(), f"CPU {name}"), Query(asked.memory_of_limit(), f"memory {name}")),
    )
    held_back = timeseries(
        "CPU throttled",
        "Share of scheduling periods in which containers were throttled, because they had used up their CPU limit.",
        Query(worst(asked.throttled()), name),
        scale=Scale(unit="percent", soft_maximum=30, steps=above((25, "orange"))),
        axis="throttled periods",
        no_value="no limit",
    )
    return [_usage(share), *spread([*_container_curves(asked, name), held_back], 4)]


def _container_curves(asked: ContainerQueries, name: str) -> list[Builder[models.Panel]]:
    return [
        timeseries(
            "CPU used",
            "CPU cores used by the containers.",
            Query(worst(asked.cpu_cores()), name),
            scale=Scale(unit="none", soft_maximum=0.1),
            axis="busy cores",
        ),
        timeseries(
            "Memory used",
            "Memory of the containers that cannot be reclaimed.",
            Query(worst(asked.memory_bytes()), name),
            scale=Scale(unit="bytes"),
            axis="working set",
        ),
        timeseries(
            "Restarts",
            "Restarts of containers within the previous hour.",
            Query(worst(asked.starts("1h")), name),
            scale=Scale(unit="none", decimals=0, soft_maximum=4),
            axis="restarts within an hour",
        ),
    ]


def _unit_panels(app: Application, job: str, *, hosts: bool) -> list[Builder[models.Panel]]:
    if app.runs_on != "systemd":
        return []
    here = f"group by (host) (up{{{job}}})"
    state = f'node_systemd_unit_state{{name={quoted(app.unit)},state="active"}}'
    return [
        timeline(
            "Unit",
            f"Whether the unit {app.unit} is active on each host of the application; with many hosts, ten on which it "
            "was not.",
            Query(worst(f"max by (host) ({state}) and on (host) {here}", lowest=True), "{{host}}"),
            scale=Scale(unit="none", texts={"0": ("not active", "red"), "1": ("active", "green")}),
            size=(12, 8),
            link=Link.page("The host", UIDS["hosts"], host="${__field.labels.host}") if hosts else None,
        )
    ]
