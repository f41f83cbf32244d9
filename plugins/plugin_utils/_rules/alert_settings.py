# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of an inventory for alerts that rule files hold: threshold, duration, labels, or none of that alert."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import milliseconds
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.yaml_text import parsed
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import ON_ALERTS, wrong_labels

__all__ = ["adjusted", "thresholds"]

# The threshold of an alert is the number directly after a comparison. A comparison with 0 asks whether there is any.
_COMPARISON = re.compile(r"(?:[=!<>]=|[<>])\s*(?:bool\b\s*)?(?P<number>[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\b")
_KEYS = ("enabled", "for", "labels", "threshold")

Rule = dict[str, Any]


def thresholds(expr: str) -> list[re.Match[str]]:
    """Return where an expression compares with a number other than 0; the group `number` is that number."""
    return [found for found in _COMPARISON.finditer(expr) if float(found["number"])]


def adjusted(files: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the rule files with the settings applied to their alerts; a file without any of them keeps its text.

    `files` holds texts by name, `settings` mappings by the name of an alert: `threshold` is the number to compare with,
    `for` a duration of Prometheus, `labels` override those of the alert (null removes one), and `enabled`
    is whether the alert stays. Raises OperatorError with every fault.
    """
    if not settings:
        return dict(files)
    contents = {name: parsed(text) for name, text in files.items()}
    known = {rule["alert"]: rule for content in contents.values() for rule in _alerts(content)}
    if faults := [fault for name in settings for fault in _faults(str(name), settings[name], known)]:
        raise OperatorError(" ".join(faults))
    wanted = {str(name): setting for name, setting in settings.items() if setting}
    return {name: _text(contents[name], wanted) or text for name, text in files.items()}


def _alerts(content: Mapping[str, Any]) -> Iterator[Rule]:
    for group in content["groups"]:
        yield from (rule for rule in group["rules"] if "alert" in rule)


def _text(content: dict[str, Any], wanted: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of an adjusted file, nothing when none of its alerts is to be adjusted."""
    if not any(rule["alert"] in wanted for rule in _alerts(content)):
        return ""
    for group in content["groups"]:
        group["rules"] = [
            _adjusted(rule, wanted.get(rule.get("alert", ""), {}))
            for rule in group["rules"]
            if wanted.get(rule.get("alert", ""), {}).get("enabled", True)
        ]
    content["groups"] = [group for group in content["groups"] if group["rules"]]
    return str(yaml.safe_dump(content, indent=2, sort_keys=False, allow_unicode=True, width=120))


def _adjusted(rule: Rule, setting: Mapping[str, Any]) -> Rule:
    changed = dict(rule)
    if "threshold" in setting:
        [found] = thresholds(rule["expr"])
        begin, end = found.span("number")
        changed["expr"] = f"{rule['expr'][:begin]}{str(setting['threshold']).strip()}{rule['expr'][end:]}"
    if "for" in setting:
        changed["for"] = str(setting["for"])
    if "labels" in setting:
        laid = {**rule.get("labels", {}), **setting["labels"]}
        changed["labels"] = {str(name): str(value) for name, value in laid.items() if value is not None}
    return changed


def _faults(name: str, setting: Any, known: Mapping[str, Rule]) -> Iterator[str]:
    if name not in known:
        yield f"{name} is not a shipped alert{_suggestion(name, known)}."
    elif not isinstance(setting, Mapping):
        yield f"{name} must be a mapping with some of {', '.join(_KEYS)}, not {setting!r}."
    else:
        yield from (
            f"{name} has no setting {key!r}{_suggestion(str(key), _KEYS)}: use {', '.join(_KEYS)}."
            for key in setting
            if key not in _KEYS
        )
        yield from _faults_of_values(name, setting, known[name]["expr"])


def _faults_of_values(name: str, setting: Mapping[str, Any], expr: str) -> Iterator[str]:
    if "threshold" in setting:
        yield from _faults_of_threshold(name, setting["threshold"], expr)
    if "for" in setting and milliseconds(str(setting["for"])) is None:
        yield f"for of {name} must be a duration such as 30m or 1h30m, not {setting['for']!r}."
    if not isinstance(setting.get("enabled", True), bool):
        yield f"enabled of {name} must be true or false, not {setting['enabled']!r}."
    labels = setting.get("labels", {})
    if not isinstance(labels, Mapping):
        yield f"labels of {name} must be a mapping of label to value, not {labels!r}."
        return
    # Null takes a label of the alert away.
    given = {label: "" if value is None else value for label, value in labels.items()}
    yield from (f"labels of {name} {wrong}" for wrong in wrong_labels(given, ON_ALERTS, empty=True))


def _faults_of_threshold(name: str, value: Any, expr: str) -> Iterator[str]:
    if not thresholds(expr):
        yield f"{name} has no threshold: it fires whenever {' '.join(expr.split())}."
    elif not _is_number(value):
        yield f"threshold of {name} must be a number, not {value!r}."


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and math.isfinite(float(value)) and "_" not in str(value)
    except (TypeError, ValueError):
        return False


def _suggestion(name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
