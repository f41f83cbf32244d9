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
