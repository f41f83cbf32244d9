# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Alertmanager: alerts, notifications, silences, and whether the peers agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    or_zero,
    stat,
    timeseries,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE, process_row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    FAILURES,
    INSTANCE,
    YES,
    service_panels,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["alertmanager_page"]

_SERVED = f'up{{job="alertmanager",{INSTANCE}}}'
_PER_SECOND = Scale(unit="cps")


def alertmanager_page() -> Page:
    """Return the page of Alertmanager."""
    return stack_page(
        "alertmanager",
        "Alertmanager",
        "Whether alerts reach people, and whether the peers know the same.",
        (
            Row("Now", [*service_panels("alertmanager", "alertmanager_build_info"), *_failures()]),
            Row("Alerts", _alerts()),
            Row("Notifications", _notifications()),
            process_row('job="alertmanager"', INSTANCE),
        ),
        choose=("instance", "alertmanager_build_info", "Instance"),
    )


def _failures() -> list[Builder[models.Panel]]:
    # One that is alone has no mesh, and no metrics of one.
    seen = f"(min(alertmanager_cluster_members{{{INSTANCE}}}) or count({_SERVED}))"
    hashes = f'count(count_values("hash", alertmanager_config_hash{{{INSTANCE}}}))'
    return [
        stat(
            "Configuration loaded",
            "Whether the last reload of the configuration succeeded. Where not, the one before is in use.",
            Query(f"min(alertmanager_config_last_reload_successful{{{INSTANCE}}})"),
            scale=YES,
        ),
        stat(
            "Notifications failed",
            "Notifications that could not be delivered within 15 minutes.",
            Query(or_zero(f"sum(increase(alertmanager_notifications_failed_total{{{INSTANCE}}}[15m]))")),
            scale=FAILURES,
        ),
        stat(
            "Missing in the mesh",
            "Peers that some peer does not see. Both then notify of the same alert.",
            Query(f"clamp_min(count({_SERVED}) - {seen}, 0)"),
            scale=FAILURES,
        ),
        stat(
            "Other configurations",
            "Peers that run with another configuration notify other people. 0 when all run with the same.",
            Query(f"{hashes} - 1"),
            scale=FAILURES,
        ),
        stat(
            "Alerts suppressed",
            "Alerts that are silenced or inhibited: they fire and tell nobody.",
            Query(f'max(alertmanager_alerts{{state="suppressed",{INSTANCE}}})'),
            scale=Scale(unit="none", decimals=0, steps=((None, "green"), (1, "yellow"))),
        ),
        stat(
            "Active silences",
            "Silences that are in force.",
            Query(f'max(alertmanager_silences{{state="active",{INSTANCE}}})'),
            scale=Scale(unit="none", decimals=0, steps=((None, "green"), (1, "yellow"))),
        ),
    ]


def _alerts() -> list[Builder[models.Panel]]:
    return [
        timeseries(
            "Alerts by state",
            "Alerts that each peer holds, by whether they are told or suppressed.",
            Query(f"sum by (instance, state) (alertmanager_alerts{{{INSTANCE}}})", "{{instance}} {{state}}"),
            scale=Scale(unit="none", decimals=0),
        ),
        timeseries(
            "Alerts received",
            "Alerts per second that Prometheus sends, and that were refused because they made no sense.",
            Query(
                f"sum by (instance) (rate(alertmanager_alerts_received_total{{{INSTANCE}}}[{RATE}]))",
                "{{instance}} received",
            ),
            Query(
                f"sum by (instance) (rate(alertmanager_alerts_invalid_total{{{INSTANCE}}}[{RATE}]))",
                "{{instance}} refused",
            ),
            scale=_PER_SECOND,
        ),
    ]


def _notifications() -> list[Builder[models.Panel]]:
    took = f"rate(alertmanager_notification_latency_seconds_bucket{{{INSTANCE}}}[1h])"
    return [
        timeseries(
            "Notifications sent",
            "Notifications per second, by the way they go. All ways that Alertmanager knows are counted.",
            Query(
                f"sum by (integration) (rate(alertmanager_notifications_total{{{INSTANCE}}}[{RATE}]))",
                "{{integration}}",
            ),
            scale=_PER_SECOND,
            size=(8, 8),
        ),
        timeseries(
            "Notifications that failed",
            "Notifications per second that could not be delivered, by way.",
            Query(
                f"sum by (integration) (rate(alertmanager_notifications_failed_total{{{INSTANCE}}}[{RATE}]))",
                "{{integration}}",
            ),
            scale=_PER_SECOND,
            size=(8, 8),
        ),
        timeseries(
            "Delivery time",
            "How long 95 of a hundred deliveries of the hour before took at most; 0 where there was none.",
            Query(
                or_zero(f"histogram_quantile(0.95, sum by (le, integration) ({took})) >= 0"),
                "{{integration}}",
            ),
            scale=Scale(unit="s"),
            size=(8, 8),
        ),
    ]
