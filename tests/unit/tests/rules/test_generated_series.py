"""Tests of generated rules give series the labels that they really have."""

from __future__ import annotations

from typing import Any

import promql_parser

from ansible_collections.vigil.observability.tests.unit.tests.rules.generated import RULE_SETS


def test_series_of_generated_tests_have_the_labels_of_targets_or_of_the_rule_that_records_them() -> None:
    rules = [rule for rule_set in RULE_SETS for group in rule_set["rules"]["groups"] for rule in group["rules"]]
    recorded = {rule["record"]: set(rule["labels"]) for rule in rules if "record" in rule}
    series = {
        one["series"] for rule_set in RULE_SETS for test in rule_set["tests"]["tests"] for one in test["input_series"]
    }
    assert len(series) > 50
    for one in series:
        selector: Any = promql_parser.parse(one)
        labels = {label.name for label in selector.matchers.matchers}
        if selector.name in recorded:
            assert labels == recorded[selector.name], selector
        else:
            # An application has the labels that its entry in the inventory names.
            assert {"job", "instance"} <= labels <= {"job", "instance", "status_code", "le"}, selector
