# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Summaries and runbooks of alerts as a series, so that a dashboard can show them.

They are annotations: Prometheus sends them to Alertmanager and keeps nothing of them. What they are made of, the labels
of the alert and the words between, is known, so a recording can put them together again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import quoted

__all__ = ["ALERT_LABELS", "SUMMARY_SERIES", "summary_group"]

SUMMARY_SERIES = "alert:summary:firing"
# What distinguishes one alert from another on a dashboard, and in a silence.
ALERT_LABELS = ("alertname", "severity", "service", "slo", "host", "instance", "device", "mountpoint", "name")
_TEXTS = ("summary", "runbook_url")
_KEPT = ", ".join((*ALERT_LABELS, *_TEXTS))
_PLACEHOLDER = re.compile(r"\{\{-?\s*(?:\$labels\.(?P<label>\w+)|[^}]*?)\s*-?\}\}")


def summary_group(groups: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rule group that records `alert:summary:firing` for the alerts of groups.

    Its value is the time at which the alert became active; summary and runbook_url are labels. What a template says
    besides labels, such as the value, becomes an ellipsis: a label that changes with the value would be a new series
    each time. Of alerts with the same name and severity the first gives the texts.
    """
    rules: dict[tuple[str, str], dict[str, Any]] = {}
    for rule in (rule for group in groups for rule in group.get("rules") or []):
        annotations = rule.get("annotations") or {}
        texts = {name: str(annotations[name]) for name in _TEXTS if annotations.get(name)}
        if "alert" in rule and texts:
            severity = str((rule.get("labels") or {}).get("severity", ""))
            rules.setdefault((rule["alert"], severity), _recording(rule["alert"], severity, texts))
    return {"name": "alert_summaries", "rules": list(rules.values())}


def _recording(alert: str, severity: str, texts: Mapping[str, str]) -> dict[str, Any]:
    # Labels that the series has anyway tell the rules apart: promtool takes those with the same labels for duplicates.
    labels = {"alertname": alert, **({"severity": severity} if severity and "{{" not in severity else {})}
    known = ",".join(f"{name}={quoted(value)}" for name, value in labels.items())
    expr = f'ALERTS_FOR_STATE{{{known}}} and ignoring (alertstate) ALERTS{{{known},alertstate="firing"}}'
    for name, text in texts.items():
        expr = _worded(expr, name, text)
    return {"record": SUMMARY_SERIES, "labels": labels, "expr": f"min by ({_KEPT}) ({expr})"}


def _worded(expr: str, name: str, text: str) -> str:
    """Return the expression with the text as a label: words become labels of their own, which are then joined."""
    parts = list(_parts(text))
    if len(parts) == 1:
        return _labelled(expr, name, parts[0][0])
    joined = []
    for number, (words, label) in enumerate(parts):
        if words:
            joined.append(f"words_{number}")
            expr = _labelled(expr, joined[-1], words)
        if label:
            joined.append(label)
    return f'label_join({expr}, {quoted(name)}, "", {", ".join(quoted(label) for label in joined)})'


def _parts(text: str) -> Iterable[tuple[str, str]]:
    """Yield pairs of words and the label after them, either of which may be empty."""
    words, end = "", 0
    for match in _PLACEHOLDER.finditer(text):
        words += text[end : match.start()]
        end = match.end()
        if match["label"]:
            yield words, match["label"]
            words = ""
        else:
            words += "…"
    yield words + text[end:], ""


def _labelled(expr: str, label: str, words: str) -> str:
    text = quoted(words.replace("$", "$$"))
    return f'label_replace({expr}, "{label}", {text}, "", "")'
