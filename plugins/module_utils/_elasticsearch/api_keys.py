# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API keys of the user that logs in, each in a file on the host that uses it.

Elasticsearch shows a key once, and several keys may have one name. So a new key is made, put in the file and tried
before the old ones are invalidated: whatever is lost on the way, the key in the file works. More than one of a name
means that a renewal was interrupted.
"""

from __future__ import annotations

import base64
import binascii
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from .._api.durations import duration
from .._api.owner import Ownership
from .._api.plan import PlanError
from .._api.resource import Plan, Resource, Step
from .._api.secret_file import read_secret, write_secret
from .._http.session import Answer, Api, HttpError
from .access import role_normal
from .objects import MARK

__all__ = ["Key", "keys_plan", "seconds_left", "wanted_keys"]

_PATH = "/_security/api_key"
_UNKNOWN = 401

_There = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """A key that is wanted; `renew_before` in seconds."""

    name: str
    path: str
    body: Mapping[str, Any] = field(repr=False)
    renew_before: float = 0.0


def wanted_keys(parameters: Mapping[str, Any], ownership: Ownership) -> dict[str, Key]:
    """Return {key: what is wanted}. Raises PlanError for what cannot be."""
    found: dict[str, Key] = {}
    for name, given in (parameters["api_keys"] or {}).items():
        rest = dict(given) if isinstance(given, Mapping) else {}
        path, before = str(rest.pop("path", "") or ""), rest.pop("renew_before", None) or "0"
        if not Path(path).is_absolute() and parameters["state"] == "present":
            raise PlanError(f"The API key {name!r} needs a path, absolute, of the file that it is put in.")
        seconds = duration(str(before), f"renew_before of the API key {name!r}").total_seconds()
        expiration = rest.get("expiration")
        if expiration and duration(str(expiration), f"expiration of the API key {name!r}").total_seconds() <= seconds:
            raise PlanError(
                f"The API key {name!r} would be renewed by each run: renew_before must be below expiration."
            )
        metadata = {**(rest.get("metadata") or {}), MARK: {"owner": ownership.mark}}
        found[f"API key {name!r}"] = Key(str(name), path, {**rest, "metadata": metadata}, seconds)
    return found


def keys_plan(api: Api, wanted: Mapping[str, Key], parameters: Mapping[str, Any], ownership: Ownership) -> Plan:
    """Return the changes of the keys with the mark of the owner, which are read with one request."""
    if parameters["api_keys"] is None:
        return Plan()
    answer = api.call("GET", _PATH, query=[("owner", "true")], attempt="list the API keys")
    there: dict[str, list[_There]] = {}
    for one in answer.json()["api_keys"]:
        mark = (one.get("metadata") or {}).get(MARK)
        ours = isinstance(mark, Mapping) and mark.get("owner") == ownership.mark
        if ours and not one["invalidated"] and seconds_left(one) > 0:
            there.setdefault(f"API key {one['name']!r}", []).append(one)
    owned = list(there) if parameters["prune"] else []
    resource = Resource("", wanted, there, partial(_write, api), partial(_same, api), _shown, owned)
    return resource.plan(absent=parameters["state"] == "absent")


def seconds_left(key: _There, now: float | None = None) -> float:
    """Return for how long a key is valid."""
    end = key.get("expiration")
    return math.inf if end is None else end / 1000 - (time.time() if now is None else now)


def _normal(body: Mapping[str, Any]) -> dict[str, Any]:
    roles = {name: role_normal(one) for name, one in (body.get("role_descriptors") or {}).items()}
    return {"role_descriptors": roles, "metadata": body.get("metadata") or {}}


def _same(api: Api, one: Key, there: Sequence[_There]) -> bool:
    return _keeps(api, one, there) and _normal(one.body) == _normal(there[0])


def _keeps(api: Api, one: Key, there: Sequence[_There]) -> bool:
    """Return whether the key in the file is the only one, valid for long enough, and accepted."""
    text = read_secret(one.path)
    return (
        len(there) == 1
        and seconds_left(there[0]) > one.renew_before
        and _id(text) == there[0]["id"]
        and _is_accepted(api, one.name, text)
    )


def _id(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def _is_accepted(api: Api, name: str, text: str) -> bool:
    headers = {"Authorization": f"ApiKey {text}"}
    path, attempt = "/_security/_authenticate", f"try the API key {name!r}"
    return api.call("GET", path, headers=headers, accept=(_UNKNOWN,), attempt=attempt).status != _UNKNOWN


def _shown(one: Any) -> dict[str, Any]:
    return (
        {"name": one.name, **_normal(one.body)}
        if isinstance(one, Key)
        else {"name": one[-1]["name"], **_normal(one[-1])}
    )


def _write(api: Api, step: Step) -> None:
    there = list(step.before or ())
    if step.after is None:
        _invalidate(api, step, there)
    elif there and _keeps(api, step.after, there):
        path, body = f"{_PATH}/{there[0]['id']}", _normal(step.after.body)
        sent = {**body, "role_descriptors": step.after.body.get("role_descriptors") or {}}
        api.call("PUT", path, body=sent, attempt=step.attempt, outcome=partial(_updated, api, step, there[0]["id"]))
    else:
        _renew(api, step, there)


def _renew(api: Api, step: Step, old: Sequence[_There]) -> None:
    body = {"name": step.after.name, **step.after.body}
    made = api.call("POST", _PATH, body=body, attempt=step.attempt).json()
    try:
        write_secret(Path(step.after.path), made["encoded"])
    except OSError as error:
        _invalidate(api, step, [made])
        raise PlanError(
            f"The {step.key} was created, but could not be written to {step.after.path}: {error.strerror}. The new key "
            "was invalidated. Make sure that the file can be written, and run again."
        ) from None
    if not _is_accepted(api, step.after.name, made["encoded"]):
        raise HttpError(
            f"Could not {step.attempt}: Elasticsearch does not accept the key it has just made.", again=True
        )
    _invalidate(api, step, old)


def _invalidate(api: Api, step: Step, keys: Sequence[_There]) -> None:
    if keys:
        ids = [one["id"] for one in keys]
        outcome = partial(_invalidated, api, ids)
        api.call("DELETE", _PATH, body={"ids": ids, "owner": True}, attempt=step.attempt, outcome=outcome)


def _read(api: Api) -> dict[str, _There]:
    answer = api.call("GET", _PATH, query=[("owner", "true")], attempt="read the API keys")
    return {one["id"]: one for one in answer.json()["api_keys"] if not one["invalidated"]}


def _invalidated(api: Api, ids: Sequence[str]) -> Answer | None:
    return None if set(ids) & set(_read(api)) else Answer.of({})


def _updated(api: Api, step: Step, key: str) -> Answer | None:
    there = _read(api).get(key)
    return Answer.of({}) if there and _normal(step.after.body) == _normal(there) else None
