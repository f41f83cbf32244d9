# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts that Alertmanager takes, groups, and holds back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import COUNT, INSTANCE

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["alerts", "held_back", "mean"]

_EACH = "{{instance}}"
_STATE = {"/active/": "blue", "/suppressed|pending/": "orange", "/unprocessed|expired/": "purple"}


def alerts() -> list[Builder[models.Panel]]:
    """Return alerts by state, as they come in, and their groups."""
    received = f"rate(alertmanager_alerts_received_total{{{INSTANCE}}}[{RATE}])"
    refused = f"rate(alertmanager_alerts_invalid_total{{{INSTANCE}}}[{RATE}])"
    return [
        timeseries(
            "Alerts by state",
            "Alerts in the mesh: active ones, and those that are silenced or inhibited.",
            Query(f"max by (state) (alertmanager_alerts{{{INSTANCE}}})", "{{state}}"),
            scale=COUNT,
            axis="alerts",
            colors=_STATE,
            size=(6, 8),
        ),
        timeseries(
            "Alerts received",
            "Alerts that each member receives, and invalid ones that it rejects. Prometheus sends every alert to all "
            "members.",
            Query(f"sum by (instance) ({received})", _EACH),
            Query(f"sum by (instance) ({refused}) > 0", f"{_EACH} rejected"),
            scale=Scale(unit="none", decimals=2, soft_maximum=0.1),
            axis="alerts per second",
            colors={"/ rejected$/": "red"},
            size=(6, 8),
            no_value="no alerts",
        ),
        timeseries(
            "Groups of alerts",
            "Groups of alerts: each is sent as one notification. Thousands of groups mean that alerts are not grouped.",
            Query(f"max by (instance) (alertmanager_dispatcher_aggregation_groups{{{INSTANCE}}})", _EACH),
            scale=COUNT,
            axis="groups",
            size=(6, 8),
        ),
        timeseries(
            "Time to group an alert",
            "Average time to assign an alert to its groups, over 15 minutes.",
            Query(mean("alertmanager_dispatcher_alert_processing_duration_seconds"), _EACH),
            scale=Scale(unit="s", soft_maximum=0.001),
            axis="duration",
            size=(6, 8),
            no_value="no alerts",
        ),
    ]


def mean(name: str) -> str:
    """Return the average of what a histogram or summary counts, by instance, over 15 minutes."""
    took, times = (f"sum by (instance) (increase({name}_{part}{{{INSTANCE}}}[15m]))" for part in ("sum", "count"))
    return f"{took} / ({times} > 0)"


def held_back() -> list[Builder[models.Panel]]:
    """Return silences, and what was not told because of them or of another alert."""
    held = f"sum by (reason) (increase(alertmanager_notifications_suppressed_total{{{INSTANCE}}}[15m]))"
    return [
        timeseries(
            "Silences by state",
            "Active, pending and expired silences. Expired ones are kept for some time.",
            Query(f"max by (state) (alertmanager_silences{{{INSTANCE}}})", "{{state}}"),
            scale=COUNT,
            axis="silences",
            colors=_STATE,
            size=(8, 8),
        ),
        timeseries(
            "Suppressed by reason",
            "Alerts suppressed within 15 minutes by a silence, by another alert that inhibits them, or by a mute "
            "timing. Each member counts separately.",
            Query(held, "{{reason}}"),
            scale=COUNT,
            axis="alerts within 15 min",
            size=(8, 8),
            no_value="nothing suppressed",
        ),
        timeseries(
            "Duration of silence queries",
            "Average duration of a query over 15 minutes. Every alert is compared with all silences.",
            Query(mean("alertmanager_silences_query_duration_seconds"), _EACH),
            scale=Scale(unit="s", soft_maximum=0.001),
            axis="duration",
            size=(8, 8),
            no_value="no alerts",
        ),
    ]
