# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about the business of an application: its orders, its users, the levels that somebody watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._application_queries import (
    ApplicationQueries,
    quoted,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._application import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["business_panels"]


def business_panels(app: Application, curves: ApplicationQueries) -> list[Builder[models.Panel]]:
    """Return what the application counts of its business, none where it counts nothing."""
    made: Mapping[str, Callable[[], Builder[models.Panel]]] = {
        "orders": lambda: timeseries(
            "Orders",
            "Orders per minute, by what became of them.",
            Query(f"60 * {curves.orders('status')}", "{{status}}"),
            scale=Scale(unit="none"),
            size=(8, 8),
        ),
        "order_duration": lambda: timeseries(
            "Order processing time",
            "How long 95 of a hundred orders take at most, by their kind.",
            Query(curves.order_duration(0.95, "order_type"), "{{order_type}}", exemplars=True),
            scale=Scale(unit="s"),
            size=(8, 8),
        ),
        "active_users": lambda: timeseries(
            "Active users",
            "Users that are active, by their kind.",
            Query(curves.active_users("user_type"), "{{user_type}}"),
            scale=Scale(unit="none", decimals=0),
            size=(8, 8),
        ),
    }
    panels = [make() for key, make in made.items() if app.metrics[key]]
    return panels + _level_panels(app)


def _level_panels(app: Application) -> list[Builder[models.Panel]]:
    where = f"service={quoted(app.name)}"
    return [
        timeseries(
            f"Business: {metric.name}",
            "Level per minute, and what is usual at this time of the week. An alert fires "
            f"{100 * metric.drop:g} % below it.",
            Query(f"business:level:avg30m{{{where},metric={quoted(metric.name)}}}", "level"),
            Query(f"business:baseline:median{{{where},metric={quoted(metric.name)}}}", "usual"),
            scale=Scale(unit="none"),
            size=(8, 8),
        )
        for metric in app.business
    ]
