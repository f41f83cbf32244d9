# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of an application now: what its users get, on which instances it runs, what alerts say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import (
    ApplicationQueries,
    quoted,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications import judged
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.uids import dashboard_uid
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.leads import Leads
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import spread
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, or_zero, stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts import objectives
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.alerts import firing_alerts
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["instance_panels", "state_panels"]

# Nobody asked, or no instance could be asked for it.
_NO_TRAFFIC = "no requests seen"
_USUAL = 0.95
_STATE = Scale(unit="none", texts={"0": ("unreachable", "red"), "1": ("up", CALM)})
_FIRING = Scale(unit="none", decimals=0, steps=above((1, "red")))


def state_panels(app: Application, now: ApplicationQueries) -> list[Builder[models.Panel]]:
    """Return what users get: how long they wait, what is left of the error budgets, how much fails, how many come."""
    alerts = Link.page("Alerts and objectives of the application", UIDS["alerts"], service=app.name)
    panels = []
    if app.metrics["duration"]:
        panels.append(_response_time(app, now, alerts))
    if app.objectives:
        panels.append(_budgets(app, alerts))
    if app.metrics["requests"] and app.metrics["status_label"]:
        panels.append(_error_rate(app, now, alerts))
    if app.metrics["requests"]:
        panels.append(_throughput(now))
    return spread(panels, 4)


def _response_time(app: Application, now: ApplicationQueries, alerts: Link) -> Builder[models.Panel]:
    shares = dict(judged.latencies(app))
    return stat(
        "Response time now",
        "95th percentile of the duration of requests in the last 5 minutes. "
        + " ".join(f"{one.sentence} Orange: slower." for one in shares.values()),
        *([] if _USUAL in shares else [Query(now.response_time(_USUAL), "95th percentile")]),
        *(
            Query(now.response_time(share), one.objective, scale=one.scale, link=alerts)
            for share, one in shares.items()
        ),
        scale=Scale(unit="s"),
        text="value_and_name",
        size=(6, 4),
        no_value=_NO_TRAFFIC,
    )


def _budgets(app: Application, alerts: Link) -> Builder[models.Panel]:
    left = f"100 * slo:error_budget:remaining_ratio{{service={quoted(app.name)},slo="
    return stat(
        "Error budget remaining",
        "Remaining share of the requests that may be bad within the window of the objective: 100 % is untouched, "
        "below 0 the objective is missed.",
        *(
            Query(f"{left}{quoted(one.name)}}}", f"{one.name}, {100 * one.target:.6g} % over {one.window}")
            for one in app.objectives
        ),
        scale=objectives.BUDGET,
        text="value_and_name",
        size=(6, 4),
        no_value="not known yet",
        link=alerts,
    )


def _error_rate(app: Application, now: ApplicationQueries, alerts: Link) -> Builder[models.Panel]:
    found = judged.errors(app)
    return stat(
        "Error rate",
        f"Share of requests in the last 5 minutes with a status of {now.metrics['bad_status']}. {found.sentence}",
        Query(now.error_rate(), found.objective),
        scale=found.scale,
        text="value_and_name" if found.objective else "value",
        size=(6, 4),
        no_value=_NO_TRAFFIC,
        link=alerts,
    )


def _throughput(now: ApplicationQueries) -> Builder[models.Panel]:
    return stat(
        "Throughput",
        "Requests per second in the last 5 minutes, over all instances.",
        Query(now.throughput()),
        scale=Scale(unit="reqps"),
        size=(6, 4),
        no_value="no data",
    )


def instance_panels(app: Application, leads: Leads) -> list[Builder[models.Panel]]:
    """Return where the application runs and what alerts say of it and of what it needs."""
    alerts = firing_alerts(f"service={quoted(app.name)}", leads)
    where = [_instances(app, leads)] if app.measured_by == "metrics" else []
    needed = [_dependencies(app)] if app.depends_on else []
    return [*spread([*where, *needed], height=7), *spread([alerts], height=7)]


def _instances(app: Application, leads: Leads) -> Builder[models.Panel]:
    where = f'job={quoted(app.job)},instance=~"$instance"'
    state, began = (f"max by (instance, host) ({name}{{{where}}})" for name in ("up", "process_start_time_seconds"))
    seen = f"max by (instance, host) (max_over_time(timestamp(up{{{where}}} == 1)[1d:1m]))"
    build = app.metrics["build_info"]
    # Every question has an answer, or tables of Grafana 9.4 fail: instances that are down are among the versions.
    versions = f"max by (instance, host, version) ({build}{{{where}}}) or on (instance, host) {state}"
    alone = Link.page("Only this instance", dashboard_uid(app.name), instance="${__value.raw}")
    return table(
        "Instances",
        "Instances of the application with their versions, and since when each has been up, or unreachable for "
        "Prometheus. After a day, that time is no longer known.",
        Query(state),
        Query(f"1000 * (({began} and {state} == 1) or ({seen} and {state} == 0))"),
        *([Query(versions)] if build else []),
        labels={
            "instance": Column(head="instance", links=(alone,)),
            "Value #A": Column(head="state", scale=_STATE, width=110),
            "Value #B": Column(head="since", scale=Scale(unit="dateTimeFromNow", minimum=None), width=140),
            **({"version": Column(head="version", width=90)} if build else {}),
            "host": Column(head="host", links=leads.to_host()),
        },
        sort="state",
        descending=False,
        no_value="no instance is scraped",
    )


def _dependencies(app: Application) -> Builder[models.Panel]:
    firing = 'count(ALERTS{{alertstate="firing",severity!="none",service={}}})'
    return stat(
        "Alerts of dependencies",
        "Number of firing alerts for each application that this one depends on.",
        *(
            Query(or_zero(firing.format(quoted(name))), name, link=Link.page(name, dashboard_uid(name)))
            for name in app.depends_on
        ),
        scale=_FIRING,
        text="value_and_name",
    )
