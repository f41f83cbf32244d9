# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of incidents: which are open, whether automation solves them, and what waits for people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.annotations import noted
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import process_row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    FAILURES,
    INSTANCE,
    WARNINGS,
    service_panels,
    stack_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.incidents.figures import figures
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.incidents.journal import (
    incidents,
    journal,
    knowledge,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.incidents.runs import people, runs
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.incidents.series import (
    AUTOMATION,
    HELPED,
    NO_RUNS,
    automation,
    helped,
    of,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["incidents_page"]

_PLAIN = Scale(unit="none", decimals=0, unknown="unknown")


def incidents_page(pages: Collection[str]) -> Page:
    """Return the page of incidents, which leads to those of `pages`."""
    return stack_page(
        "incidents",
        "Incidents",
        "Which incidents are open, whether automation solves them, and what waits for people.",
        (
            Row("Now", [*service_panels("incident_response", "incident_response_build_info", pages), *_now()]),
            Row("Alerts and incidents", incidents()),
            Row("How they went", figures()),
            Row("Runs of runbooks", runs()),
            Row("People and automation", people()),
            Row("What it knows", knowledge()),
            Row("Journal", journal()),
            process_row('job="incident_response"', INSTANCE),
        ),
        choose=("instance", 'up{job="incident_response"}', "Instance"),
        annotations=(noted("Deployments", "blue", "deployment"), noted("Incidents", "red", "incident")),
    )


def _now() -> list[Builder[models.Panel]]:
    unsolved, unapproved = (of("pages", f'alert="{alert}"') for alert in ("IncidentEscalated", "IncidentNeedsApproval"))
    return [
        stat(
            "Open incidents",
            "Incidents with an alert that fires. The console of incident_response lists them.",
            Query(or_unknown(f"sum({of('incidents_open')})")),
            scale=_PLAIN,
            since=True,
        ),
        stat(
            "Waiting for a person",
            "Open incidents that automation did not solve and that nobody has acknowledged.",
            Query(or_unknown(f"sum({unsolved})")),
            scale=FAILURES,
            since=True,
        ),
        stat(
            "Waiting for an approval",
            "Steps of runbooks at the level partial that a person has to approve within a quarter of an hour.",
            Query(or_unknown(f"sum({unapproved})")),
            scale=WARNINGS,
            since=True,
        ),
        stat(
            "Running now",
            "Steps of runbooks that run on hosts now.",
            Query(or_unknown(f"sum({of('steps_running')})")),
            scale=_PLAIN,
            since=True,
        ),
        stat(
            "Helpful runs",
            "Share of the runs in 7 days after which the alert recovered. Runs that people stopped are left out.",
            Query(or_unknown(helped())),
            scale=replace(HELPED, unknown=NO_RUNS),
        ),
        stat(
            "Automation",
            "Whether runbooks may act. Stopped: a person has stopped all automation. Stuck: it has not looked for two "
            "minutes what to do next.",
            Query(or_unknown(automation())),
            scale=AUTOMATION,
        ),
    ]
