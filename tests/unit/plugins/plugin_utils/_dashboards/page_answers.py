# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What panels of the stack's pages show, by what the real promtool makes of their questions over series of a test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.pages import stack_pages
from ansible_collections.vigil.observability.tests.dashboards.expressions import (
    all_panels,
    expressions,
)
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate

__all__ = ["answers", "overrides", "page", "panel"]

_SERVICES = ("node_exporter", "probes", "prometheus", "alertmanager", "grafana")


def page(name: str, services: tuple[str, ...] = _SERVICES) -> dict[str, Any]:
    """Return a page of the stack as Grafana stores it."""
    [found] = [one for one in stack_pages(services, dead_mans_switch="DeadMansSwitch") if one.uid == f"vigil-{name}"]
    return found.model()


def panel(dashboard: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return the panel of this title."""
    [found] = [dict(one) for one in all_panels(dashboard) if one["title"] == title]
    return found


def overrides(shown: Mapping[str, Any], options: str) -> dict[str, Any]:
    """Return what is said of one curve or column alone, by its name or expression."""
    [found] = [one for one in shown["fieldConfig"]["overrides"] if one["matcher"]["options"] == options]
    return {one["id"]: one["value"] for one in found["properties"]}


def answers(
    folder: Path,
    dashboard: Mapping[str, Any],
    title: str,
    series: Mapping[str, str],
    *expected: Mapping[str, float],
    at: str = "20m",
) -> str:
    """Return what promtool says of whether the questions of a panel have these answers: labels and their value.

    `series` has a value for each minute; there are as many `expected` as questions, in their order.
    """
    asked = [one.expr for one in expressions(dashboard) if one.panel == title]
    told = [_told(expr, answer, at) for expr, answer in zip(asked, expected, strict=True)]
    given = [{"series": name, "values": values} for name, values in series.items()]
    return evaluate(folder, {"interval": "1m", "input_series": given, "promql_expr_test": told})


def _told(expr: str, answer: Mapping[str, float], at: str) -> dict[str, Any]:
    """Return what promtool is to find. NaN is not equal to itself, for promtool either: that is asked in its place."""
    if any(math.isnan(value) for value in answer.values()):
        expr, answer = f"({expr}) != bool ({expr})", {labels: int(math.isnan(answer[labels])) for labels in answer}
    samples = [{"labels": labels, "value": value} for labels, value in answer.items()]
    return {"expr": expr, "eval_time": at, "exp_samples": samples}
