# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every page that an inventory calls for: those of the monitoring itself, and those of applications."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.page import (
    Sources,
    application_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.alerts import alerts_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.pages import leads_of, stack_pages

__all__ = ["shipped_pages"]


def shipped_pages(
    applications: Iterable[Mapping[str, Any]], services: Collection[str], alertmanager_url: str
) -> tuple[list[Page], list[Page]]:
    """Return the pages of the monitoring itself, and those of applications; raise OperatorError for a wrong one."""
    known = [application(one) for one in applications]
    leads = leads_of(services, known, alertmanager_url)
    sources = Sources(
        hosts=leads.hosts,
        alertmanager_url=alertmanager_url,
        elasticsearch="elasticsearch" in services,
        jaeger="jaeger" in services,
    )
    own = stack_pages(services, known, alertmanager_url=alertmanager_url)
    return [*own, alerts_page(leads)], [application_page(one, sources) for one in known]
