# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Summaries of alerts as series, compared with what the real Prometheus says in its annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboard_summaries import (
    SUMMARY_SERIES,
    summary_group,
)
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate


def alert(name: str, summary: str, *, severity: str = "warning", expr: str = "up == 0") -> dict[str, Any]:
    """Return a rule."""
    return {"alert": name, "expr": expr, "labels": {"severity": severity}, "annotations": {"summary": summary}}


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ("{{ $labels.host }} is down", "mon1 is down"),
        ("Disk {{$labels.device}} of {{ $labels.host }}", "Disk sda of mon1"),
        ("{{ $labels.device }}{{ $labels.host }}", "sdamon1"),
        ("Nothing answers", "Nothing answers"),
        ('It costs $5, "really", \\ and $$', 'It costs $5, "really", \\ and $$'),
    ],
)
def test_summary_is_what_prometheus_says(summary: str, said: str, tmp_path: Path) -> None:
    rules = {"name": "g", "rules": [alert("Down", summary)]}
    labels = {"severity": "warning", "host": "mon1", "device": "sda", "instance": "mon1:9100"}
    words = said.replace("\\", "\\\\").replace('"', '\\"')
    recorded = f'{SUMMARY_SERIES}{{alertname="Down",severity="warning",instance="mon1:9100",summary="{words}"}}'
    test = {
        "interval": "1m",
        "input_series": [{"series": 'up{host="mon1",device="sda",instance="mon1:9100"}', "values": "0x10"}],
        "alert_rule_test": [
            {
                "eval_time": "5m",
                "alertname": "Down",
                "exp_alerts": [{"exp_labels": labels, "exp_annotations": {"summary": said}}],
            }
        ],
        "promql_expr_test": [
            {"expr": SUMMARY_SERIES, "eval_time": "5m", "exp_samples": [{"labels": recorded, "value": 1}]}
        ],
    }
    assert "SUCCESS" in evaluate(tmp_path, test, [rules, summary_group([rules])])


def test_what_changes_with_the_value_is_left_out() -> None:
    [rule] = summary_group([{"rules": [alert("Full", "{{ $value | humanize }} % of {{ $labels.host }}")]}])["rules"]
    assert '"… % of "' in rule["expr"]
    assert rule["expr"].endswith('"summary", "", "words_0", "host"))')


def test_alerts_of_one_name_are_told_apart_by_severity() -> None:
    rules = [alert("Down", "a", severity="warning"), alert("Down", "b", severity="critical"), alert("Down", "c")]
    made = summary_group([{"rules": rules}])["rules"]
    assert [('severity="warning"' in rule["expr"], '"a"' in rule["expr"]) for rule in made] == [
        (True, True),
        (False, False),
    ]
    assert [rule["labels"]["severity"] for rule in made] == ["warning", "critical"]


def test_recordings_and_alerts_without_a_summary_are_left_alone() -> None:
    rules = [{"record": "a", "expr": "b"}, {"alert": "c", "expr": "d"}]
    assert summary_group([{"rules": rules}, {"name": "empty"}]) == {"name": "alert_summaries", "rules": []}


def test_severity_that_a_template_gives_is_not_asked_for() -> None:
    [rule] = summary_group([{"rules": [alert("Down", "a", severity="{{ $labels.severity }}")]}])["rules"]
    assert "severity=" not in rule["expr"]
