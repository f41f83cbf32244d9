# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of alerts from logs in an inventory."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import milliseconds
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import ON_ALERTS, wrong_labels

__all__ = ["SEVERITIES", "LogAlert", "for_exporter", "log_alerts"]

SEVERITIES = ("critical", "high", "warning", "info")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REQUIRED = ("name", "query", "threshold", "window", "severity")
_KEYS = (*_REQUIRED, "action", "labels")
# What an alert has by other keys, or by the rule that is made of it.
_MADE = ("severity", "action", "alert", "alertname")


@dataclass(frozen=True, kw_only=True)
class LogAlert:
    """An alert that fires while at least so many documents match a query within a window such as 5m."""

    name: str
    query: str | Mapping[str, Any]
    threshold: int
    window: str
    severity: str
    action: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def log_alerts(described: Any, *, retention: str = "", interval: str = "") -> list[LogAlert]:
    """Return the alerts of a list; raise OperatorError with every fault.

    Args:
        described: The list of the inventory.
        retention: How long logs are kept, such as 30d. Not compared when empty.
        interval: How often Prometheus looks, such as 15s. Not compared when empty.
    """
    if not isinstance(described, list) or not all(isinstance(one, Mapping) for one in described):
        raise OperatorError("They have to be a list of mappings, each with a name and a query.")
    names = Counter(str(one.get("name")) for one in described)
    faults = [
        f"{name} is there {times} times: a name is that of one alert." for name, times in names.items() if times > 1
    ]
    for place, one in enumerate(described):
        name = str(one.get("name") or f"alert {place + 1}")
        found = [*_faults(one), *_faults_of_window(one.get("window"), retention, interval)]
        faults += [f"{name} {fault}" for fault in found]
    if faults:
        raise OperatorError(" ".join(faults))
    return [_alert(one) for one in described]


def for_exporter(alerts: Iterable[LogAlert]) -> list[dict[str, Any]]:
    """Return the alerts as log_exporter takes them, with their windows in seconds."""
    return [
        {"name": one.name, "query": one.query, "threshold": one.threshold, "window": _milliseconds(one.window) / 1000}
        for one in alerts
    ]


def _alert(described: Mapping[str, Any]) -> LogAlert:
    labels = {str(name): str(value) for name, value in (described.get("labels") or {}).items()}
    texts = {key: str(described.get(key) or "") for key in ("name", "window", "severity", "action")}
    return LogAlert(query=described["query"], threshold=int(described["threshold"]), labels=labels, **texts)


def _faults(one: Mapping[str, Any]) -> Iterator[str]:
    for key in (key for key in one if key not in _KEYS):
        near = difflib.get_close_matches(str(key), _KEYS, n=1)
        yield f"has the unknown key {key}{f' (did you mean {near[0]}?)' if near else ''}: use {listed(_KEYS)}."
    if missing := [key for key in _REQUIRED if one.get(key) in (None, "", {})]:
        yield f"lacks {listed(missing)}."
    if not _NAME.fullmatch(str(one.get("name") or "a")):
        yield "has a name that no alert can have: use letters, digits and _, and no digit at its beginning."
    if not isinstance(one.get("query") or "", str | Mapping):
        yield "has a query that is neither a text in Lucene's syntax nor a mapping."
    if one.get("threshold") is not None and not _is_threshold(one["threshold"]):
        yield f"has the threshold {one['threshold']}: it has to be a whole number of at least 1."
    if one.get("severity") and one["severity"] not in SEVERITIES:
        yield f"has the severity {one['severity']}: it has to be one of {listed(SEVERITIES)}."
    yield from _faults_of_labels(one.get("labels") or {})


def _faults_of_labels(labels: Any) -> Iterator[str]:
    if not isinstance(labels, Mapping):
        yield "has labels that are not a mapping of label to value."
        return
    if made := [str(name) for name in labels if name in _MADE]:
        yield f"has labels that it gets by itself, {listed(made)}: use the keys severity and action, or remove them."
    others = {name: value for name, value in labels.items() if name not in _MADE}
    yield from (f"has labels that {wrong}" for wrong in wrong_labels(others, ON_ALERTS))


def _faults_of_window(window: Any, retention: str, interval: str) -> Iterator[str]:
    if window in (None, ""):
        return
    length = _milliseconds(str(window))
    if not length:
        yield f"has the window {window}: write a duration such as 90s, 5m or 1h30m, with the larger unit first."
    elif _milliseconds(retention) and length > _milliseconds(retention):
        yield f"has the window {window}, but logs are kept for {retention}: shorten it, or keep them longer."
    elif length < _milliseconds(interval):
        yield f"has the window {window}, but Prometheus looks every {interval}: lines between would not be counted."


def _milliseconds(text: str) -> int:
    return milliseconds(text) or 0


def _is_threshold(value: Any) -> bool:
    return not isinstance(value, bool) and str(value).strip().isdecimal() and int(value) >= 1
