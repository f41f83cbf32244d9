# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus rules together with the promtool tests that they pass, and what both are built from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Rule", "RuleSet", "alert", "group", "quoted", "recording", "runbook_url"]

_RUNBOOKS = "https://github.com/vigil-observability/vigil.observability/blob/main/docs/runbooks"

Rule = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """Groups of rules and the promtool tests for them.

    `name` is unique, and the name of both files without a suffix. `groups` and `tests` are the values of those keys in
    a rule file and in a test file; `evaluation_interval` is the step at which the tests evaluate every group, whatever
    interval the group has.
    """

    name: str
    groups: Sequence[Mapping[str, Any]]
    tests: Sequence[Mapping[str, Any]]
    evaluation_interval: str

    def as_dict(self) -> dict[str, Any]:
        """Return name, rule file and test file as plain data; the test file names no rule file yet."""
        groups = [dict(one) for one in self.groups]
        tests = {
            "evaluation_interval": self.evaluation_interval,
            # Without it promtool takes the groups of a step in an order by chance, and results differ at their edges.
            "group_eval_order": [one["name"] for one in groups],
            "tests": [dict(one) for one in self.tests],
        }
        return {"name": self.name, "rules": {"groups": groups}, "tests": tests}


def group(name: str, interval: str, rules: Sequence[Rule]) -> dict[str, Any]:
    """Return a group of rules, evaluated in their order at each interval."""
    return {"name": name, "interval": interval, "rules": list(rules)}


def recording(name: str, expr: str, labels: Mapping[str, str]) -> Rule:
    """Return a recording rule."""
    return {"record": name, "expr": expr, "labels": dict(labels)}


def alert(
    name: str, expr: str, *, labels: Mapping[str, str], page: str, texts: Mapping[str, str], wait: str = ""
) -> Rule:
    """Return an alerting rule that fires when `expr` holds for `wait`, at once without one.

    `texts` holds summary and description, `page` is the runbook page that has a section for this alert.
    """
    waiting = {"for": wait} if wait else {}
    annotations = {**texts, "runbook_url": runbook_url(page, name)}
    return {"alert": name, "expr": expr, **waiting, "labels": dict(labels), "annotations": annotations}


def runbook_url(page: str, alertname: str) -> str:
    """Return where the section of an alert on a runbook page is to be read."""
    return f"{_RUNBOOKS}/{page}.md#{alertname.lower()}"


def quoted(text: str) -> str:
    """Return the text as a string of PromQL, quotes and all."""
    return json.dumps(text, ensure_ascii=False)
