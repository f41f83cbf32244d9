"""Both sides of each operator of each rule have series that match, of both releases of what is scraped."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.vigil.observability.tests.house_rules.operands import matching_questions

testinfra_hosts = ["stack-1", "stack-2"]
ROOT = Path(__file__).resolve().parents[3]
UNMATCHED = yaml.safe_load((ROOT / "tests/rules/unmatched_operands.yml").read_text(encoding="utf-8"))


@pytest.fixture
def sides(host, prometheus):
    """Return what to ask of the sides of every operator, of the series of this host's releases alone."""
    other = {"stack-1": "stack-2", "stack-2": "stack-1"}[host.backend.get_hostname()]
    matcher = f'instance!~"{other}:(9090|9093|9100)"'
    rules = [rule for group in prometheus("rules")["groups"] for rule in group["rules"]]
    known = set(prometheus("label/__name__/values"))
    missing: dict[str, list[tuple[dict[str, str], str]]] = {}
    for rule in (rule for rule in rules if rule["type"] == "recording" and rule["name"] not in known):
        missing.setdefault(rule["name"], []).append((rule["labels"], rule["query"]))
    return [
        (rule["name"], operator, question)
        for rule in rules
        for operator, questions in matching_questions(rule["query"], matcher, missing)
        for question in questions
    ]


def test_both_sides_of_operators_have_series_that_match(prometheus, sides, answered, eventually):
    version = prometheus("status/buildinfo")["version"].partition("+")[0]
    expected = {*UNMATCHED["every release"], *UNMATCHED.get(version, {})}
    left = set(sides)
    assert len(left) > 200

    def unmatched():
        asked = sorted(left)
        found = answered([question for _rule, _operator, question in asked])
        left.difference_update(one for one, data in zip(asked, found, strict=True) if data)
        return {rule for rule, _operator, _question in left} - UNMATCHED["at times"].keys()

    eventually(unmatched, expected)
