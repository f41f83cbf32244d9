"""What to ask a Prometheus of the two sides of each operator of a rule: whether they have series that match."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import promql_parser

from ansible_collections.vigil.observability.tests.house_rules.expressions import nodes

__all__ = ["Recordings", "matching_questions"]

# Labels and expressions of the rules that record a metric, by its name.
Recordings = Mapping[str, Sequence[tuple[Mapping[str, str], str]]]
# Steps of hours would find nothing on a server that began a minute ago.
_JUST_NOW = "[1m:20s]"
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


def matching_questions(
    expr: str, matcher: str = "", missing: Recordings | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Yield each operator between two vectors, as it is written, with questions that all need an answer.

    Sides are asked for whatever their values are: comparisons filter nothing, what `unless` takes away stays, and what
    lies back is asked for now. `matcher` is added to every selector. What rules will record only later (`missing`) is
    replaced by what they record. The sides of `or` need no series in common, so there are two questions.
    """
    asked = _Asked(matcher, missing or {})
    for node in nodes(promql_parser.parse(expr)):
        if not isinstance(node, promql_parser.BinaryExpr) or _scalar(node.lhs) or _scalar(node.rhs):
            continue
        written = f"{node.op} {' '.join(node.rhs.prettify().split())}"
        left, right = asked.text(node.lhs), asked.text(node.rhs)
        yield written, [left, right] if str(node.op) == "or" else [f"{left} and {_matching(node)} {right}"]


def _scalar(node: Any) -> bool:
    if isinstance(node, promql_parser.BinaryExpr):
        return _scalar(node.lhs) and _scalar(node.rhs)
    if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr):
        return _scalar(node.expr)
    if isinstance(node, promql_parser.Call):
        return bool(node.func.return_type == promql_parser.ValueType.Scalar)
    return isinstance(node, promql_parser.NumberLiteral)


def _matching(node: Any) -> str:
    """Return which labels have to be the same, such as `on (job)`."""
    return str(node.modifier.matching) if node.modifier and node.modifier.matching else ""


def _grouping(node: Any) -> str:
    side = str(node.modifier.card).rpartition(".")[2] if node.modifier else ""
    name = {"ManyToOne": "group_left", "OneToMany": "group_right"}.get(side)
    return f"{name} ({', '.join(node.modifier.group_labels)})" if name else ""


class _Asked:
    """Writes an expression so that it has every series that it can have, whatever their values."""

    def __init__(self, matcher: str, missing: Recordings) -> None:
        self.matcher = matcher
        self.missing = missing

    def text(self, node: Any) -> str:
        """Return the text of an expression, in parentheses where it is an operation."""
        written: dict[type, Callable[[Any], str]] = {
            promql_parser.VectorSelector: self._series,
            promql_parser.MatrixSelector: self._samples,
            promql_parser.SubqueryExpr: self._subquery,
            promql_parser.Call: lambda call: f"{call.func.name}({', '.join(map(self.text, call.args))})",
            promql_parser.AggregateExpr: self._aggregation,
            promql_parser.BinaryExpr: self._operation,
            promql_parser.ParenExpr: lambda inside: f"({self.text(inside.expr)})",
            promql_parser.UnaryExpr: lambda negated: f"(-{self.text(negated.expr)})",
        }
        return written.get(type(node), lambda literal: str(literal.prettify()))(node)

    def _series(self, node: Any) -> str:
        return self._recorded(node) or self._selector(node)

    def _samples(self, node: Any) -> str:
        recorded = self._recorded(node.vector_selector)
        if recorded:
            return f"({recorded}){_JUST_NOW}"
        return f"{self._selector(node.vector_selector)}[{int(node.range.total_seconds())}s]"

    def _subquery(self, node: Any) -> str:
        return f"({self.text(node.expr)}){_JUST_NOW}"

    def _aggregation(self, node: Any) -> str:
        given = ", ".join(self.text(one) for one in (node.param, node.expr) if one is not None)
        if not node.modifier:
            return f"{node.op}({given})"
        word = str(node.modifier.type).rpartition(".")[2].lower()
        return f"{node.op} {word} ({', '.join(node.modifier.labels)}) ({given})"

    def _operation(self, node: Any) -> str:
        if str(node.op) == "unless":
            return self.text(node.lhs)
        compares = "bool" if str(node.op) in _COMPARISONS else ""
        words = (node.op, compares, _matching(node), _grouping(node))
        return f"({self.text(node.lhs)} {' '.join(map(str, filter(None, words)))} {self.text(node.rhs)})"

    def _recorded(self, node: Any) -> str:
        """Return what is recorded as the series of a selector, nothing when they are there or no rule records them."""
        wanted = {one.name: one.value for one in node.matchers.matchers}
        for labels, expr in self.missing.get(node.name, []):
            if labels.items() >= wanted.items():
                # What adds to its own past stands for itself there.
                others = {name: rules for name, rules in self.missing.items() if name != node.name}
                text = _Asked(self.matcher, others).text(promql_parser.parse(expr))
                for name, value in labels.items():
                    text = f'label_replace({text}, "{name}", "{value}", "", "")'
                return text
        return ""

    def _selector(self, node: Any) -> str:
        signs = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
        matchers = [
            f"{one.name}{signs[str(one.op).rpartition('.')[2]]}{json.dumps(one.value, ensure_ascii=False)}"
            for one in node.matchers.matchers
        ]
        return f"{node.name or ''}{{{','.join(filter(None, [*matchers, self.matcher]))}}}"
