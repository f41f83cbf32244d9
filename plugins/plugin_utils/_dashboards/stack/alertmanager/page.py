# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Alertmanager: whom it notifies of what, what it holds back, and whether the members of the mesh agree."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import process_row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.alertmanager.alerts import (
    alerts,
    held_back,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.alertmanager.mesh import (
    MISSING,
    log,
    mesh,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.alertmanager.notifications import (
    notifications,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    FAILURES,
    INSTANCE,
    UIDS,
    WARNINGS,
    YES,
    service_panels,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["alertmanager_page"]

_HELD_BACK = Scale(unit="none", decimals=0, steps=above((1, "yellow")), unknown="unknown")


def alertmanager_page(pages: Collection[str] = ()) -> Page:
    """Return the page of Alertmanager, which leads to those of `pages`."""
    return stack_page(
        "alertmanager",
        "Alertmanager",
        "Whether notifications are delivered, by receiver, and whether the members of the mesh are in sync.",
        (
            Row("Now", [*service_panels("alertmanager", "alertmanager_build_info", pages), *_failures()]),
            Row("Notifications by receiver", notifications()),
            Row("Alerts", alerts()),
            Row("Silences and inhibition", held_back()),
            Row("Mesh", mesh()),
            Row("Notification log", log()),
            process_row('job="alertmanager"', INSTANCE),
        ),
        choose=("instance", 'up{job="alertmanager"}', "Instance"),
    )


def _failures() -> list[Builder[models.Panel]]:
    return [*_notified(), *_held_back()]


def _notified() -> list[Builder[models.Panel]]:
    # Where no receiver notifies anybody, nothing can fail.
    failed = (
        f"sum(increase(alertmanager_notifications_failed_total{{{INSTANCE}}}[15m]))"
        f" or 0 * count(alertmanager_build_info{{{INSTANCE}}})"
    )
    hashes = f'count(count_values("hash", alertmanager_config_hash{{{INSTANCE}}}))'
    return [
        stat(
            "Notifications failed",
            "Failed notifications within the last 15 minutes: somebody was not notified. The table below shows the "
            "receiver.",
            Query(or_unknown(failed)),
            scale=FAILURES,
            since=True,
        ),
        stat(
            "Missing in the mesh",
            "Members that another member cannot reach. Both then send the same notifications.",
            Query(or_unknown(MISSING)),
            scale=WARNINGS,
            since=True,
        ),
        stat(
            "Configuration loaded",
            (
                "Whether the last reload of the configuration succeeded. If not, the previous configuration is still "
                "active."
            ),
            Query(or_unknown(f"min(alertmanager_config_last_reload_successful{{{INSTANCE}}})")),
            scale=YES,
        ),
        stat(
            "Differing configurations",
            (
                "Members with a different configuration may notify different people. 0 if all members have the same "
                "configuration."
            ),
            Query(or_unknown(f"{hashes} - 1")),
            scale=WARNINGS,
            since=True,
        ),
    ]


def _held_back() -> list[Builder[models.Panel]]:
    firing = Link.page("Alerts", UIDS["alerts"])
    return [
        stat(
            "Alerts suppressed",
            "Silenced or inhibited alerts: they are firing but notify nobody.",
            Query(or_unknown(f'max(alertmanager_alerts{{state="suppressed",{INSTANCE}}})')),
            scale=_HELD_BACK,
            since=True,
            link=firing,
        ),
        stat(
            "Active silences",
            "Silences that are active now.",
            Query(or_unknown(f'max(alertmanager_silences{{state="active",{INSTANCE}}})')),
            scale=_HELD_BACK,
            since=True,
        ),
    ]
