# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dashboards of the stack itself: which of them there are, by the services that there are."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.alertmanager.page import (
    alertmanager_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.certificates import (
    certificates_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.grafana import grafana_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.page import hosts_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.overview import overview_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.probes.page import probes_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.page import (
    prometheus_page,
)

__all__ = ["stack_pages"]

# By their names: whose metrics they show, and who makes them, given the names of the pages that there are.
_PAGES: dict[str, tuple[str, Callable[[Collection[str]], Page]]] = {
    "hosts": ("node_exporter", lambda _pages: hosts_page()),
    "certificates": ("node_exporter", lambda _pages: certificates_page()),
    "probes": ("probes", lambda _pages: probes_page()),
    "prometheus": ("prometheus", prometheus_page),
    "alertmanager": ("alertmanager", alertmanager_page),
    "grafana": ("grafana", grafana_page),
}


def stack_pages(services: Collection[str], *, dead_mans_switch: str) -> list[Page]:
    """Return the page of everything, then those of the services; `probes` counts as one when something is probed.

    A service without a page of its own is left out.
    """
    wanted = {name: make for name, (service, make) in _PAGES.items() if service in services}
    overview = overview_page(frozenset(wanted), dead_mans_switch=dead_mans_switch)
    return [overview, *(make(frozenset(wanted)) for make in wanted.values())]
