# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alertmanager's API: silences with a key, and the state of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.connection import endpoint_of
from .._api.durations import instant, rfc3339
from .._api.module import run_module
from .._http.session import Answer, Api, Session

__all__ = [
    "OWNER",
    "QUESTIONS",
    "Silence",
    "alertmanager_api",
    "continued",
    "covers",
    "expire",
    "fetch",
    "owned",
    "run_alertmanager_module",
    "same",
    "shown",
    "write",
]

OWNER = "vigil.observability"
# What alertmanager_info gathers, by path.
QUESTIONS: Mapping[str, str] = {
    "alerts": "/api/v2/alerts",
    "receivers": "/api/v2/receivers",
    "silences": "/api/v2/silences",
    "status": "/api/v2/status",
}
_MATCHER = ("name", "value", "isRegex", "isEqual")
_NEVER = datetime.min.replace(tzinfo=timezone.utc)

Silence = dict[str, Any]


def run_alertmanager_module(
    options: Mapping[str, Any], act: Callable[[AnsibleModule, Session], dict[str, Any]]
) -> None:
    """Run a module of Alertmanager as run_module does."""
    run_module("ALERTMANAGER", options, endpoint_of, act)


def alertmanager_api(session: Session) -> Api:
    """Return the API of the server."""
    return Api(session, "Alertmanager")


def fetch(api: Api, wanted: Sequence[str], filters: Iterable[str] = ()) -> dict[str, Any]:
    """Return {name: answer} for names of QUESTIONS; filters are matchers of alerts and silences.

    The configuration is left out of the status, because it may contain confidential addresses and names.
    """
    found: dict[str, Any] = {}
    for name in wanted:
        query = [("filter", one) for one in filters] if name in ("alerts", "silences") else []
        found[name] = api.call("GET", QUESTIONS[name], attempt=f"read the {name}", query=query).json()
    found.get("status", {}).pop("config", None)
    return found


def owned(api: Api, key: str) -> list[Silence]:
    """Return the active and pending silences with a key, the one that ends last first."""
    listed = api.call("GET", QUESTIONS["silences"], attempt="list the silences").json()
    mine = [
        silence
        for silence in listed
        if silence["createdBy"] == OWNER
        and silence["comment"].endswith(_signature(key))
        and silence["status"]["state"] != "expired"
    ]
    return sorted(mine, key=lambda silence: _when(silence["endsAt"]), reverse=True)


def same(silence: Silence, matchers: Iterable[Mapping[str, Any]], comment: str, key: str) -> bool:
    """Return whether a silence has these matchers, in any order, and this comment."""
    return _set_of(silence["matchers"]) == _set_of(matchers) and silence["comment"] == _signed(comment, key)


def covers(silence: Silence, starts: datetime | None, ends: datetime, *, exactly: bool) -> bool:
    """Return whether a silence ends at this time, or later unless `exactly`, and starts at the given time.

    A start in the past is not compared: the server sets its own.
    """
    end = _when(silence["endsAt"])
    begun = silence["status"]["state"] == "active"
    return (end == _rounded(ends) if exactly else end >= ends) and (
        begun if starts is None else begun or _when(silence["startsAt"]) == _rounded(starts)
    )


def continued(body: Mapping[str, Any], silence: Silence | None) -> dict[str, Any]:
    """Return what to write over a silence, with the start of an active one: another start would create a new one."""
    if silence is None:
        return dict(body)
    begun = {"startsAt": silence["startsAt"]} if silence["status"]["state"] == "active" else {}
    return {**body, "id": silence["id"], **begun}


def write(api: Api, key: str, body: Mapping[str, Any]) -> str:
    """Create or change the silence with a key and return its id, a new one if its matchers have changed."""
    sent = {**body, "createdBy": OWNER, "comment": _signed(body["comment"], key)}

    def outcome() -> Answer | None:
        starts, ends = (instant(body[name], name, now=_NEVER) for name in ("startsAt", "endsAt"))
        alike = (one for one in owned(api, key) if same(one, body["matchers"], body["comment"], key))
        done = next((one for one in alike if covers(one, starts, ends, exactly=True)), None)
        return Answer.of({"silenceID": done["id"]}) if done else None

    answer = api.call("POST", QUESTIONS["silences"], attempt=f"write the silence {key!r}", body=sent, outcome=outcome)
    identity = str(answer.json()["silenceID"])
    # A silence has no name: the server creates one for each request that arrives.
    for spare in owned(api, key) if answer.repeated else ():
        if spare["id"] != identity:
            expire(api, key, spare)
    return identity


def expire(api: Api, key: str, silence: Silence) -> None:
    """End a silence with a key now."""

    def outcome() -> Answer | None:
        return None if silence["id"] in [one["id"] for one in owned(api, key)] else Answer.of({})

    path = f"/api/v2/silence/{silence['id']}"
    api.call("DELETE", path, attempt=f"end the silence {key!r}", outcome=outcome)


def shown(silence: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a diff shows of a silence."""
    matchers = [
        "{name}{sign}{value!r}".format(sign=_sign(one), name=one["name"], value=one["value"])
        for one in silence["matchers"]
    ]
    times = {name: rfc3339(_when(silence[name])) for name in ("startsAt", "endsAt")}
    return {"matchers": sorted(matchers), "comment": silence["comment"].rsplit(" [", 1)[0], **times}


def _set_of(matchers: Iterable[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    # Releases before 0.22 do not have isEqual.
    return {tuple({"isEqual": True, **one}[name] for name in _MATCHER) for one in matchers}


def _sign(matcher: Mapping[str, Any]) -> str:
    negative = not matcher.get("isEqual", True)
    return {(False, False): "=", (True, False): "=~", (False, True): "!=", (True, True): "!~"}[
        matcher["isRegex"], negative
    ]


def _when(text: str) -> datetime:
    return _rounded(instant(text, "the server's", now=_NEVER))


def _rounded(when: datetime) -> datetime:
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def _signature(key: str) -> str:
    return f"[{key}]"


def _signed(comment: str, key: str) -> str:
    return f"{comment} {_signature(key)}"
