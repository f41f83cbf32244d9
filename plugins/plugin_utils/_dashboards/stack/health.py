# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether everything is well, as numbers: of what is wrong now, and of what will be soon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import quoted
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, or_zero, stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts import alerts
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.certificates import (
    EARLIEST_EXPIRY,
    LIFETIME,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.disks import DISK_USED

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["LOST", "now_panel", "soon_panel"]

_UNKNOWN = "unknown"
_FULL = Scale(unit="percent", maximum=100, decimals=0, steps=above((80, "yellow"), (90, "red")), unknown=_UNKNOWN)
_HEARD = Scale(unit="none", texts={"0": ("silent", "red"), "1": ("heard", CALM)})
# A count of 0, and of what cannot be counted, since no metric shows it.
_COUNT = Scale(
    unit="none",
    minimum=None,
    decimals=0,
    texts={
        "-2": ("no Alertmanager", "red"),
        "-1": (_UNKNOWN, "orange"),
        "0": ("0", CALM),
        "1": ("1", "red"),
    },
)
# Alerts are lost when every Alertmanager missed them, as the alert PrometheusNotificationsLost has it.
LOST = "min without (alertmanager) (increase(prometheus_notifications_dropped_total[5m]))"
_WITHOUT_ALERTMANAGER = "-2 * (max(prometheus_notifications_alertmanagers_discovered) == bool 0) < 0"


def now_panel(pages: frozenset[str], dead_mans_switch: str, *, promised: bool) -> Builder[models.Panel]:
    """Return what is wrong now; `promised` is whether applications have objectives."""
    return stat(
        "Wrong now",
        "Silenced alerts are included. The dead man's switch is an alert that always fires: if it does not, other "
        "alerts may not fire either. Failed rules, lost alerts and failed notifications are those of the last "
        "minutes.",
        *_firing(),
        *_unreachable(pages),
        *_monitoring(pages, dead_mans_switch),
        *(_spent() if promised else ()),
        scale=_COUNT,
        size=(18, 6),
        since=True,
    )


def soon_panel(pages: frozenset[str]) -> Builder[models.Panel]:
    """Return what will be wrong soon."""
    certificates, life = _to(pages, "certificates"), replace(LIFETIME, unknown=_UNKNOWN)
    return stat(
        "Soon",
        "The fullest file system of all hosts, and the time until the first certificate of a service expires. The "
        "playbook renews certificates long before.",
        Query(f"max({DISK_USED}) or on () vector(NaN)", "fullest disk", scale=_FULL, link=_to(pages, "hosts")),
        Query(f"{EARLIEST_EXPIRY} or on () vector(NaN)", "next certificate", scale=life, link=certificates),
        scale=_FULL,
        size=(6, 6),
    )


def _to(pages: frozenset[str], name: str) -> Link | None:
    return Link.page(f"Open the page {name}", UIDS[name]) if name in pages else None


def _known(expr: str) -> str:
    return f"({expr}) or on () vector(-1)"


def _firing() -> tuple[Query, ...]:
    critical, warning, *_others = alerts.firing_by_severity(link=Link.page("Open the page alerts", UIDS["alerts"]))
    return critical, warning


def _unreachable(pages: frozenset[str]) -> Iterator[Query]:
    yield Query("sum(1 - up)", "targets down", link=_to(pages, "prometheus"))
    if "probes" in pages:
        unreachable = "sum(max by (job, instance) (probe_success) == bool 0)"
        yield Query(_known(unreachable), "unreachable", link=_to(pages, "probes"))


def _monitoring(pages: frozenset[str], dead_mans_switch: str) -> Iterator[Query]:
    prometheus = _to(pages, "prometheus")
    heard = f'max(ALERTS{{alertname={quoted(dead_mans_switch)},alertstate="firing"}})'
    yield Query(or_zero(heard), "dead man's switch", scale=_HEARD, link=prometheus)
    failed = _known("sum(increase(prometheus_rule_evaluation_failures_total[15m]))")
    yield Query(failed, "rule failures", link=prometheus)
    yield Query(f"{_WITHOUT_ALERTMANAGER} or {_known(f'sum({LOST})')}", "alerts lost", link=prometheus)
    failed = _known("sum(increase(alertmanager_notifications_failed_total[15m]))")
    yield Query(failed, "notifications failed", link=_to(pages, "alertmanager"))


def _spent() -> Iterator[Query]:
    link = Link.page("Open the page alerts", UIDS["alerts"])
    yield Query(_known("sum(slo:error_budget:remaining_ratio <= bool 0)"), "budgets spent", link=link)
