# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The notification policy of Grafana: one tree of routes, which is written as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..._api.plan import PlanError
from ..._api.resource import Plan, Step
from .objects import AlertingApi, Entry, Scope, duration, duration_text, path_of, unknown_keys

__all__ = ["apply", "plan"]

_KEY = "notification policy"
_DURATIONS = ("group_wait", "group_interval", "repeat_interval")
_MATCHERS = ("match", "match_re", "matchers", "object_matchers")
_LISTS = ("group_by", "mute_time_intervals", "active_time_intervals")
_KNOWN = frozenset({"receiver", "continue", "routes", *_DURATIONS, *_MATCHERS, *_LISTS})
_MATCHER = re.compile(r"\s*([^=!~\s]+)\s*(=~|!~|!=|=)\s*(.*?)\s*")
# What a reset leaves, with the receiver from the server's configuration.
_DEFAULT_GROUPS = ["grafana_folder", "alertname"]
_PARTS = 3


def plan(api: AlertingApi, listed: Mapping[str, Any], scope: Scope) -> Plan:
    """Return the plan for the whole tree; with absent it is reset to Grafana's default. It is never pruned."""
    if not scope.absent:
        _check(listed, "notification_policy")
        if not listed.get("receiver"):
            raise PlanError("notification_policy needs a receiver: the contact point for alerts that match no route.")
    tree = api.read(path_of("policies"), "read the notification policy")
    there = Entry(_seen(tree), tree)
    if scope.absent:
        default = set(there.seen) <= {"receiver", "group_by"} and there.seen.get("group_by") == _DEFAULT_GROUPS
        return scope.planned({_KEY: there}, {} if default else {_KEY: there})
    return scope.planned({_KEY: Entry(_seen(listed), listed)}, {_KEY: there})


def apply(api: AlertingApi, step: Step) -> None:
    """Make one change."""
    if step.action == "delete":
        api.apply("DELETE", path_of("policies"), step)
    else:
        api.apply("PUT", path_of("policies"), step, step.after.body)


def _check(route: Mapping[str, Any], where: str) -> None:
    """Raise PlanError, by place, for what Grafana would silently ignore or misread."""
    unknown_keys(route, _KNOWN, where)
    for name in _DURATIONS:
        duration(route.get(name), f"{where}.{name}")
    for index, matcher in enumerate(route.get("object_matchers") or ()):
        if len(matcher) != _PARTS:
            raise PlanError(f"{where}.object_matchers[{index}] must be a label, an operator and a value.")
    for index, matcher in enumerate(route.get("matchers") or ()):
        if not _MATCHER.fullmatch(str(matcher)):
            raise PlanError(f'{where}.matchers[{index}]: {matcher!r} must be like severity="critical".')
    for index, below in enumerate(route.get("routes") or ()):
        _check(below, f"{where}.routes[{index}]")


def _seen(route: Mapping[str, Any]) -> dict[str, Any]:
    """Return a route as it is compared: durations and matchers in one spelling, the latter sorted, nothing empty."""
    seen: dict[str, Any] = {name: list(route[name]) for name in _LISTS if route.get(name)}
    seen.update({name: duration_text(route[name], name) for name in _DURATIONS if route.get(name)})
    seen.update({name: route[name] for name in ("receiver", "continue") if route.get(name)})
    matchers = sorted(_matchers(route))
    if matchers:
        seen["matchers"] = matchers
    if route.get("routes"):
        seen["routes"] = [_seen(below) for below in route["routes"]]
    return seen


def _matchers(route: Mapping[str, Any]) -> list[list[str]]:
    found = [[str(label), "=", str(value)] for label, value in (route.get("match") or {}).items()]
    found += [[str(label), "=~", str(value)] for label, value in (route.get("match_re") or {}).items()]
    found += [[str(part) for part in matcher] for matcher in route.get("object_matchers") or ()]
    texts = (_MATCHER.fullmatch(str(text)) for text in route.get("matchers") or ())
    found += [list(text.groups()) for text in texts if text]
    return [[label, operator, _unquoted(value)] for label, operator, value in found]


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if quoted else value
