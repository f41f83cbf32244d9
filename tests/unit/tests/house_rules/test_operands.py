"""What is asked of the sides of an operator finds sides that match, whatever the values are, and none else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.plugin_utils._rules.alert_summaries import SUMMARY_SERIES
from ansible_collections.vigil.observability.tests.house_rules import alerts, operands
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate
from ansible_collections.vigil.observability.tests.unit.tests.rules.generated import RULE_SETS

ROOT = Path(__file__).resolve().parents[4]
# As Prometheus shows itself since 3.10, and before.
NEW = {
    'dropped{job="p",alertmanager="a"}': 1,
    'length{job="p",alertmanager="a"}': 0,
    'capacity{job="p"}': 9,
    'found{job="p"}': 2,
}
OLD = {'dropped{job="p"}': 1, 'length{job="p"}': 0, 'capacity{job="p"}': 9, 'found{job="p"}': 2}
MISSING = {
    "later": [({"slo": "x"}, "sum by (job) (found)")],
    "grows": [({"slo": "x"}, "grows offset 1m + found or found")],
}


def judged(folder: Path, expr: str, series: dict[str, int], *, matches: list[bool]) -> str:
    """Return the output of promtool when all that is asked about an operator has an answer where its sides match."""
    checks = [
        {
            "expr": " and on () ".join(f"group({question})" for question in questions),
            "eval_time": "5m",
            "exp_samples": [{"labels": "{}", "value": 1}] if match else [],
        }
        for (_operator, questions), match in zip(
            operands.matching_questions(expr, 'job!="other"', MISSING), matches, strict=True
        )
    ]
    given = [{"series": name, "values": f"{value}x9"} for name, value in series.items()]
    return evaluate(folder, {"interval": "1m", "input_series": given, "promql_expr_test": checks})


@pytest.mark.parametrize(
    ("expr", "new", "old"),
    [
        ("increase(dropped[5m]) > 0 and found > 0", [False], [True]),
        ("min without (alertmanager) (increase(dropped[5m])) > 0 and found > 0", [True], [True]),
        ("length / capacity > 0.5", [False], [True]),
        ("length / ignoring (alertmanager) group_left () capacity > 0.5", [True], [True]),
        ("found unless on (job) (length > 5)", [True], [True]),
        ("found unless length", [False], [True]),
        ("length or on (nothing) found", [True], [True]),
        ("found or nowhere", [False], [False]),
        ("found > 5 and found offset 1w < 1", [True], [True]),
        ("-count(found) > on () group_right (job) (time() - capacity) * 2", [True], [True]),
        ('max_over_time(later{slo="x"}[7d]) - on (job) found', [True], [True]),
        ('later{slo="other"} - on (job) found', [False], [False]),
        ("found - later", [False], [False]),
        ("found + on (job) grows", [True], [True]),
        ("topk by (job) (1, (found == 7)) > avg_over_time(capacity[5m:1m])", [True], [True]),
    ],
)
def test_sides_that_match_are_told_from_those_that_do_not(
    expr: str, new: list[bool], old: list[bool], tmp_path: Path
) -> None:
    assert "SUCCESS" in judged(tmp_path, expr, NEW, matches=new)
    assert "SUCCESS" in judged(tmp_path, expr, OLD, matches=old)


def test_series_that_are_not_looked_at_are_no_answer(tmp_path: Path) -> None:
    series = {'found{job="other"}': 1, 'capacity{job="other"}': 1}
    assert "SUCCESS" in judged(tmp_path, "found + capacity", series, matches=[False])


def test_rules_without_a_match_are_rules_that_there_are_and_each_has_its_reason() -> None:
    unmatched = yaml.safe_load((ROOT / "tests/rules/unmatched_operands.yml").read_text(encoding="utf-8"))
    tree = Tree.of(ROOT)
    files = [*(rule_set["rules"] for rule_set in RULE_SETS), *map(tree.data, alerts.shipped_files(tree))]
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"]]
    names = {SUMMARY_SERIES, *(rule.get("alert") or rule["record"] for rule in rules)}
    for reasons in unmatched.values():
        assert set(reasons) <= names
        assert all(isinstance(reason, str) and reason for reason in reasons.values())
