# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of an application over time: how many there are, how many fail, how long they take, and on which routes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import (
    ApplicationQueries,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications import judged
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.uids import dashboard_uid
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import spread
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries, worst
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import STATUSES, Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["request_panels"]

_RATE = Scale(unit="reqps", soft_maximum=1)
_PER_SECOND = "requests per second"
_SHARE = "failed requests"


def request_panels(
    app: Application, now: ApplicationQueries, curves: ApplicationQueries
) -> list[Builder[models.Panel]]:
    """Return duration, errors and volume of requests, altogether and then by route."""
    counted = bool(app.metrics["requests"])
    fails = counted and bool(app.metrics["status_label"])
    panels = [_response_time(app, curves)] if app.metrics["duration"] else []
    panels += [_errors(app, curves)] if fails else []
    panels += [_throughput(app, curves)] if counted else []
    if counted and app.metrics["route_label"]:
        panels += _route_panels(app, now, curves, fails=fails)
    return spread(panels)


def _response_time(app: Application, curves: ApplicationQueries) -> Builder[models.Panel]:
    found = judged.response_time(app)
    return timeseries(
        "Response time",
        "How long requests take: of a hundred, 95 (50, 99) are no slower than the line. Points are single requests "
        f"with their trace, where the application exports them. {found.sentence}".strip(),
        Query(curves.response_time(0.95), "95th percentile", exemplars=True),
        Query(curves.response_time(0.5), "50th percentile"),
        Query(curves.response_time(0.99), "99th percentile"),
        Query(curves.response_time_mean(), "mean"),
        scale=found.scale,
        axis="duration of a request",
    )


def _errors(app: Application, curves: ApplicationQueries) -> Builder[models.Panel]:
    found = judged.errors(app)
    return timeseries(
        "Errors over time",
        f"Share of requests with a status of {app.metrics['bad_status']}, weighted by requests. {found.sentence}",
        Query(curves.error_rate(), "errors"),
        scale=found.scale,
        axis=_SHARE,
    )


def _throughput(app: Application, curves: ApplicationQueries) -> Builder[models.Panel]:
    if not app.metrics["status_label"]:
        title, query = "Throughput over time", Query(curves.throughput(), "requests")
        return timeseries(title, "Requests per second.", query, scale=_RATE, axis=_PER_SECOND)
    return timeseries(
        "Throughput by status",
        "Requests per second, by the class of their status.",
        Query(curves.throughput_by_class(), "{{class}}"),
        scale=_RATE,
        axis=_PER_SECOND,
        stacked=True,
        colors={**STATUSES, f"/^(?:{app.metrics['bad_status']})$/": "red"},
    )


def _route_panels(
    app: Application, now: ApplicationQueries, curves: ApplicationQueries, *, fails: bool
) -> list[Builder[models.Panel]]:
    name = app.metrics["route_label"]
    split, legend = replace(curves, by=(name,)), f"{{{{{name}}}}}"
    alone = Link.page("Only this route", dashboard_uid(app.name), **{name: f"${{__field.labels.{name}:percentencode}}"})
    throughput = timeseries(
        "Throughput by route",
        "Requests per second for the ten busiest routes.",
        Query(worst(split.throughput()), legend),
        scale=_RATE,
        axis=_PER_SECOND,
        link=alone,
    )
    if not fails:
        return [throughput, _routes(app, replace(now, by=(name,)), fails=fails)]
    found = judged.errors(app)
    errors = timeseries(
        "Errors by route",
        f"Share of failed requests for the ten routes with the highest share. {found.sentence}",
        Query(worst(split.error_rate()), legend),
        scale=found.scale,
        axis=_SHARE,
        link=alone,
    )
    return [throughput, errors, _routes(app, replace(now, by=(name,)), fails=fails)]


def _routes(app: Application, split: ApplicationQueries, *, fails: bool) -> Builder[models.Panel]:
    name = app.metrics["route_label"]
    alone = Link.page("Only this route", dashboard_uid(app.name), **{name: "${__value.raw:percentencode}"})
    asked = [(Query(split.error_rate()), Column(head="errors", scale=judged.errors(app).scale))] if fails else []
    asked.append((Query(split.throughput()), Column(head="throughput", scale=_RATE)))
    if app.metrics["duration"]:
        slow = Column(head="95th percentile", scale=Scale(unit="s"))
        asked.append((Query(split.response_time(0.95)), slow))
    return table(
        "Routes",
        "All routes over the last 5 minutes, the worst first.",
        *(query for query, _column in asked),
        labels={name: Column(head="route", links=(alone,))},
        values=[column for _query, column in asked],
        sort=asked[0][1].head,
        no_value="no requests seen",
    )
