"""What an expression of PromQL names and compares with, by its syntax tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import promql_parser

__all__ = ["compared_numbers", "metrics", "nodes", "unknown_metrics"]

_PARTS = ("lhs", "rhs", "expr", "args", "param", "vector_selector")
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


def metrics(expr: str) -> set[str]:
    """Return the names of the metrics of an expression, also of those that it names by a matcher of `__name__`."""
    selectors = [node for node in nodes(promql_parser.parse(expr)) if isinstance(node, promql_parser.VectorSelector)]
    by_matcher = {
        matcher.value for selector in selectors for matcher in selector.matchers.matchers if matcher.name == "__name__"
    }
    return {selector.name for selector in selectors if selector.name} | by_matcher


def unknown_metrics(
    expressions: Mapping[str, str], known: Iterable[str], conditional: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Return the metrics that are neither known nor conditional, by the name of the expression that names them.

    `known` are names that a Prometheus has, as its API gives them for the label `__name__`; `conditional` are names
    of metrics that exist only under circumstances.
    """
    allowed = {*known, *conditional}
    found = {name: sorted(metrics(expr) - allowed) for name, expr in expressions.items()}
    return {name: unknown for name, unknown in found.items() if unknown}


def compared_numbers(expr: str) -> list[float]:
    """Return the numbers other than 0 that stand on the right of comparisons."""
    compared = [
        node.rhs
        for node in nodes(promql_parser.parse(expr))
        if isinstance(node, promql_parser.BinaryExpr) and str(node.op) in _COMPARISONS
    ]
    numbers = [_number(node) for node in compared]
    return [number for number in numbers if number]


def _number(node: Any) -> float:
    """Return the number that a node stands for with its sign, 0 when it stands for something else."""
    if isinstance(node, promql_parser.UnaryExpr):
        return -_number(node.expr)
    return float(node.val) if isinstance(node, promql_parser.NumberLiteral) else 0


def nodes(node: Any) -> Iterator[Any]:
    """Yield a node of a syntax tree and all that it consists of."""
    yield node
    for part in _PARTS:
        found = getattr(node, part, None)
        for child in found if isinstance(found, list | tuple) else [found]:
            if isinstance(child, promql_parser.Expr | promql_parser.VectorSelector):
                yield from nodes(child)
