# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that a person who was woken reads first, from top to bottom: each line leads to the page that says more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.module_utils._application_queries import quoted
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import to_dashboard
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, or_zero, stat
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts import objectives
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.alerts import ALERTS_UID
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.certificates import (
    EARLIEST_EXPIRY,
    LIFETIME,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    FAILURES,
    UIDS,
    stack_page,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.disks import DISK_USED
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["overview_page"]

_FULL = Scale(unit="percent", maximum=100, decimals=0, steps=((None, "green"), (80, "yellow"), (90, "red")))
_HEARD = Scale(
    unit="none", texts={"0": ("silent", "red"), "1": ("heard", "green")}, steps=((None, "red"), (1, "green"))
)


def overview_page(pages: frozenset[str], *, dead_mans_switch: str) -> Page:
    """Return the page, which leads to those of `pages`; `dead_mans_switch` is the alert that always fires."""
    return stack_page(
        "overview",
        "Is everything well?",
        "All green: it is. Otherwise begin with the first panel that is not, and follow its link.",
        (
            Row("Does the monitoring itself work?", _monitoring(pages, dead_mans_switch)),
            Row("What is wrong?", _wrong(pages)),
            Row("What will be wrong soon?", _soon(pages)),
            Row("Which?", [_down(pages), objectives.firing_alerts(links=_alerts())]),
        ),
    )


def _way(pages: frozenset[str], name: str) -> tuple[Builder[models.DashboardLink], ...]:
    return (to_dashboard(f"More: {name}", UIDS[name]),) if name in pages else ()


def _alerts() -> tuple[Builder[models.DashboardLink], ...]:
    return (to_dashboard("More: alerts", ALERTS_UID),)


def _monitoring(pages: frozenset[str], dead_mans_switch: str) -> list[Builder[models.Panel]]:
    return [
        stat(
            "Dead man's switch",
            f"Whether the alert {dead_mans_switch} fires, as it always does while rules are evaluated. When it is "
            "silent, so may be all others.",
            Query(f'max(ALERTS{{alertname={quoted(dead_mans_switch)},alertstate="firing"}}) or vector(0)'),
            scale=_HEARD,
            size=(6, 4),
            links=_way(pages, "prometheus"),
        ),
        stat(
            "Rule failures",
            "Evaluations of rules that failed within 15 minutes: their alerts cannot fire.",
            Query(or_zero("sum(increase(prometheus_rule_evaluation_failures_total[15m]))")),
            scale=FAILURES,
            size=(6, 4),
            links=_way(pages, "prometheus"),
        ),
        stat(
            "Alerts lost",
            "Alerts that no Alertmanager took within 15 minutes.",
            Query(or_zero("sum(increase(prometheus_notifications_dropped_total[15m]))")),
            scale=FAILURES,
            size=(6, 4),
            links=_way(pages, "prometheus"),
        ),
        stat(
            "Notifications failed",
            "Notifications that Alertmanager could not deliver within 15 minutes: somebody was not told.",
            Query(or_zero("sum(increase(alertmanager_notifications_failed_total[15m]))")),
            scale=FAILURES,
            size=(6, 4),
            links=_way(pages, "alertmanager"),
        ),
    ]


def _wrong(pages: frozenset[str]) -> list[Builder[models.Panel]]:
    return [
        stat(
            "Targets down",
            "What Prometheus cannot scrape: a host, a service, or the way to it. The table below names them.",
            Query("sum(1 - up)"),
            scale=FAILURES,
            size=(6, 4),
            links=_way(pages, "prometheus"),
        ),
        objectives.firing_by_severity("critical", size=(6, 4), links=_alerts()),
        objectives.firing_by_severity("warning", size=(6, 4), links=_alerts()),
        stat(
            "Addresses not reached",
            "Probed addresses that no prober reaches.",
            Query(or_zero("count(max by (job, instance) (probe_success) == 0)")),
            scale=FAILURES,
            size=(6, 4),
            links=_way(pages, "probes"),
        ),
    ]


def _soon(pages: frozenset[str]) -> list[Builder[models.Panel]]:
    return [
        stat(
            "Fullest disk",
            "The fullest file system of all hosts.",
            Query(f"max({DISK_USED})"),
            scale=_FULL,
            size=(8, 4),
            no_value="no disks of their own",
            links=_way(pages, "hosts"),
        ),
        stat(
            "Next certificate to expire",
            "Time until the first certificate of a service expires. Runs of the playbook renew them long before.",
            Query(EARLIEST_EXPIRY),
            scale=LIFETIME,
            size=(8, 4),
            links=_way(pages, "certificates"),
        ),
        stat(
            "Error budgets spent",
            "Objectives whose error budget is used up.",
            Query(or_zero("count(slo:error_budget:remaining_ratio <= 0)")),
            scale=FAILURES,
            size=(8, 4),
            links=_alerts(),
        ),
    ]


def _down(pages: frozenset[str]) -> Builder[models.Panel]:
    none = 'label_replace(vector(0), "job", "none", "", "")'
    return table(
        "Targets that are down",
        "What Prometheus cannot scrape now.",
        Query(f"max by (job, instance, host) (up == 0) or on () {none}"),
        labels={"job": Column(head="service"), "instance": Column(head="instance"), "host": Column(head="host")},
        size=(24, 6),
        links=_way(pages, "prometheus"),
    )
