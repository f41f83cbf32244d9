# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of runbooks by what came of them, and what waits for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    timeline,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    COUNT,
    FAILURES,
    WARNINGS,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.incidents.series import (
    AUTOMATION,
    HELPED,
    NO_RUNS,
    automation,
    helped,
    of,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["people", "runs"]

_OUTCOMES = {
    "recovered": Scale(unit="none", decimals=0),
    "failing": WARNINGS,
    "worse": FAILURES,
    "unknown": WARNINGS,
    "unapproved": WARNINGS,
    "stopped": Scale(unit="none", decimals=0),
}
_TIME = Scale(unit="s", decimals=0)


def runs() -> list[Builder[models.Panel]]:
    ended = {one: of("runs_total", f'outcome="{one}"') for one in _OUTCOMES}
    return [
        table(
            "Runbooks",
            "Runs in the selected time range by what came of them, the share of the last 7 days that helped, and what "
            "those of the time range saved: for each, what a person is assumed to take by hand, in by_hand of the "
            "runbook. Runs at the levels observe and manual change nothing and are not counted.",
            *(Query(f"sum by (runbook) (increase({series}[$__range]))") for series in ended.values()),
            Query(helped("runbook")),
            Query(f"max by (runbook) ({of('by_hand_seconds')})"),
            Query(f"sum by (runbook) (increase({of('saved_seconds_total')}[$__range]))"),
            labels={"runbook": Column(head="runbook")},
            values=[
                *(Column(head=outcome, scale=scale) for outcome, scale in _OUTCOMES.items()),
                Column(head="helped in 7 days", scale=HELPED, no_value=NO_RUNS),
                Column(head="by hand, assumed", scale=_TIME),
                Column(head="saved", scale=_TIME),
            ],
            sort="failing",
            no_value="no runbook may act",
            size=(24, 6),
        ),
        timeseries(
            "Runs by outcome",
            "Runs that ended within an hour, by what came of them.",
            Query(f"sum by (outcome) (increase({of('runs_total')}[1h]))", "{{outcome}}"),
            scale=COUNT,
            axis="runs within 1 h",
            stacked=True,
            size=(8, 8),
            no_value=NO_RUNS,
        ),
        timeseries(
            "Share of helpful runs",
            "Share of the runs of each runbook in the previous 7 days after which the alert recovered. An alert fires "
            "below 80 % of at least four.",
            Query(worst(helped("runbook"), lowest=True), "{{runbook}}"),
            scale=HELPED,
            axis="share of runs",
            lowest_first=True,
            size=(8, 8),
            no_value=NO_RUNS,
        ),
        timeseries(
            "Steps running",
            "Steps that run at the same time, at most four.",
            Query(f"sum by (instance) ({of('steps_running')})", "{{instance}}"),
            scale=COUNT,
            axis="steps",
            size=(8, 8),
        ),
    ]


def people() -> list[Builder[models.Panel]]:
    return [
        timeseries(
            "Alerts for people",
            "Alerts that incident_response posts to Alertmanager: incidents that it did not solve, and steps that wait "
            "for an approval.",
            Query(f"sum by (alert) ({of('pages')})", "{{alert}}"),
            scale=COUNT,
            axis="alerts",
            size=(8, 8),
        ),
        timeseries(
            "Age of the oldest step",
            "Time since the start of the oldest step that runs. An alert fires above an hour and five minutes.",
            Query(f"max by (instance) ({of('oldest_step_seconds')})", "{{instance}}"),
            scale=Scale(unit="s", soft_maximum=300, steps=above((3900, "orange"))),
            axis="duration",
            size=(8, 8),
        ),
        timeline(
            "Automation over time",
            "When runbooks could act, when a person had stopped all automation, and when it was stuck.",
            Query(automation("instance"), "{{instance}}"),
            scale=AUTOMATION,
            size=(8, 8),
        ),
    ]
