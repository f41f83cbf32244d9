"""Annotations of the organisation, which belong to no dashboard: recorded in 21-annotations.json."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from .access import EDITOR, VIEWER, Need
from .answers import Answer, Refusal
from .documented import documented
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()

READ = Need("annotations:read", VIEWER)
WRITE = Need("annotations:write", EDITOR)
DELETE = Need("annotations:delete", EDITOR)

_ONE = "/api/annotations/<id:re:[0-9]+>"
_AVATAR = "/public/img/user_profile.png"
_UNUSED: Mapping[str, Any] = {
    "alertId": 0, "alertName": "", "dashboardId": 0, "dashboardUID": None, "panelId": 0, "userId": 0,
    "newState": "", "prevState": "", "data": {},
}  # fmt: skip
_LONGEST = 500  # characters of all tags as JSON
_KINDS: Mapping[str, type] = {"text": str, "tags": list, "time": int, "timeEnd": int}

Object = dict[str, Any]
Tag = tuple[str, str]


@routes.get("/api/annotations", needs=READ)
def find(call: Call) -> object:
    """Return annotations that meet every condition, the latest first."""
    wanted = _parsed(call.queries.get("tags", []))
    start, end = call.number("from", 0), call.number("to", 0)
    found = [
        one
        for one in call.store.all(call.org, "annotation")
        if (not start or not end or (one["time"] <= end and one["timeEnd"] >= start))
        and _matches(_parsed(one["tags"]), wanted, match_any=call.query.get("matchAny") == "true")
        and call.query.get("type") != "alert"
    ]
    found.sort(key=lambda one: (one["timeEnd"], one["time"]), reverse=True)
    return [_shown(one) for one in found[: call.number("limit", 100) or 100]]


@documented("annotations: a tag asked for without a value matches every value of its key, and each of them counts once")
def _matches(tags: Iterable[Tag], wanted: Iterable[Tag], *, match_any: bool) -> bool:
    """Return whether an annotation has the tags: its tags that match are as many as those asked for."""
    asked = list(wanted)
    matching = sum(any(key == one and text in ("", value) for one, text in asked) for key, value in tags)
    return not asked or (matching > 0 if match_any else matching == len(asked))


@documented("annotations: tags are key:value, trimmed, and each is there once")
def _parsed(tags: Iterable[str]) -> list[Tag]:
    parted = [[*one.split(":"), ""][:2] for one in tags]
    return [*dict.fromkeys((key.strip(" "), value.strip(" ")) for key, value in parted if key.strip(" "))]


@routes.post("/api/annotations", needs=READ)
def create(call: Call) -> object:
    """Make an annotation, now unless a time is given."""
    wanted = call.json(**_KINDS)
    _need_editor(call)
    if not wanted.get("text"):
        raise Refusal(400, "Failed to save annotation", traceID="")
    now = int(time.time() * 1000)
    one = {
        "id": call.store.next_id("annotation"),
        "created": now,
        "login": call.who.login,
        "text": "",
        "tags": [],
        "time": 0,
        "timeEnd": 0,
    }
    _save(call, one, wanted)
    return {"id": one["id"], "message": "Annotation added"}


@documented("annotations: without the role Editor, one of the organisation is refused with 403")
def _need_editor(call: Call) -> None:
    if not call.who.may(EDITOR):
        raise Refusal.of(Answer(403, {"message": "Access denied to this dashboard"}))


@routes.get(_ONE, needs=READ)
def get(call: Call) -> object:
    """Return one annotation."""
    return _shown(_found(call))


@routes.put(_ONE, needs=WRITE)
def replace(call: Call) -> object:
    """Replace text and tags, and the times that are given."""
    wanted, one = call.json(**_KINDS), _found(call)
    _save(call, one | {"text": "", "tags": []}, wanted)
    return {"message": "Annotation updated"}


@routes.patch(_ONE, needs=WRITE)
def change(call: Call) -> object:
    """Change what is given."""
    wanted, one = call.json(**_KINDS), _found(call)
    _save(call, one, {key: value for key, value in wanted.items() if value})
    return {"message": "Annotation patched"}


@routes.delete(_ONE, needs=DELETE)
def delete(call: Call) -> object:
    """Remove an annotation."""
    _found(call)
    call.store.delete(call.org, "annotation", call.args["id"])
    return {"message": "Annotation deleted"}


def _found(call: Call) -> Object:
    one = call.store.get(call.org, "annotation", call.args["id"])
    if one is None:
        raise Refusal(404, "Annotation not found")
    return one


@documented("annotations: a region that ends before it begins is turned round, and tags of over 500 characters are 400")
def _save(call: Call, one: Object, wanted: Mapping[str, Any]) -> None:
    now = int(time.time() * 1000)
    one = {**one, **{key: value for key, value in wanted.items() if key in _KINDS and value}, "updated": now}
    begin = one["time"] or one["timeEnd"] or now
    one["time"], one["timeEnd"] = sorted((begin, one["timeEnd"] or begin))
    one["tags"] = [f"{key}:{value}" if value else key for key, value in _parsed(one["tags"])]
    if sum(len(tag) + 3 for tag in one["tags"]) + 1 > _LONGEST:
        raise Refusal(400, "Failed to save annotation", messageId="annotations.limit-exceeded", traceID="")
    call.store.put(call.org, "annotation", str(one["id"]), one)


def _shown(one: Object) -> Object:
    email = f"{one['login']}@localhost" if one["login"] else ""
    return {**_UNUSED, **one, "email": email, "avatarUrl": _AVATAR if email else ""}
