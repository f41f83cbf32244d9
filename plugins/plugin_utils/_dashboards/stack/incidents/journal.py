# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts that come in, the incidents that they are, and whether the journal is written and servers answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeline, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import COUNT
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.incidents.series import of

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["incidents", "journal", "knowledge"]

_ANSWERS = Scale(unit="none", texts={"0": ("no answer", "red"), "1": ("answers", CALM)})
_PRIORITIES = {"/critical/": "red", "/high/": "orange", "/medium/": "yellow", "/low/": "blue"}


def incidents() -> list[Builder[models.Panel]]:
    unscored = f'label_replace({of("incidents_open")}, "priority", "no score yet", "priority", "")'
    received = f"sum by (kind) (increase({of('alerts_total')}[15m]))"
    left_out = f"sum(increase({of('alerts_left_out_total')}[15m]))"
    buckets = f"sum by (le) (rate({of('intake_seconds_bucket')}[{RATE}]))"
    return [
        timeseries(
            "Open incidents by priority",
            "Incidents that are open, by the priority that their score gives them.",
            Query(f"sum by (priority) ({unscored})", "{{priority}}"),
            scale=COUNT,
            axis="incidents",
            colors=_PRIORITIES,
            stacked=True,
            size=(8, 8),
        ),
        timeseries(
            "Alerts received",
            "Alerts of notifications within 15 minutes, by what they were to the journal: such as opened, repeated or "
            "resolved. Alertmanager leaves some out of a long notification; they are found by its list of alerts.",
            Query(received, "{{kind}}"),
            Query(f"{left_out} > 0", "left out"),
            scale=COUNT,
            axis="alerts within 15 min",
            size=(8, 8),
            no_value="no alerts",
        ),
        timeseries(
            "Time until an alert is kept",
            "Time from the arrival of a notification until it is in the journal on the disk.",
            *(
                Query(f"histogram_quantile({share}, {buckets}) >= 0", f"{name} percentile")
                for share, name in ((0.5, "50th"), (0.95, "95th"), (0.99, "99th"))
            ),
            scale=Scale(unit="s", soft_maximum=0.05),
            axis="duration",
            size=(8, 8),
            no_value="no notifications",
        ),
    ]


def knowledge() -> list[Builder[models.Panel]]:
    return [
        timeline(
            "Alertmanagers",
            "Whether each Alertmanager lists its alerts. While none does, no incident ends.",
            Query(f"min by (alertmanager) ({of('reconciliation_success')})", "{{alertmanager}}"),
            scale=_ANSWERS,
            size=(12, 5),
        ),
        timeline(
            "Prometheus servers",
            "Whether each Prometheus answers. While none does, no runbook is run and none is verified.",
            Query(f"min by (prometheus) ({of('queries_success')})", "{{prometheus}}"),
            scale=_ANSWERS,
            size=(12, 5),
        ),
    ]


def journal() -> list[Builder[models.Panel]]:
    seconds, commits = (f"sum by (instance) (increase({of(f'journal_{one}_total')}[15m]))"
                        for one in ("commit_seconds", "commits"))  # fmt: skip
    return [
        timeseries(
            "Size of the journal",
            "Size on disk. Nothing is deleted from it: an alert takes less than 5 KB.",
            Query(f"max by (instance) ({of('journal_size_bytes')})", "{{instance}}"),
            scale=Scale(unit="bytes"),
            axis="size",
            size=(8, 8),
        ),
        timeseries(
            "Commits",
            "Commits of the journal per second, and those that failed, for which Alertmanager gets an error.",
            Query(f"sum by (instance) (rate({of('journal_commits_total')}[{RATE}]))", "{{instance}}"),
            Query(f"sum by (instance) (rate({of('journal_failures_total')}[{RATE}]))", "{{instance}} failed"),
            scale=Scale(unit="none", decimals=2, soft_maximum=0.1),
            axis="commits per second",
            colors={"/ failed$/": "red"},
            size=(8, 8),
        ),
        timeseries(
            "Duration of commits",
            "Average duration of a commit over 15 minutes, with its write to the disk.",
            Query(f"{seconds} / ({commits} > 0)", "{{instance}}"),
            scale=Scale(unit="s", soft_maximum=0.05),
            axis="duration",
            size=(8, 8),
            no_value="no commits",
        ),
    ]
