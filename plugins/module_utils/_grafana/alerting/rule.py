# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requirements for an alert rule of Grafana, and the canonical form in which rules are compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..._api.owner import mark_of, owner_of
from ..._api.plan import PlanError
from .objects import Entry, duration, duration_text, unknown_keys

__all__ = ["EXPRESSIONS", "checked_rule", "data_sources", "found_rule", "wanted_rule"]

EXPRESSIONS = frozenset({"-100", "__expr__"})
"""The uids of expressions, which compute from other queries and are not data sources."""

# Grafana omits annotations of this form from notifications.
_MARK = "__owner__"
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LONGEST_TITLE = 190
_DEFAULTS = {"noDataState": "NoData", "execErrState": "Error", "for": "0s"}
_DURATIONS = ("for", "keep_firing_for")
_OTHERS = ("labels", "annotations", "isPaused", "notification_settings", "record", "missingSeriesEvalsToResolve")
_KNOWN = frozenset({"uid", "title", "condition", "data", *_DEFAULTS, *_DURATIONS, *_OTHERS})
# Names in the listing within "grafana_alert", and in what is written.
_LISTED = {
    "title": "title",
    "condition": "condition",
    "data": "data",
    "no_data_state": "noDataState",
    "exec_err_state": "execErrState",
    "is_paused": "isPaused",
    "notification_settings": "notification_settings",
    "record": "record",
    "missing_series_evals_to_resolve": "missingSeriesEvalsToResolve",
}


def checked_rule(rule: Mapping[str, Any], where: str) -> None:
    """Raise PlanError, by place, for what Grafana would accept and never evaluate, or refuse half-way."""
    unknown_keys(rule, _KNOWN, where)
    title = str(rule.get("title") or "")
    if not title or len(title) > _LONGEST_TITLE:
        raise PlanError(f"{where} needs a title of 1 to {_LONGEST_TITLE} characters.")
    where = f"{where} ({title!r})"
    if rule.get("uid") and not _UID.fullmatch(str(rule["uid"])):
        raise PlanError(f"{where}: uid {rule['uid']!r} must be 1 to 40 letters, digits, _ or -.")
    for name in _DURATIONS:
        duration(rule.get(name), f"{where}: {name}")
    for name in ("labels", "annotations"):
        wrong = sorted(str(key) for key, value in (rule.get(name) or {}).items() if not isinstance(value, str))
        if wrong:
            raise PlanError(f"{where}: {name} must be text, so put quotes around {', '.join(wrong)}.")
    _check_queries(rule, where)


def _check_queries(rule: Mapping[str, Any], where: str) -> None:
    names = [str(query.get("refId") or "") for query in rule.get("data") or ()]
    if not names or not all(names) or len(set(names)) < len(names):
        raise PlanError(f"{where} needs data: queries and expressions, each with a refId of its own.")
    record = rule.get("record")
    result = record.get("from") if record else rule.get("condition")
    if result not in names:
        kind = "record.from" if record else "condition"
        raise PlanError(f"{where}: {kind} is {result!r}, which is not a refId of its data ({', '.join(names)}).")
    for query in rule["data"]:
        span = query.get("relativeTimeRange") or {}
        if not query.get("datasourceUid") or not isinstance(query.get("model"), Mapping):
            raise PlanError(f"{where}: the query {query['refId']} needs a datasourceUid and a model.")
        if query["datasourceUid"] not in EXPRESSIONS and int(span.get("from", 0)) <= int(span.get("to", 0)):
            raise PlanError(
                f"{where}: the query {query['refId']} needs a relativeTimeRange whose from is longer ago than its to, "
                "in seconds, such as {from: 600, to: 0}."
            )


def data_sources(rule: Mapping[str, Any]) -> set[str]:
    """Return the uids of the data sources that a rule queries."""
    return {query["datasourceUid"] for query in rule["data"]} - EXPRESSIONS


def wanted_rule(rule: Mapping[str, Any], folder: str, group: str, owner: str) -> Entry:
    """Return a wanted rule, with the mark of its owner among its annotations."""
    body = {key: value for key, value in rule.items() if value is not None}
    body["annotations"] = {**(rule.get("annotations") or {}), _MARK: mark_of(owner)}
    body["data"] = [{**query, "model": {"refId": query["refId"], **query["model"]}} for query in rule.get("data") or ()]
    body = {**_DEFAULTS, **body, "folderUID": folder, "ruleGroup": group}
    body.update({name: duration_text(body[name], name) for name in _DURATIONS if name in body})
    return Entry(_seen(body), body, body.get("uid", ""), owner)


def found_rule(listed: Mapping[str, Any]) -> Entry:
    """Return a rule of the listing, whose keys have other names than those that are written."""
    alert = listed["grafana_alert"]
    body = {name: alert[key] for key, name in _LISTED.items() if key in alert}
    body.update({key: listed[key] for key in ("labels", "annotations", *_DURATIONS) if key in listed})
    body.update({"uid": alert["uid"], "folderUID": alert["namespace_uid"], "ruleGroup": alert["rule_group"]})
    body.update({"provenance": alert.get("provenance", ""), "interval": alert["intervalSeconds"]})
    return Entry(_seen(body), body, alert["uid"], owner_of((listed.get("annotations") or {}).get(_MARK)))


def _seen(body: Mapping[str, Any]) -> dict[str, Any]:
    seen = {name: body[name] for name in (*_OTHERS, "title", "condition", "folderUID", "ruleGroup") if body.get(name)}
    seen["data"] = [_query(query) for query in body["data"]]
    seen.update(
        {name: duration_text(body[name], name) for name in _DURATIONS if body.get(name) not in (None, "", "0s")}
    )
    if not body.get("record"):
        seen.update({name: body.get(name) or _DEFAULTS[name] for name in ("noDataState", "execErrState")})
    return seen


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return a query with all that Grafana adds to it."""
    span, model = query.get("relativeTimeRange") or {}, dict(query["model"])
    model.setdefault("refId", query["refId"])
    model["intervalMs"] = model.get("intervalMs") or 1000
    model["maxDataPoints"] = model.get("maxDataPoints") or 43200
    source = query["datasourceUid"]
    return {
        "refId": query["refId"],
        "queryType": query.get("queryType") or "",
        "relativeTimeRange": {"from": int(span.get("from", 0)), "to": int(span.get("to", 0))},
        "datasourceUid": "__expr__" if source in EXPRESSIONS else source,
        "model": model,
    }
