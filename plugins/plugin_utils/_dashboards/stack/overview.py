# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that a person who was woken reads first, on a phone too: each number and row leads to where more is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.annotations import noted, noted_events
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.leads import Leads
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row, spread
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts import alerts
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS, stack_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.health import now_panel, soon_panel
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.services import (
    applications_table,
    versions_tables,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["overview_page"]


def overview_page(
    pages: frozenset[str], leads: Leads, applications: Sequence[Application], *, dead_mans_switch: str
) -> Page:
    """Return the page, which leads to those of `pages`; `dead_mans_switch` is the alert that always fires."""
    promised = any(one.objectives for one in applications)
    rows = [
        Row("Is something wrong?", [now_panel(pages, dead_mans_switch, promised=promised), soon_panel(pages)]),
        Row("What?", [alerts.firing_alerts("", leads, size=(24, 8)), _down(pages, leads)]),
        Row("Applications", [applications_table(leads)] if applications else []),
        Row("What has changed?", spread([_deployments(), *versions_tables(pages, applications)])),
    ]
    return stack_page(
        "overview",
        "Is everything well?",
        "If nothing is coloured, yes. Otherwise start with what is red and follow its link.",
        tuple(row for row in rows if row.panels),
        annotations=(noted("Deployments", "blue", "deployment"), noted("Incidents", "red", "incident")),
    )


def _down(pages: frozenset[str], leads: Leads) -> Builder[models.Panel]:
    down = "max by (job, host, instance) (up == 0)"
    seen = "max by (job, host, instance) (max_over_time((timestamp(up) and up == 1 and (up @ end() == 0))[1d:1m]))"
    page = UIDS["prometheus" if "prometheus" in pages else "overview"]
    return table(
        "Targets that are down",
        "Targets that Prometheus cannot scrape: the host, the service or the network is down. If a target has not "
        "been up for a day, the time is unknown.",
        Query(f"sort_desc(1000 * {leads.by_job(f'({seen} or {down})', page)})"),
        labels={
            "job": Column(head="service", links=leads.to_job()),
            "Value": Column(head="last up", scale=replace(alerts.SINCE, texts={"0": ("not within a day", CALM)})),
            "host": Column(head="host", links=leads.to_host()),
            "instance": Column(head="instance"),
            "page": Column(head="page", hidden=True),
            "target": Column(head="target", hidden=True),
        },
        size=(24, 6),
    )


def _deployments() -> Builder[models.Panel]:
    return noted_events(
        "Recent deployments",
        "Annotations in Grafana with the tag deployment, made by pipelines or people.",
        "deployment",
        size=(12, 8),
    )
