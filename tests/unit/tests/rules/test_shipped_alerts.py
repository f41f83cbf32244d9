"""What the tests of shipped alerts have to hold, and the metrics that shipped alerts may name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.tests.house_rules import alerts, expressions
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

ROOT = Path(__file__).resolve().parents[4]
SHIPPED = alerts.shipped(Tree.of(ROOT))
CONDITIONAL = yaml.safe_load((ROOT / "tests/rules/conditional_metrics.yml").read_text(encoding="utf-8"))
# It fires always; no series makes it silent.
ALWAYS = {"DeadMansSwitch"}


def cases() -> list[dict[str, Any]]:
    """Return every case of `tests/rules` that is about one alert."""
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in (ROOT / "tests/rules").glob("*.test.yml")]
    return [case for file in files for test in file["tests"] for case in test.get("alert_rule_test", [])]


@pytest.mark.parametrize(("fires", "exempt"), [(True, set()), (False, ALWAYS)])
def test_each_shipped_alert_is_tested_while_it_fires_and_while_it_is_silent(fires: bool, exempt: set[str]) -> None:
    tested = {case["alertname"] for case in cases() if bool(case["exp_alerts"]) is fires}
    assert {alert.name for alert in SHIPPED} - exempt == tested


def test_conditional_metrics_are_those_that_alerts_name_and_each_has_its_reason() -> None:
    named = {name for alert in SHIPPED for name in expressions.metrics(alert.expr)}
    assert set(CONDITIONAL) <= named
    assert all(isinstance(reason, str) and reason for reason in CONDITIONAL.values())
