# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Summaries of alerts as series, compared with what the real Prometheus says in its annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.filter.application_rules import application_rules
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.alert_summaries import (
    SUMMARY_SERIES,
    summary_group,
)
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate

RULES = Path(__file__).parents[5] / "roles/prometheus/files/rules"
PROMISES = {
    "objectives": [{"kind": "availability", "target": 0.999}, {"kind": "latency", "target": 0.99, "threshold": 0.5}],
    "business": [{"name": "revenue", "expr": "sum(revenue)"}],
}


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
    series = {"up": "0x10"}
    recorded = {"severity": "warning", "host": "mon1", "device": "sda", "instance": "mon1:9100", "summary": said}
    assert_recorded(tmp_path, alert("Down", summary), series, recorded, since=0)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://docs.example/runbooks/hosts.md#down", "https://docs.example/runbooks/hosts.md#down"),
        ("https://docs.example/{{ $labels.host }}", "https://docs.example/mon1"),
    ],
)
def test_runbook_is_the_one_that_alertmanager_is_told(address: str, said: str, tmp_path: Path) -> None:
    rule = alert("Down", "{{ $labels.host }} is down")
    rule["annotations"]["runbook_url"] = address
    recorded = {"severity": "warning", "host": "mon1", "device": "sda", "instance": "mon1:9100"}
    recorded |= {"summary": "mon1 is down", "runbook_url": said}
    assert_recorded(tmp_path, rule, {"up": "0x10"}, recorded, since=0)


def test_value_is_the_time_since_when_the_alert_is_active_and_not_since_when_it_fires(tmp_path: Path) -> None:
    rule = {**alert("Down", "a"), "for": "2m"}
    recorded = {"severity": "warning", "host": "mon1", "device": "sda", "instance": "mon1:9100", "summary": "a"}
    assert_recorded(tmp_path, rule, {"up": "1 1 0x10"}, recorded, since=120)


def assert_recorded(
    folder: Path, rule: dict[str, Any], series: dict[str, str], recorded: dict[str, str], *, since: int
) -> None:
    """Have promtool evaluate the alert and what is recorded of it, and compare five minutes later."""
    told = ("summary", "runbook_url")
    alerted = {name: value for name, value in recorded.items() if name not in told}
    texts = {name: value for name, value in recorded.items() if name in told}
    labels = ",".join(f"{name}={json.dumps(value)}" for name, value in {"alertname": "Down", **recorded}.items())
    rules = {"name": "g", "rules": [rule]}
    test = {
        "interval": "1m",
        "input_series": [
            {"series": f'{name}{{host="mon1",device="sda",instance="mon1:9100"}}', "values": values}
            for name, values in series.items()
        ],
        "alert_rule_test": [
            {
                "eval_time": "5m",
                "alertname": "Down",
                "exp_alerts": [{"exp_labels": alerted, "exp_annotations": texts}],
            }
        ],
        "promql_expr_test": [
            {
                "expr": SUMMARY_SERIES,
                "eval_time": "5m",
                "exp_samples": [{"labels": f"{SUMMARY_SERIES}{{{labels}}}", "value": since}],
            }
        ],
    }
    assert "SUCCESS" in evaluate(folder, test, [rules, summary_group([rules])])


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


def test_every_alert_of_ours_is_recorded_with_its_runbook() -> None:
    groups = [group for file in sorted(RULES.glob("*.yml")) for group in yaml.safe_load(file.read_text())["groups"]]
    shop = {"name": "shop", "team": "sales", "depends_on": ["cart"], **PROMISES}
    generated = application_rules([shop, {"name": "cart", "team": "sales"}])
    groups += [group for rule_set in generated for group in rule_set["rules"]["groups"]]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    recorded = {rule["labels"]["alertname"]: rule["expr"] for rule in summary_group(groups)["rules"]}
    assert len(alerts) > 100
    for rule in alerts:
        address = rule["annotations"]["runbook_url"]
        assert f'"runbook_url", "{address}", "", "")' in recorded[rule["alert"]]
