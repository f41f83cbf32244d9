# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Grafana itself shows no number that Grafana has not counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._dashboards.page_answers import (
    answers,
    overrides,
    page,
    panel,
)

WHERE = 'job="grafana",instance="mon1:3000"'
PAGE = page("grafana")


@pytest.mark.parametrize(
    ("stored", "at", "shown"),
    [("0x60", "20m", None), ("0x60", "40m", 0), ("8x60", "5m", 8), ("0x29 8x31", "40m", 8)],
    ids=["new, not counted since", "none there", "counted at the start", "counted since"],
)
def test_dashboards_are_not_0_before_grafana_has_counted_them(
    tmp_path: Path, stored: str, at: str, shown: int | None
) -> None:
    series = {
        f"grafana_stat_totals_dashboard{{{WHERE}}}": stored,
        f"process_start_time_seconds{{{WHERE}}}": "0x60",
    }
    expected = {} if shown is None else {'{instance="mon1:3000"}': float(shown)}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Dashboards", series, expected, at=at)
    assert panel(PAGE, "Dashboards")["fieldConfig"]["defaults"]["noValue"] == "not counted yet"


def test_classes_of_status_have_the_same_colour_everywhere(tmp_path: Path) -> None:
    counted = f"grafana_http_request_duration_seconds_count{{{WHERE},status_code="
    series = {f'{counted}"{status}"}}': "0+60x20" for status in (200, 204, 404, 502, -1)}
    classes = {'{class="2xx"}': 2.0, '{class="4xx"}': 1.0, '{class="5xx"}': 1.0}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Requests by status", series, classes)
    shown = panel(PAGE, "Requests by status")
    colours = {first: overrides(shown, f"/^{first}/")["color"]["fixedColor"] for first in "2345"}
    assert colours == {"2": "green", "3": "blue", "4": "orange", "5": "red"}


def test_connections_that_stay_open_are_no_slow_answers(tmp_path: Path) -> None:
    bucket = f"grafana_http_request_duration_seconds_bucket{{{WHERE}"
    series = {
        f'{bucket},handler="/api/live/ws",le="+Inf"}}': "0+60x20",
        f'{bucket},handler="/api/search",le="0.1"}}': "0+60x20",
        f'{bucket},handler="/api/search",le="+Inf"}}': "0+60x20",
    }
    slow = {'{handler="/api/search"}': 0.095}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Response time by handler", series, slow)


def test_data_sources_that_nobody_asks_are_not_shown(tmp_path: Path) -> None:
    asked = f"grafana_datasource_request_total{{{WHERE},code="
    series = {f'{asked}"200",datasource="used"}}': "0+60x20", f'{asked}"200",datasource="idle"}}': "0x20"}
    used = {'{datasource="used",class="2xx"}': 1.0}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Requests to data sources", series, used)


def test_alerting_that_is_not_used_is_told_and_not_measured(tmp_path: Path) -> None:
    series = {
        f"grafana_alerting_schedule_alert_rules{{{WHERE}}}": "0x20",
        f"grafana_alerting_scheduler_behind_seconds{{{WHERE}}}": "0.1x20",
    }
    assert "SUCCESS" in answers(tmp_path, PAGE, "Alerting behind", series, {})
    assert panel(PAGE, "Alerting behind")["fieldConfig"]["defaults"]["noValue"] == "no Grafana alert rules"
