"""The labels of metrics that are reserved, made from what shipped rules and dashboards ask for and show."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.filter.alerts_dashboard import alerts_dashboard
from ansible_collections.vigil.observability.plugins.filter.stack_dashboards import stack_dashboards
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import NOT_OF_METRICS
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import described_in
from ansible_collections.vigil.observability.tests.dashboards.expressions import expressions
from ansible_collections.vigil.observability.tests.house_rules.alerts import shipped_files
from ansible_collections.vigil.observability.tests.house_rules.generated import Part
from ansible_collections.vigil.observability.tests.house_rules.service_inputs import BEGIN, END

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["FILE", "asked", "outdated", "write"]

FILE = "plugins/plugin_utils/_rules/labels.py"
_PART = Part("list of labels", BEGIN, END)
_SELECTOR = re.compile(r"\{([^}]*)\}")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_SHOWN = re.compile(r"\$labels\.(\w+)")


def outdated(tree: Tree) -> Iterator[str]:
    """Yield a sentence when a rule or a dashboard asks for a label that is not reserved, or none does any more."""
    yield from _PART.outdated(tree, _made(tree))


def write(tree: Tree) -> list[str]:
    """Renew the list and return the name of its file if it changed."""
    return _PART.write(tree, _made(tree))


def asked(expr: str) -> set[str]:
    """Return the labels that an expression selects or groups by."""
    selected = {name for text in _SELECTOR.findall(expr) for name in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", text)}
    grouped = {name for text in _GROUPING.findall(expr) for name in re.findall(r"\w+", text)}
    # What label_replace and label_join write is made in the query, whatever the label was before.
    return {name for name in selected | grouped if f'"{name}"' not in expr}


def _made(tree: Tree) -> dict[str, str]:
    if FILE not in tree.names:
        return {}
    rules = [rule for file in shipped_files(tree) for group in tree.data(file)["groups"] for rule in group["rules"]]
    services = [*described_in(tree.text("services.yml")), "probes"]
    pages = [*stack_dashboards(services), alerts_dashboard("https://alerts.example")]
    asks = [*(rule["expr"] for rule in rules), *(one.expr for page in pages for one in expressions(page))]
    shown = {name for rule in rules for text in rule.get("annotations", {}).values() for name in _SHOWN.findall(text)}
    labels = sorted(({name for expr in asks for name in asked(expr)} | shown) - NOT_OF_METRICS)
    words = textwrap.fill(", ".join(f'"{name}"' for name in labels) + ",", 116)
    return {FILE: f"_OF_METRICS = (\n{textwrap.indent(words, '    ')}\n)  # fmt: skip\n"}
