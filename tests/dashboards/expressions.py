# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a dashboard asks Prometheus, read from its JSON model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Expression", "all_panels", "annotation_expressions", "expressions", "variable_selectors"]

_TIMES = {
    "__rate_interval": "5m",
    "__interval": "1m",
    "__range": "1h",
    "__range_s": "3600",
}
# $1 and ${1} are groups of label_replace.
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::\w+)?\})")
_LABEL_VALUES = re.compile(r"label_values\((?:(?P<selector>.*),\s*)?(?P<label>\w+)\)")


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A question of a dashboard: `panel` is the title of what asks it, `expr` is ready to be asked.

    Variables of the dashboard stand for all their values there, and Grafana's windows of time are usual ones.
    `when_empty` is what the panel shows in place of no answer; without it there always has to be one.
    """

    panel: str
    expr: str
    written: str
    when_empty: str = ""


def all_panels(dashboard: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every panel but rows, those within collapsed rows among them."""
    for panel in dashboard.get("panels") or []:
        if panel.get("type") == "row":
            yield from panel.get("panels") or []
        else:
            yield panel


def expressions(dashboard: Mapping[str, Any]) -> list[Expression]:
    """Return what the panels of the dashboard ask Prometheus, in their order."""
    return [
        Expression(
            panel=str(panel.get("title")),
            expr=_ready(target["expr"]),
            written=target["expr"],
            when_empty=((panel.get("fieldConfig") or {}).get("defaults") or {}).get("noValue") or "",
        )
        for panel in all_panels(dashboard)
        for target in panel.get("targets") or []
        if "expr" in target
    ]


def annotation_expressions(dashboard: Mapping[str, Any]) -> list[Expression]:
    """Return what the annotations of the dashboard ask Prometheus."""
    return [
        Expression(panel=f"annotation {found.get('name')}", expr=_ready(found["expr"]), written=found["expr"])
        for found in (dashboard.get("annotations") or {}).get("list") or []
        if found.get("expr")
    ]


def variable_selectors(dashboard: Mapping[str, Any]) -> list[Expression]:
    """Return the series of which the variables of the dashboard take the values of a label."""
    found = []
    for variable in (dashboard.get("templating") or {}).get("list") or []:
        match = _LABEL_VALUES.fullmatch(str(variable.get("query", "")))
        if variable.get("type") == "query" and match and match["selector"]:
            selector = match["selector"]
            found.append(Expression(panel=f"variable {variable['name']}", expr=_ready(selector), written=selector))
    return found


def _ready(expr: str) -> str:
    return _VARIABLE.sub(lambda match: _TIMES.get(match[1] or match[2], ".*"), expr)
