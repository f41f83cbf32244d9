# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dashboard of one application, from its description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import (
    ApplicationQueries,
    quoted,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.annotations import (
    Annotation,
    measured,
    noted,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.business import (
    business_panels,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.now import (
    instance_panels,
    state_panels,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.requests import (
    request_panels,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.resources import (
    resource_panels,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.uids import dashboard_uid
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.documents import log_lines
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.leads import Leads
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import (
    to_address,
    to_dashboard,
    to_explore,
    to_tagged,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row, spread
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts import objectives
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.variables import label, source

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["Sources", "application_page"]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Which data sources there are besides Prometheus, and how the logs of an application are found in one.

    `hosts` is whether there is a page of the machines, to which those of the application can lead, and
    `alertmanager_url` where people silence alerts, empty where they cannot.
    """

    hosts: bool = False
    alertmanager_url: str = ""
    elasticsearch: bool = False
    jaeger: bool = False
    logs_query: str = ""


def application_page(app: Application, sources: Sources, *, refresh: str = "30s") -> Page:
    """Return the dashboard: the state now, requests, resources, business, promises, links to logs and traces."""
    leads = Leads(hosts=sources.hosts, alertmanager_url=sources.alertmanager_url)
    now, curves = _queries(app, "5m"), _queries(app, RATE)
    rows = [
        Row("Now", [*state_panels(app, now), *instance_panels(app, leads)]),
        Row("Requests", request_panels(app, now, curves)),
        Row("Resources", resource_panels(app, RATE, hosts=sources.hosts)),
        Row("Business", business_panels(app, curves)),
        Row("Objectives", _promise_panels(app, leads)),
        Row("Logs", _log_panels(app, sources)),
    ]
    return Page(
        uid=dashboard_uid(app.name),
        title=f"{app.name} - Application Metrics",
        description=(
            f"Requests, resources and objectives of {app.name} in {app.environment}, owned by the team {app.team}."
        ),
        tags=("application", app.environment, app.team),
        rows=tuple(row for row in rows if row.panels),
        variables=_variables(app, sources),
        annotations=_annotations(app),
        links=_links(app, sources),
        refresh=refresh,
    )


def _route(app: Application) -> str:
    """Return the label by which routes can be chosen, empty where that is not known."""
    return app.metrics["route_label"] if app.metrics["requests"] else ""


def _queries(app: Application, window: str) -> ApplicationQueries:
    route = _route(app)
    return ApplicationQueries(
        job=app.job,
        metrics=app.metrics,
        # The instances of spans are those of the collectors that counted them.
        where=('instance=~"$instance"',) if app.measured_by == "metrics" else (),
        requests_where=(*([f'{route}=~"${route}"'] if route else []), *map(str, app.matchers)),
        window=window,
    )


def _promise_panels(app: Application, leads: Leads) -> list[Builder[models.Panel]]:
    if not app.objectives:
        return []
    where = f"service={quoted(app.name)}"
    told = [make(where, leads) for make in (objectives.compliance, objectives.budgets, objectives.alert_states)]
    return [*told, *spread([objectives.burn_rate(where), objectives.violation_probability(where)], height=9)]


def _log_panels(app: Application, sources: Sources) -> list[Builder[models.Panel]]:
    if not sources.elasticsearch:
        return []
    title, description = "Logs", f"The latest log lines of {app.name}."
    return [log_lines(title, description, _log_query(app, sources), source="logs")]


def _log_query(app: Application, sources: Sources) -> str:
    return sources.logs_query or f"service:{quoted(app.name)}"


def _variables(app: Application, sources: Sources) -> tuple[Builder[models.VariableModel], ...]:
    job, route = quoted(app.job), _route(app)
    chosen = [source("datasource", "prometheus", "Metrics")]
    if app.measured_by == "metrics":
        chosen.append(label("instance", f"up{{job={job}}}", "Instance"))
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
    alerts = to_dashboard("Alerts & SLA", UIDS["alerts"], service=app.name)
    found = [to_tagged("Applications", "application"), alerts]
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
