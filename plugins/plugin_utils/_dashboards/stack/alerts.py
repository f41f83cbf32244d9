# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of all alerts and promises: what is kept, what fires, how budgets burn, what happened before."""

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.annotations import noted
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import to_address, to_tagged
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts import objectives
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.variables import label, source

__all__ = ["ALERTS_UID", "alerts_page"]

ALERTS_UID = "vigil-alerts"
_WHERE = 'service=~"$service"'


def alerts_page(*, alertmanager_url: str = "", refresh: str = "1m") -> Page:
    """Return the page; `alertmanager_url` is where alerts are silenced and all their annotations are read."""
    outside = (to_address("Alertmanager", alertmanager_url),) if alertmanager_url else ()
    counted = [objectives.firing_by_severity(severity, size=(8, 4)) for severity in ("critical", "warning", "info")]
    return Page(
        uid=ALERTS_UID,
        title="System Alerts & SLA",
        description="What was promised and is kept or not, which alerts fire, and which fired before.",
        tags=("alerts", "sla", "operations"),
        rows=(
            Row("Promises", [objectives.compliance(_WHERE), objectives.checks_passed(_WHERE)]),
            Row("Firing now", [*counted, objectives.firing_alerts(links=outside)]),
            Row(
                "Error budgets",
                [
                    objectives.budget_remaining(_WHERE, size=(24, 6)),
                    objectives.budget_over_time(_WHERE),
                    objectives.burn_rate(_WHERE),
                ],
            ),
            Row("Forecast", [objectives.violation_probability(_WHERE), objectives.forecast_error(_WHERE)]),
            Row("History", [objectives.alert_timeline(), *objectives.alert_history()]),
        ),
        variables=(
            source("datasource", "prometheus", "Metrics"),
            label("service", "slo:objective:bad_ratio", "Service"),
        ),
        annotations=(noted("Deployments", "blue", "deployment"), noted("Incidents", "red", "incident")),
        links=(to_tagged("Applications", "application"), to_tagged("Stack", "vigil"), *outside),
        refresh=refresh,
        period="24h",
    )
