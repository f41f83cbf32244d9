# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about the business of an application: its orders, its users, the levels that somebody watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import (
    ApplicationQueries,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.business_metric import BusinessMetric
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import spread
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries, worst
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.business.alerts import (
    SIGMA_OF_MAD,
    SIGMAS,
    selector,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["business_panels"]

_LATER = "available after two weeks: compared with the same time in previous weeks"


def business_panels(app: Application, curves: ApplicationQueries) -> list[Builder[models.Panel]]:
    """Return what the application counts of its business, none where it counts nothing."""
    made: Mapping[str, Callable[[], Builder[models.Panel]]] = {
        "orders": lambda: timeseries(
            "Orders",
            "Orders per minute, by outcome.",
            Query(worst(f"60 * {curves.orders('status')}"), "{{status}}"),
            scale=Scale(unit="none", soft_maximum=1),
            axis="orders per minute",
        ),
        "order_duration": lambda: timeseries(
            "Order processing time",
            "95th percentile of the processing time of orders, by type.",
            Query(worst(curves.order_duration(0.95, "order_type")), "{{order_type}}", exemplars=True),
            scale=Scale(unit="s"),
            axis="95th percentile",
            no_value="no orders",
        ),
        "active_users": lambda: timeseries(
            "Active users",
            "Active users, by type.",
            Query(worst(curves.active_users("user_type")), "{{user_type}}"),
            scale=Scale(unit="none", decimals=0, soft_maximum=1),
            axis="users",
        ),
    }
    counted = spread([make() for key, make in made.items() if app.metrics[key]], 3)
    return counted + [panel for metric in app.business for panel in _level_panels(app, metric)]


def _level_panels(app: Application, metric: BusinessMetric) -> list[Builder[models.Panel]]:
    """Return the level beside what is usual, and how much of it is gone."""
    of = selector(app, metric)
    median, chance = f"business:baseline:median{of}", f"{SIGMAS * SIGMA_OF_MAD:g} * business:baseline:mad{of}"
    share = 100 * metric.drop
    return [
        timeseries(
            f"Business: {metric.name}",
            "Level per minute, and the usual range at this time of the week, including random variation. An alert "
            f"fires when the level is below the range and {share:g} % below the lowest usual level.",
            Query(f"business:level:avg30m{of}", "level"),
            Query(median, "usual"),
            Query(f"{1 - metric.drop:g} * business:baseline:least{of}", "alert below"),
            Query(f"{median} - {chance}", "usual at least"),
            Query(f"{median} + {chance}", "usual at most"),
            scale=Scale(unit="none"),
            axis="per minute",
            colors={"/^usual$/": "blue", "/^alert below$/": "red"},
            band=("usual at least", "usual at most"),
            no_value=_LATER,
        ),
        timeseries(
            f"Business: {metric.name}, drop",
            "How far the level is below the usual level at this time of the week; negative values are above it. An "
            f"alert fires at {share:g} %, unless chance explains the drop.",
            Query(f"100 * business:drop:ratio{of}", "drop"),
            scale=Scale(unit="percent", minimum=None, decimals=1, soft_maximum=2 * share, steps=above((share, "red"))),
            axis="below the usual level",
            no_value=_LATER,
        ),
    ]
