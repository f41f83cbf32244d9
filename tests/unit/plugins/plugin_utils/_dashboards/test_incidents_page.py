# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of incidents: whether automation is on and helps, and what waits for people."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._dashboards.page_answers import (
    answers,
    page,
)

PAGE = page("incidents", ("prometheus", "incident_response"))
ENGINE = 'job="incident_response",instance="mon1:9095",host="mon1"'
NAMES = ("recovered", "failing", "worse", "unknown", "unapproved", "stopped")


def runs(runbook: str, **ended: int) -> dict[str, str]:
    """Return the series of a runbook of which so many runs ended how, ten minutes ago."""
    return {
        f'incident_response_runs_total{{{ENGINE},runbook="{runbook}",outcome="{name}"}}': f"0x9 {ended.get(name, 0)}x10"
        for name in NAMES
    }


@pytest.mark.parametrize(
    ("acted", "stopped", "state"),
    [
        ("0+60x20", "0x20", 0),
        ("0+60x20", "0+60x20", 1),
        ("0+60x10 600x10", "0x20", 2),
        ("0+60x10 600x10", "0+60x20", 2),
        ("0+60x20", "_x20", math.nan),
    ],
)
def test_automation_is_on_or_stopped_by_a_person_or_stuck(
    tmp_path: Path, acted: str, stopped: str, state: float
) -> None:
    series = {
        f"incident_response_acting_timestamp_seconds{{{ENGINE}}}": acted,
        f"incident_response_stopped_seconds{{{ENGINE}}}": stopped,
    }
    assert "SUCCESS" in answers(tmp_path, PAGE, "Automation", series, {"{}": state})


def test_runs_that_people_stopped_are_no_part_of_those_that_helped(tmp_path: Path) -> None:
    series = {**runs("exporter_down", recovered=1, stopped=5), **runs("disk_fills", recovered=1, failing=1, worse=1)}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Helpful runs", series, {"{}": 50})


def test_a_runbook_that_never_ran_has_no_share_of_runs_that_helped(tmp_path: Path) -> None:
    assert "SUCCESS" in answers(tmp_path, PAGE, "Helpful runs", runs("exporter_down"), {"{}": math.nan})


def test_an_incident_without_a_score_has_a_name(tmp_path: Path) -> None:
    series = {
        f'incident_response_incidents_open{{{ENGINE},priority="high"}}': "2x20",
        f"incident_response_incidents_open{{{ENGINE}}}": "1x20",
    }
    told = {'{priority="high"}': 2, '{priority="no score yet"}': 1}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Open incidents by priority", series, told)


@pytest.mark.parametrize("title", ["Open incidents", "Waiting for a person", "Waiting for an approval", "Running now"])
def test_of_an_engine_that_is_not_reached_nothing_is_known(tmp_path: Path, title: str) -> None:
    assert "SUCCESS" in answers(tmp_path, PAGE, title, {f"up{{{ENGINE}}}": "0x20"}, {"{}": math.nan})


def test_each_alert_for_people_is_counted_by_itself(tmp_path: Path) -> None:
    series = {
        f'incident_response_pages{{{ENGINE},alert="IncidentEscalated"}}': "3x20",
        f'incident_response_pages{{{ENGINE},alert="IncidentNeedsApproval"}}': "1x20",
    }
    assert "SUCCESS" in answers(tmp_path, PAGE, "Waiting for a person", series, {"{}": 3})
    assert "SUCCESS" in answers(tmp_path, PAGE, "Waiting for an approval", series, {"{}": 1})


def summary(name: str, total: str, count: str) -> dict[str, str]:
    """Return the series of a sum, and of how many incidents it is, with a value for each minute."""
    return {
        f"incident_response_{name}_{part}{{{ENGINE}}}": values for part, values in (("sum", total), ("count", count))
    }


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Mean time to detect", "detection_seconds"),
        ("Mean time to acknowledge", "acknowledgement_seconds"),
        ("Mean time to resolve", "resolution_seconds"),
    ],
)
def test_mean_times_are_those_of_the_incidents_in_the_time_range(tmp_path: Path, title: str, name: str) -> None:
    # Ten incidents from before, of a minute each; then one of ten minutes, and one of twenty.
    series = summary(name, "600x70 1200x10 2400x30", "10x70 11x10 12x30")
    assert "SUCCESS" in answers(tmp_path, PAGE, title, series, {"{}": 900}, at="110m")


@pytest.mark.parametrize("title", ["Mean time to detect", "Revenue lost", "Error budget lost"])
def test_without_an_incident_of_which_it_is_known_there_is_no_0(tmp_path: Path, title: str) -> None:
    series = {
        **summary("detection_seconds", "600x110", "10x110"),
        **summary("lost_revenue", "600x110", "10x110"),
        **summary("lost_budget_seconds", "600x110", "10x110"),
    }
    assert "SUCCESS" in answers(tmp_path, PAGE, title, series, {}, at="110m")


def test_an_incident_that_cost_nothing_is_known_to(tmp_path: Path) -> None:
    series = summary("lost_revenue", "600x110", "10x70 11x40")
    assert "SUCCESS" in answers(tmp_path, PAGE, "Revenue lost", series, {"{}": 0}, at="110m")


def test_guards_that_refused_nothing_are_not_drawn(tmp_path: Path) -> None:
    series = {
        f'incident_response_refusals_total{{{ENGINE},guard="people"}}': "0x110",
        f'incident_response_refusals_total{{{ENGINE},guard="cooldown"}}': "0x79 30x30",
    }
    asked = {'{guard="cooldown"}': 30}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Refusals by guard", series, asked, at="110m")
