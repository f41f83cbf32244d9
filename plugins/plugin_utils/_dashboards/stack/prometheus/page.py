# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Prometheus: its instances, scrapes, rules, notifications, queries, storage."""

from __future__ import annotations

from collections.abc import Collection

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import process_row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    INSTANCE,
    service_panels,
    stack_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.failures import failures
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.queries import queries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.remote_write import (
    remote_write,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.rules import (
    notifications,
    rules,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.scrapes import (
    cardinality,
    scrapes,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.storage import (
    head,
    storage,
)

__all__ = ["prometheus_page"]


def prometheus_page(pages: Collection[str] = ()) -> Page:
    """Return the page of Prometheus, which leads to those of `pages`."""
    return stack_page(
        "prometheus",
        "Prometheus",
        "Whether metrics are collected, rules are evaluated and alerts are sent, and how much storage is left.",
        (
            Row("Now", [*service_panels("prometheus", "prometheus_build_info", pages), *failures(pages)]),
            Row("Scrapes", scrapes()),
            Row("Rules", rules()),
            Row("Notifications", notifications()),
            Row("Queries", queries()),
            Row("Cardinality", cardinality()),
            Row("Head and log", head()),
            Row("Blocks", storage()),
            Row("Remote write", remote_write()),
            process_row('job="prometheus"', INSTANCE),
        ),
        choose=("instance", 'up{job="prometheus"}', "Instance"),
    )
