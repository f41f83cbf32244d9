# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dashboards of the stack itself: which of them there are, by the services that there are."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.uids import dashboard_uid
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.leads import Leads
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.alertmanager.page import (
    alertmanager_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.certificates import (
    certificates_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.grafana import grafana_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.page import hosts_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.incidents.page import incidents_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.jaeger.page import traces_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.logs import logs_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.overview import overview_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.probes.page import probes_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.page import (
    prometheus_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["leads_of", "stack_pages"]

# By their names: whose metrics they show, and who makes them, given the names of the pages that there are.
_PAGES: dict[str, tuple[str, Callable[[Collection[str]], Page]]] = {
    "hosts": ("node_exporter", lambda _pages: hosts_page()),
    "certificates": ("node_exporter", lambda _pages: certificates_page()),
    "probes": ("probes", lambda _pages: probes_page()),
    "prometheus": ("prometheus", prometheus_page),
    "alertmanager": ("alertmanager", alertmanager_page),
    "grafana": ("grafana", grafana_page),
    "incidents": ("incident_response", incidents_page),
    "logs": ("elasticsearch", lambda _pages: logs_page()),
    "jaeger": ("jaeger", lambda _pages: traces_page()),
}
# A service with a file of its name in this folder has the page of that file's function `page`, with the service's name.
_PAGES |= {
    name: (name, importlib.import_module(f"{__name__.rpartition('.')[0]}.{name}").page)
    for name in services()
    if name not in _PAGES and Path(__file__).with_name(f"{name}.py").exists()
}
# The first page of each service is the one to open for it.
_BY_SERVICE = {service: f"vigil-{name}" for name, (service, _make) in reversed(_PAGES.items())}


def leads_of(services: Collection[str], applications: Iterable[Application], alertmanager_url: str = "") -> Leads:
    """Return where rows of tables lead, where there are these services and applications."""
    theirs = [(one, dashboard_uid(one.name)) for one in applications]
    return Leads(
        applications={one.name: uid for one, uid in theirs},
        jobs={
            **{service: uid for service, uid in _BY_SERVICE.items() if service in services},
            **{one.job: uid for one, uid in theirs if one.measured_by == "metrics"},
        },
        hosts="node_exporter" in services,
        alertmanager_url=alertmanager_url,
    )


def stack_pages(
    services: Collection[str],
    applications: Sequence[Application] = (),
    *,
    dead_mans_switch: str = "DeadMansSwitch",
    alertmanager_url: str = "",
) -> list[Page]:
    """Return the page of everything, then those of the services; `probes` counts as one when something is probed.

    A service without a page of its own is left out.
    """
    wanted = {name: make for name, (service, make) in _PAGES.items() if service in services}
    leads = leads_of(services, applications, alertmanager_url)
    overview = overview_page(frozenset(wanted), leads, applications, dead_mans_switch=dead_mans_switch)
    return [overview, *(make(frozenset(wanted)) for make in wanted.values())]
