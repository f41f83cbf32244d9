# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages of the stack's own services share: their uids, their frame, and panels that each of them has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.annotations import Annotation
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link, to_dashboard, to_tagged
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above, below
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.variables import label, source

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["COUNT", "FAILURES", "INSTANCE", "UIDS", "WARNINGS", "YES", "service_panels", "stack_page"]

# Of the pages that others lead to, by their names.
UIDS = {
    name: f"vigil-{name}"
    for name in ("overview", "alerts", "hosts", "certificates", "probes", "prometheus", "alertmanager", "grafana")
}
INSTANCE = 'instance=~"$instance"'
# Counts over time, of which most are 0.
COUNT = Scale(unit="none", decimals=0, soft_maximum=5)
# Counts of what should not be, in the colour of alerts on it, and what is as it should be or not.
FAILURES = Scale(unit="none", decimals=0, steps=above((1, "red")), unknown="unknown")
WARNINGS = replace(FAILURES, steps=above((1, "orange")))
YES = Scale(unit="none", texts={"0": ("no", "red"), "1": ("yes", CALM)}, unknown="unknown")
_DAY = 86400
_UNREACHED = Scale(unit="none", texts={"0": ("none", CALM), "1": ("unreachable", "red")})
_REACHED = Scale(unit="none", texts={"0": ("unreachable", "red"), "1": ("reached", CALM)})
_LIFE = Scale(unit="dtdurations", minimum=None, steps=below("red", (7 * _DAY, "yellow"), (21 * _DAY, CALM)))


def stack_page(
    name: str,
    title: str,
    description: str,
    rows: tuple[Row, ...],
    *,
    choose: tuple[str, str, str] | None = None,
    annotations: tuple[Annotation, ...] = (),
) -> Page:
    """Return a page of the stack; `choose` is what can be chosen: a label, series that have it, what people call it."""
    ways = (to_dashboard("Is everything well?", UIDS["overview"]),) if name != "overview" else ()
    return Page(
        uid=f"vigil-{name}",
        title=title,
        description=description,
        tags=("vigil", "stack"),
        rows=rows,
        variables=(source("datasource", "prometheus", "Metrics"), *((label(*choose),) if choose else ())),
        annotations=annotations,
        links=(*ways, to_tagged("Stack", "vigil"), to_tagged("Alerts & SLA", "alerts")),
    )


def service_panels(job: str, build_info: str, pages: Collection[str]) -> tuple[Builder[models.Panel], ...]:
    """Return which instances of the service are not reached, and what each one is."""
    where = f'job="{job}",{INSTANCE}'
    return (
        stat(
            "Unreachable",
            "Instances that Prometheus cannot scrape. Other panels have no data for them.",
            # Not as 0, the value of `up`: of nothing at all Grafana takes the colour of the lowest step.
            Query(f"1 + max by (instance, host) (up{{{where}}} == 0)", "{{instance}}"),
            scale=_UNREACHED,
            size=(6, 5),
            text="value_and_name",
            no_value="none",
            link=_host("${__field.labels.host}") if "hosts" in pages else None,
        ),
        _instances(job, where, build_info, pages),
    )


def _instances(job: str, where: str, build_info: str, pages: Collection[str]) -> Builder[models.Panel]:
    each = f"min by (instance, host) (up{{{where}}})"
    ends = f'min by (host) (vigil_certificate_not_after_timestamp_seconds{{service="{job}"}})'
    more = {
        "hosts": _host("${__data.fields.host}"),
        "certificates": Link.page("Certificates", UIDS["certificates"], host="${__data.fields.host}"),
    }
    links = {name: (link,) for name, link in more.items() if name in pages}
    return table(
        "Instances",
        "Instances and their versions. Two versions mean that an upgrade is in progress or has stopped. Nothing else "
        "is known about unreachable instances.",
        Query(each),
        Query(f"max by (instance, host, version) ({build_info}{{{INSTANCE}}})"),
        Query(f"time() - max by (instance, host) (process_start_time_seconds{{{where}}})"),
        Query(f"0 * {each} + on (host) group_left () {ends} - time()"),
        labels={
            "instance": Column(head="instance", links=links.get("hosts", ())),
            "host": Column(head="host", hidden=True),
            "version": Column(head="version", no_value="unknown", width=110),
        },
        values=[
            Column(head="state", scale=_REACHED, width=110),
            Column(head="present", hidden=True),
            Column(head="uptime", scale=Scale(unit="dtdurations"), no_value="unknown"),
            Column(head="certificate expires in", scale=_LIFE, links=links.get("certificates", ())),
        ],
        sort="state",
        descending=False,
        size=(18, 5),
    )


def _host(name: str) -> Link:
    return Link.page("Host", UIDS["hosts"], host=name)
