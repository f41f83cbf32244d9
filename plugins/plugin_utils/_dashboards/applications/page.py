# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dashboard of one application, from its description."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._application_queries import (
    ApplicationQueries,
    quoted,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._application import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.annotations import (
    Annotation,
    measured,
    noted,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.business import (
    business_panels,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.resources import (
    resource_panels,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import (
    to_address,
    to_dashboard,
    to_explore,
    to_tagged,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    log_lines,
    stat,
    timeseries,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts import objectives
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.variables import label, source

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["Sources", "application_page", "dashboard_uid"]

_LONGEST_UID = 40
_ERRORS = Scale(unit="percent", decimals=2, steps=((None, "green"), (1, "yellow"), (5, "red")))
_RATE = Scale(unit="reqps")
_NO_TRAFFIC = "no traffic"


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Which data sources there are besides Prometheus, and how the logs of an application are found in one."""

    elasticsearch: bool = False
    jaeger: bool = False
    logs_query: str = ""


def dashboard_uid(name: str) -> str:
    """Return the uid of the dashboard of an application, the same for the same name, 40 characters at most."""
    uid = f"app-{name}"
    if len(uid) <= _LONGEST_UID:
        return uid
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{uid[: _LONGEST_UID - len(digest) - 1]}-{digest}"


def application_page(app: Application, sources: Sources, *, refresh: str = "30s") -> Page:
    """Return the dashboard: requests, resources, business, promises, and the ways to logs and traces."""
    curves = _queries(app, RATE)
    rows = [
        Row("Requests", _request_panels(_queries(app, "5m"), curves)),
        Row("Resources", resource_panels(app, RATE)),
        Row("Business", business_panels(app, curves)),
        Row("Objectives and alerts", _promise_panels(app)),
        Row("Logs", _log_panels(app, sources)),
    ]
    return Page(
        uid=dashboard_uid(app.name),
        title=f"{app.name} - Application Metrics",
        description=f"Requests, resources and promises of {app.name} in {app.environment}, which is {app.team}'s.",
        tags=("application", app.environment, app.team),
        rows=tuple(row for row in rows if row.panels),
        variables=_variables(app, sources),
        annotations=_annotations(app),
        links=_links(app, sources),
        refresh=refresh,
    )


def _queries(app: Application, window: str) -> ApplicationQueries:
    route = app.metrics["route_label"]
    return ApplicationQueries(
        job=app.job,
        metrics=app.metrics,
        where=('instance=~"$instance"',),
        requests_where=(*([f'{route}=~"${route}"'] if route else []), *map(str, app.matchers)),
        window=window,
    )


def _request_panels(now: ApplicationQueries, curves: ApplicationQueries) -> list[Builder[models.Panel]]:
    bad = now.metrics["bad_status"]
    panels = [
        timeseries(
            "Response time",
            "How long requests take: of a hundred, 95 (50, 99) are no slower than the line. Points are single requests "
            "with their trace, where the application tells them.",
            Query(curves.response_time(0.95), "95th percentile", exemplars=True),
            Query(curves.response_time(0.5), "50th percentile"),
            Query(curves.response_time(0.99), "99th percentile"),
            Query(curves.response_time_mean(), "mean"),
            scale=Scale(unit="s"),
        ),
        stat(
            "Error rate",
            f"Share of requests of the last 5 minutes with a status of {bad}. Yellow from 1 %, red from 5 %.",
            Query(now.error_rate()),
            scale=_ERRORS,
            size=(6, 4),
            no_value=_NO_TRAFFIC,
        ),
        stat(
            "Throughput",
            "Requests per second of the last 5 minutes, all instances together.",
            Query(now.throughput()),
            scale=_RATE,
            size=(6, 4),
            no_value=_NO_TRAFFIC,
        ),
        timeseries(
            "Errors over time",
            f"Share of requests with a status of {bad}, weighted by requests.",
            Query(curves.error_rate(), "errors"),
            scale=_ERRORS,
            size=(12, 4),
        ),
    ]
    return panels + _split_panels(curves)


def _split_panels(curves: ApplicationQueries) -> list[Builder[models.Panel]]:
    """Return where requests go and what becomes of them."""
    parts = {"route": curves.metrics["route_label"], "status": curves.metrics["status_label"]}
    panels = []
    for title, name in ((title, name) for title, name in parts.items() if name):
        split = ApplicationQueries(
            curves.job, curves.metrics, curves.where, curves.requests_where, curves.window, by=(name,)
        )
        panels.append(
            timeseries(
                f"Throughput by {title}",
                f"Requests per second, by their {title}.",
                Query(split.throughput(), f"{{{{{name}}}}}"),
                scale=_RATE,
                stacked=True,
            )
        )
    return panels


def _promise_panels(app: Application) -> list[Builder[models.Panel]]:
    where = f"service={quoted(app.name)}"
    promised = [
        objectives.budget_remaining(where, size=(24, 4)),
        objectives.burn_rate(where),
        objectives.violation_probability(where),
    ]
    return [*(promised if app.objectives else ()), objectives.firing_alerts(where)]


def _log_panels(app: Application, sources: Sources) -> list[Builder[models.Panel]]:
    if not sources.elasticsearch:
        return []
    title, description = "Logs", f"The newest lines that {app.name} has logged."
    return [log_lines(title, description, _log_query(app, sources), source="logs")]


def _log_query(app: Application, sources: Sources) -> str:
    return sources.logs_query or f"service.name:{quoted(app.name)}"


def _variables(app: Application, sources: Sources) -> tuple[Builder[models.VariableModel], ...]:
    job, route = quoted(app.job), app.metrics["route_label"]
    chosen = [source("datasource", "prometheus", "Metrics"), label("instance", f"up{{job={job}}}", "Instance")]
    if route:
        where = ",".join((f"job={job}", *map(str, app.matchers)))
        chosen.append(label(route, f"{app.metrics['requests']}{{{where}}}", "Route"))
    if sources.elasticsearch:
        chosen.append(source("logs", "elasticsearch", "Logs"))
    if sources.jaeger:
        chosen.append(source("traces", "jaeger", "Traces"))
    return tuple(chosen)


def _annotations(app: Application) -> tuple[Annotation, ...]:
    events = [noted("Deployments", "blue", "deployment", app.name), noted("Incidents", "red", "incident", app.name)]
    if app.metrics["build_info"]:
        builds = ApplicationQueries(app.job, app.metrics).new_builds("5m")
        events.append(measured("New versions", "purple", builds, title="version {{version}}"))
    return tuple(events)


def _links(app: Application, sources: Sources) -> tuple[Builder[models.DashboardLink], ...]:
    found = [to_tagged("Applications", "application"), to_tagged("Alerts & SLA", "alerts")]
    found += [to_dashboard(f"needs {other}", dashboard_uid(other)) for other in app.depends_on]
    if app.logs_url:
        found.append(to_address("Logs", app.logs_url))
    elif sources.elasticsearch:
        query = {"query": _log_query(app, sources), "timeField": "@timestamp", "metrics": [{"id": "1", "type": "logs"}]}
        found.append(to_explore("Logs", "logs", "elasticsearch", query))
    if app.traces_url:
        found.append(to_address("Traces", app.traces_url))
    elif sources.jaeger:
        found.append(to_explore("Traces", "traces", "jaeger", {"queryType": "search", "service": app.name}))
    return tuple(found)
