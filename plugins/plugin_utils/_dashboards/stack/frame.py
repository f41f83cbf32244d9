# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages of the stack's own services share: their uids, their frame, and panels that each of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import to_dashboard, to_tagged
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, or_zero, stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.variables import label, source

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["FAILURES", "INSTANCE", "UIDS", "YES", "service_panels", "stack_page"]

UIDS = {
    "overview": "vigil-overview",
    "hosts": "vigil-hosts",
    "certificates": "vigil-certificates",
    "probes": "vigil-probes",
    "prometheus": "vigil-prometheus",
    "alertmanager": "vigil-alertmanager",
    "grafana": "vigil-grafana",
}
INSTANCE = 'instance=~"$instance"'
FAILURES = Scale(unit="none", decimals=0, steps=((None, "green"), (1, "red")))
YES = Scale(unit="none", texts={"0": ("no", "red"), "1": ("yes", "green")}, steps=((None, "red"), (1, "green")))


def stack_page(
    name: str,
    title: str,
    description: str,
    rows: tuple[Row, ...],
    *,
    choose: tuple[str, str, str] | None = None,
) -> Page:
    """Return a page of the stack; `choose` is what can be chosen: a label, series that have it, what people call it."""
    ways = (to_dashboard("Is everything well?", UIDS["overview"]),) if name != "overview" else ()
    return Page(
        uid=UIDS[name],
        title=title,
        description=description,
        tags=("vigil", "stack"),
        rows=rows,
        variables=(source("datasource", "prometheus", "Metrics"), *((label(*choose),) if choose else ())),
        links=(*ways, to_tagged("Stack", "vigil"), to_tagged("Alerts & SLA", "alerts")),
    )


def service_panels(job: str, build_info: str) -> tuple[Builder[models.Panel], ...]:
    """Return whether the service is reached, what version runs where, and since when."""
    where = f'job="{job}",{INSTANCE}'
    return (
        stat(
            "Not reached",
            "Instances that Prometheus cannot scrape. Their other panels show what was known before.",
            Query(or_zero(f"count(up{{{where}}} == 0)")),
            scale=FAILURES,
        ),
        stat(
            "Versions",
            "How many instances run each version. More than one version is an upgrade that is under way, or stuck.",
            Query(f"count by (version) ({build_info}{{{INSTANCE}}})", "{{version}}"),
            scale=Scale(unit="none", decimals=0),
            size=(8, 4),
        ),
        stat(
            "Up for",
            "How long each instance has been running.",
            Query(f"time() - max by (instance) (process_start_time_seconds{{{where}}})", "{{instance}}"),
            scale=Scale(unit="dtdurations"),
            size=(12, 4),
        ),
    )
