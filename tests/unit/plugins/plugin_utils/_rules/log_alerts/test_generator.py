# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of alerts on log lines pass their own tests, and those tests notice when a rule is broken."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.counted_log_alerts import (
    FilterModule as Counted,
)
from ansible_collections.vigil.observability.plugins.filter.counted_log_alerts import (
    counted_log_alerts,
)
from ansible_collections.vigil.observability.plugins.filter.log_alert_rules import FilterModule, log_alert_rules
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import ROLES
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.files import files_of_rule_sets
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import judge

SHIPPED = yaml.safe_load((ROLES.parent / "log_alerts.yml").read_text(encoding="utf-8"))
ERRORS = {"name": "errors", "query": "level:ERROR", "threshold": 10, "window": "5m", "severity": "critical"}
AWKWARD = {
    **ERRORS,
    "name": "Awkward",
    "query": {"query_string": {"query": 'message:"{{ $value }}" AND path:\\/a\\/b\n'}},
    "threshold": 1_234_567,
    "labels": {"team": "shop", "service": "größe"},
}


def test_filters_have_their_names() -> None:
    assert FilterModule().filters() == {"log_alert_rules": log_alert_rules}
    assert Counted().filters() == {"counted_log_alerts": counted_log_alerts}


@pytest.mark.parametrize(
    "alerts", [SHIPPED, [{**ERRORS, "threshold": 1}], [AWKWARD]], ids=["shipped", "one", "awkward"]
)
def test_rules_pass_their_tests(tmp_path: Path, alerts: list[dict[str, Any]]) -> None:
    assert judge(tmp_path, files_of_rule_sets(log_alert_rules(alerts))) == ""


@pytest.mark.parametrize(
    ("right", "wrong"), [(">= 10", "> 10"), (">= 10", ">= 9"), ("max by (alert) ", ""), ("max", "min"), ("max", "sum")]
)
def test_a_broken_rule_fails_its_tests(tmp_path: Path, right: str, wrong: str) -> None:
    (broken,) = copy.deepcopy(log_alert_rules([ERRORS]))
    [rule] = broken["rules"]["groups"][0]["rules"]
    assert right in rule["expr"]
    rule["expr"] = rule["expr"].replace(right, wrong)
    assert "FAILED" in judge(tmp_path, files_of_rule_sets([broken]))


def test_the_shipped_alerts_are_those_of_the_guide() -> None:
    assert [(one["name"], one["threshold"], one["window"], one["severity"], one["action"]) for one in SHIPPED] == [
        ("high_error_rate", 10, "5m", "critical", "notify_oncall"),
        ("security_events", 1, "1m", "critical", "notify_security_team"),
        ("payment_failures", 5, "10m", "high", "notify_business_team"),
    ]
    [rules] = log_alert_rules(SHIPPED)
    labels = [rule["labels"] for rule in rules["rules"]["groups"][0]["rules"]]
    assert labels[2] == {"severity": "high", "action": "notify_business_team"}


def test_without_an_alert_there_is_no_rule() -> None:
    assert log_alert_rules([]) == []


def test_windows_are_counted_in_seconds() -> None:
    counted = {"name": "errors", "query": "level:ERROR", "threshold": 10, "window": 5400}
    assert counted_log_alerts([{**ERRORS, "window": "1h30m"}]) == [counted]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"threshold": 0}, "errors has the threshold 0: it has to be a whole number of at least 1."),
        ({"threshold": 1.5}, "errors has the threshold 1.5: it has to be a whole number of at least 1."),
        ({"threshold": True}, "errors has the threshold True: it has to be a whole number of at least 1."),
        ({"window": "5 minutes"}, "errors has the window 5 minutes: write a duration such as 90s, 5m or 1h30m"),
        (
            {"severity": "fatal"},
            "errors has the severity fatal: it has to be one of critical, high, warning and info.",
        ),
        ({"query": ["a"]}, "errors has a query that is neither a text in Lucene's syntax nor a mapping."),
        ({"query": ""}, "errors lacks query."),
        ({"name": "high-errors"}, "high-errors has a name that no alert can have: use letters, digits and _"),
        ({"timeWindow": "5m"}, "errors has the unknown key timeWindow (did you mean window?): use name, query"),
        ({"labels": ["a"]}, "errors has labels that are not a mapping of label to value."),
        ({"labels": {"severity": "x"}}, "errors has labels that it gets by itself, severity: use the keys"),
        ({"labels": {"job": "x"}}, "errors has labels that cannot contain job, which is a label of the stack's own"),
    ],
)
def test_an_alert_that_cannot_be_used_is_refused_in_a_sentence(changed: dict[str, Any], sentence: str) -> None:
    for made, start in ((log_alert_rules, "Cannot generate rules"), (counted_log_alerts, "Cannot count log lines")):
        with pytest.raises(AnsibleFilterError) as refused:
            made([{**ERRORS, **changed}])
        assert str(refused.value).startswith(start)
        assert sentence in str(refused.value)


@pytest.mark.parametrize("described", [{"errors": ERRORS}, ["errors"], [ERRORS, ERRORS]])
def test_what_is_no_list_of_different_alerts_is_refused(described: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"list of mappings|errors is there 2 times"):
        log_alert_rules(described)
