"""The inhibition rules that the role alertmanager ships speak of alerts that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.filter.application_rules import application_rules
from ansible_collections.vigil.observability.tests.house_rules.alerts import shipped
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

ROOT = Path(__file__).resolve().parents[3]
RULES = yaml.safe_load((ROOT / "roles/alertmanager/files/inhibit_rules.yml").read_text(encoding="utf-8"))
SHOP = {"name": "shop", "team": "sales", "objectives": [{"kind": "availability", "target": 0.99}]}


def test_every_alert_that_is_named_is_shipped_or_generated() -> None:
    generated = [
        rule["alert"]
        for rule_set in application_rules([SHOP])
        for group in rule_set["rules"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    known = {*(alert.name for alert in shipped(Tree.of(ROOT))), *generated}
    matchers = [one for rule in RULES for one in (*rule["source_matchers"], *rule["target_matchers"])]
    named = {
        name for one in matchers if one.startswith("alertname") for name in re.findall(r"\w+", one.split("=", 1)[1])
    }
    assert len(named) > 20
    assert named - known == set()


@pytest.mark.parametrize(("above", "below"), [("critical", "high"), ("critical", "warning"), ("high", "warning")])
def test_an_alert_suppresses_itself_at_a_lower_severity(above: str, below: str) -> None:
    same = ["alertname", "cluster", "instance"]
    targets = [one["target_matchers"][0] for one in RULES if one["source_matchers"] == [f'severity="{above}"']]
    assert [one["equal"] for one in RULES if one["source_matchers"] == [f'severity="{above}"']] == [same]
    assert below in re.findall(r"\w+", targets[0].partition("=")[2])
