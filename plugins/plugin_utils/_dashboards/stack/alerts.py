# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of all alerts and promises: what is kept, what fires, how budgets burn, what happened before."""

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.annotations import noted
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.leads import Leads
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import (
    to_address,
    to_dashboard,
    to_tagged,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts import alerts, objectives
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.variables import label, source

__all__ = ["alerts_page"]

_SERVICE = 'service=~"$service"'
_PROMISES = (objectives.compliance, objectives.budgets, objectives.alert_states)
_WHERE = f'{_SERVICE},host=~"$host"'


def alerts_page(leads: Leads, *, refresh: str = "1m") -> Page:
    """Return the page; alerts are silenced, and all of their annotations read, in the Alertmanager of `leads`."""
    outside = (to_address("Alertmanager", leads.alertmanager_url),) if leads.alertmanager_url else ()
    firing = stat(
        "Alerts firing",
        "Number of firing alerts by severity, including silenced ones.",
        *alerts.firing_by_severity(_WHERE),
        scale=Scale(unit="none"),
        size=(24, 4),
        since=True,
    )
    return Page(
        uid=UIDS["alerts"],
        title="System Alerts & SLA",
        description=(
            "Firing alerts and what to do about them, whether objectives are met, and earlier alerts. Select a "
            "service or a host to filter."
        ),
        tags=("alerts", "sla", "operations"),
        rows=(
            Row("Firing now", [firing, alerts.firing_alerts(_WHERE, leads, links=outside)]),
            Row("Objectives", [make(_SERVICE, leads) for make in _PROMISES]),
            Row("Error budgets", [objectives.budget_over_time(_SERVICE), objectives.burn_rate(_SERVICE)]),
            Row("Forecast", [objectives.violation_probability(_SERVICE), objectives.forecast_error(_SERVICE)]),
            Row("History", [alerts.alert_timeline(_WHERE), *alerts.alert_history(_WHERE)]),
        ),
        variables=(
            source("datasource", "prometheus", "Metrics"),
            label("service", "slo:objective:bad_ratio", "Service"),
            label("host", "up", "Host"),
        ),
        annotations=(noted("Deployments", "blue", "deployment"), noted("Incidents", "red", "incident")),
        links=(
            to_dashboard("Is everything well?", UIDS["overview"]),
            to_tagged("Applications", "application"),
            to_tagged("Stack", "vigil"),
            *outside,
        ),
        refresh=refresh,
        period="24h",
    )
