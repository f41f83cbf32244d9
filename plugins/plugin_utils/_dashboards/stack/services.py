# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables with a line for each application, and for each version that is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import quoted
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.leads import Leads
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts import alerts, objectives
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["applications_table", "versions_tables"]

_BUILDS = {
    "hosts": "node_exporter_build_info",
    "prometheus": "prometheus_build_info",
    "alertmanager": "alertmanager_build_info",
    "grafana": "grafana_build_info",
}


def applications_table(leads: Leads) -> Builder[models.Panel]:
    """Return how each application does now and what is foreseen, the worst first."""
    every = _of("service:symptoms:observed")
    firing = f"{alerts.worst_severity('service')} and on (service) {every} or 0 * {every}"
    failing = 'service:symptom:value{symptom="high_error_rate"}'
    promised = f"NaN * {_of('slo:objective:bad_ratio')}"
    asked = (
        firing,
        f"100 * ({_of('sli:bad:ratio5m')} or {_of(failing)})",
        f"{_of('slo:burn_rate:ratio5m')} or {promised}",
        f"100 * min by (service) (slo:error_budget:remaining_ratio) or {promised}",
        f"100 * {_of('slo:violation:probability15m')}",
        _of("service:symptoms:active10m"),
    )
    return table(
        "Health of applications",
        "For each application: the most severe firing alert, the share of bad requests in the last five minutes and "
        "how many times the share that its objective allows this is, the lowest error budget, the probability that "
        "it violates an objective in a quarter of an hour, and the number of symptoms within ten minutes.",
        *(Query(leads.by_service(expr)) for expr in asked),
        labels={
            "service": Column(head="application", links=leads.to_service()),
            "page": Column(head="page", hidden=True),
        },
        values=[
            Column(head="alerts", scale=alerts.WORST),
            Column(head="bad now", scale=Scale(unit="percent", decimals=2), no_value="no traffic"),
            Column(head="times allowed", scale=replace(objectives.BURN, unknown="no traffic"), no_value="no objective"),
            Column(
                head="budget left", scale=replace(objectives.BUDGET, unknown="not known yet"), no_value="no objective"
            ),
            Column(head="violation predicted", scale=objectives.PROBABILITY, no_value="no forecast"),
            Column(head="symptoms", scale=Scale(unit="none", decimals=0, steps=above((1, "orange")))),
        ],
        sort="alerts",
        no_value="no data from any application",
        size=(24, 7),
    )


def versions_tables(pages: frozenset[str], applications: Sequence[Application]) -> list[Builder[models.Panel]]:
    """Return the table of versions that nothing ran a day ago, of what ran then; none where no metric has a version."""
    builds = [_BUILDS[page] for page in sorted(pages) if page in _BUILDS]
    builds += [
        f"{one.metrics['build_info']}{{job={quoted(one.job)}}}" for one in applications if one.metrics["build_info"]
    ]
    return [_versions(builds)] if builds else []


def _versions(builds: Sequence[str]) -> Builder[models.Panel]:
    now = " or ".join(f"count by (job, version) ({build})" for build in builds)
    before = " or ".join(f"count by (job, version) ({build} offset 1d)" for build in builds)
    first = " or ".join(f"min by (job, version) (min_over_time(timestamp({build})[1d:5m]))" for build in builds)
    fresh = f"and on (job, version) (({now}) unless ({before}) and on (job) ({before}))"
    return table(
        "New versions",
        "Versions that are running now but were not a day ago, for services that were.",
        Query(f"1000 * ({first}) {fresh}"),
        labels={"job": Column(head="service"), "version": Column(head="version")},
        values=[Column(head="since", scale=alerts.SINCE)],
        sort="since",
        size=(12, 8),
    )


def _of(series: str) -> str:
    return f"max by (service) ({series})"
