"""The analysis of alerts finds the selectors of an expression that a parser of PromQL finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from ansible_collections.vigil.observability.plugins.module_utils._alert_history.selectors import selectors_of
from ansible_collections.vigil.observability.tests.house_rules.expressions import nodes
from ansible_collections.vigil.observability.tests.unit.tests.rules.generated import RULE_SETS

FILES = Path(__file__).resolve().parents[4] / "roles/prometheus/files/rules"


def expressions() -> Iterator[str]:
    """Yield those of all shipped and generated rules."""
    shipped = [yaml.safe_load(path.read_text()) for path in FILES.glob("*.yml")]
    for rules in (*shipped, *(one["rules"] for one in RULE_SETS)):
        yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])


def plain(selector: Any) -> str:
    """Return a selector without its offset and time."""
    return str(selector.prettify()).partition(" offset ")[0].partition(" @ ")[0]


def test_selectors_of_every_rule_are_those_of_its_syntax_tree() -> None:
    found = [*expressions()]
    assert len(found) > 300
    for expr in found:
        tree = [one for one in nodes(promql_parser.parse(expr)) if isinstance(one, promql_parser.VectorSelector)]
        assert {plain(promql_parser.parse(one)) for one in selectors_of(expr)} == {*map(plain, tree)}, expr
