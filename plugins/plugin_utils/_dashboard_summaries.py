# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Summaries of alerts as a series, so that a dashboard can show them.

A summary is an annotation: Prometheus sends it to Alertmanager and keeps nothing of it. What it is made of, the labels
of the alert and the words between, is known, so a recording can put it together again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._application_queries import quoted

__all__ = ["SUMMARY_SERIES", "summary_group"]

SUMMARY_SERIES = "alert:summary:firing"
_KEPT = "alertname, severity, instance, service, summary"
_PLACEHOLDER = re.compile(r"\{\{-?\s*(?:\$labels\.(?P<label>\w+)|[^}]*?)\s*-?\}\}")


def summary_group(groups: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rule group that records `alert:summary:firing`, with the summary as a label, for the alerts of groups.

    What a template says besides labels, such as the value, becomes an ellipsis: a label that changes with the value
    would be a new series each time. Of alerts with the same name and severity the first gives the summary.
    """
    rules: dict[tuple[str, str], dict[str, Any]] = {}
    for rule in (rule for group in groups for rule in group.get("rules") or []):
        summary = (rule.get("annotations") or {}).get("summary")
        if "alert" in rule and summary:
            severity = str((rule.get("labels") or {}).get("severity", ""))
            rules.setdefault((rule["alert"], severity), _recording(rule["alert"], severity, str(summary)))
    return {"name": "alert_summaries", "rules": list(rules.values())}


def _recording(alert: str, severity: str, summary: str) -> dict[str, Any]:
    # Labels that the series has anyway tell the rules apart: promtool takes those with the same labels for duplicates.
    labels = {"alertname": alert, **({"severity": severity} if severity and "{{" not in severity else {})}
    known = ",".join(f"{name}={quoted(value)}" for name, value in labels.items())
    firing = f'ALERTS{{{known},alertstate="firing"}}'
    return {"record": SUMMARY_SERIES, "labels": labels, "expr": f"max by ({_KEPT}) ({_worded(firing, summary)})"}


def _worded(expr: str, summary: str) -> str:
    """Return the expression with the label summary: words become labels of their own, which are then joined."""
    joined = []
    for number, (words, label) in enumerate(_parts(summary)):
        if words:
            joined.append(f"words_{number}")
            expr = _labelled(expr, joined[-1], words)
        if label:
            joined.append(label)
    return f'label_join({expr}, "summary", "", {", ".join(quoted(name) for name in joined)})'


def _parts(summary: str) -> Iterable[tuple[str, str]]:
    """Yield pairs of words and the label after them, either of which may be empty."""
    words, end = "", 0
    for match in _PLACEHOLDER.finditer(summary):
        words += summary[end : match.start()]
        end = match.end()
        if match["label"]:
            yield words, match["label"]
            words = ""
        else:
            words += "…"
    yield words + summary[end:], ""


def _labelled(expr: str, label: str, words: str) -> str:
    text = quoted(words.replace("$", "$$"))
    return f'label_replace({expr}, "{label}", {text}, "", "")'
