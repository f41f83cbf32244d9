"""Forecasts of rules: each needs as much history as it looks back on, or fresh hosts are told to be full soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import promql_parser

from ansible_collections.vigil.observability.tests.house_rules.alerts import shipped
from ansible_collections.vigil.observability.tests.house_rules.expressions import metrics, nodes

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["hasty", "too_early"]

_FORECASTS = {"deriv", "predict_linear", "double_exponential_smoothing", "holt_winters"}
_ENOUGH = 0.9


def hasty(tree: Tree) -> Iterator[str]:
    """Yield a sentence for each forecast of a shipped alert that does not ask for the history that it looks back on."""
    for alert in shipped(tree):
        for problem in too_early(alert.expr):
            yield f"{alert.file}: {alert.name} {problem}"


def too_early(expr: str, recorded: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield what is wrong with each forecast of an expression.

    What it needs is that `count_over_time(metric[window:step])` exceeds nine tenths of the steps, in the expression
    or in a recording that it names: `recorded` are expressions by the name of what they record.
    """
    named = [recorded[name] for name in metrics(expr) if recorded and name in recorded]
    known = [guard for one in (expr, *named) for guard in _guards(one)]
    for metric, window in _forecasts(expr):
        if not any(metric == guarded and window <= long for guarded, long in known):
            yield f"foresees {metric} from {window} of samples, and lacks `and N < count_over_time(..)` of so much"


def _forecasts(expr: str) -> Iterator[tuple[str, timedelta]]:
    for node in nodes(promql_parser.parse(expr)):
        if isinstance(node, promql_parser.Call) and node.func.name in _FORECASTS:
            yield _ranged(node.args[0])


def _guards(expr: str) -> Iterator[tuple[str, timedelta]]:
    """Yield metric and window of each count of samples that has to exceed enough of them."""
    for node in nodes(promql_parser.parse(expr)):
        if not isinstance(node, promql_parser.BinaryExpr) or str(node.op) != "<":
            continue
        window = _counted(node.rhs)
        least = node.lhs.val + 1 if isinstance(node.lhs, promql_parser.NumberLiteral) else 0
        if window and least >= int(_ENOUGH * (window.range / window.step)):
            yield _ranged(window)


def _counted(node: Any) -> Any:
    """Return the window whose steps a node counts, however often there is a sample; None where it counts none."""
    counts = isinstance(node, promql_parser.Call) and node.func.name == "count_over_time"
    return node.args[0] if counts and isinstance(node.args[0], promql_parser.SubqueryExpr) else None


def _ranged(node: Any) -> tuple[str, timedelta]:
    (metric,) = {str(inner.name) for inner in nodes(node) if isinstance(inner, promql_parser.VectorSelector)}
    return metric, node.range
