# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens of a service account of Grafana, each of which lies in a file of the host that uses it.

Grafana shows a token once and knows it by a name that cannot change. So a new one gets the next name, `bot (2)` after
`bot`, and the old one goes when the new one lies in its file and is accepted: whatever gets lost on the way, what is in
the file works. More than one token of a name says that a renewal did not come to its end.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

from .._api.plan import PlanError
from .._api.resource import Plan, Resource, Step
from .._http.session import Answer, Api, ApiError, HttpError

__all__ = ["apply_token", "find_tokens", "is_accepted", "text_of", "token_plan"]

_CONFLICT = 409
# What Grafana answers to a token that it does not know, 9.4 the latter to one that was deleted.
_UNKNOWN = (401, 500)
_FORBIDDEN = 403
_ATTEMPTS = 3
_NUMBER = re.compile(r" \((\d+)\)$")

_Token = Mapping[str, Any]


def find_tokens(api: Api, account: int, name: str) -> list[_Token]:
    """Return the tokens of the account: what Grafana shows, which is not the token itself."""
    path = f"/api/serviceaccounts/{account}/tokens"
    found: list[_Token] = api.call("GET", path, attempt=f"list the tokens of the service account {name!r}").json()
    return found


def text_of(path: str) -> str:
    """Return the token that lies in a file, empty where there is none. Raises PlanError for what cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise PlanError(f"The file {path} is to hold a token and cannot be read: {error.strerror}.") from None


def is_accepted(api: Api, name: str, token: str) -> bool:
    """Return whether the server lets somebody in with the token, which costs one request."""
    if not (token and token.isascii() and token.isprintable()):
        return False
    headers = {"Authorization": f"Bearer {token}"}
    accept = (*_UNKNOWN, _FORBIDDEN)
    answer = api.call("GET", "/api/org", attempt=f"try the token {name!r}", headers=headers, accept=accept)
    return answer.status not in _UNKNOWN


def token_plan(
    listed: Iterable[Mapping[str, Any]],
    there: Iterable[_Token],
    *,
    accepted: Callable[[Mapping[str, Any]], bool],
    write: Callable[[Step], object],
    prune: bool,
) -> Plan:
    """Return the plan for tokens: {name, path, seconds_to_live, renew_before}, `before` a list of what is there.

    A token is made anew, for Grafana shows it only once, when it expired or soon will, when its file holds none that
    is `accepted`, or when a former renewal was cut off.
    """
    wanted = {one["name"]: one for one in listed}
    found: dict[str, list[_Token]] = {}
    for token in there:
        found.setdefault(_listed_name(token["name"], wanted), []).append(token)

    def same(one: Mapping[str, Any], tokens: Sequence[_Token]) -> bool:
        usable = [
            token for token in tokens if _seconds_left(token) > one["renew_before"] and not token.get("isRevoked")
        ]
        return len(usable) == len(tokens) == 1 and accepted(one)

    return Resource("token", wanted, found, write, same, _shown, list(found) if prune else ()).plan()


def _shown(one: Any) -> dict[str, str]:
    return {"name": one["name"] if isinstance(one, Mapping) else one[-1]["name"]}


def apply_token(api: Api, account: int, step: Step) -> None:
    """Make the change: a new token goes into its file, which only its owner may read, and then the old ones go.

    Raises HttpError, and PlanError for a file that cannot be written. What is in the file is accepted all the time.
    """
    old = list(step.before or ())
    if step.after:
        made, old = _made(api, account, step, old)
        _keep(api, account, step, made)
        if old and not is_accepted(api, step.key, made["key"]):
            raise HttpError(
                f"Could not {_attempt(account, step)}: Grafana does not accept the one that it has just made. The "
                "former one was left.",
                again=True,
            )
    for token in old:
        _delete(api, account, step, token)


def _made(api: Api, account: int, step: Step, old: list[_Token]) -> tuple[_Token, list[_Token]]:
    """Return a new token with its key, and all others of its name.

    The key of one whose answer was lost nobody will ever know, so that another one is made in its place.
    """
    path = f"/api/serviceaccounts/{account}/tokens"
    attempts = 0
    while True:
        body = {"name": _next_name(step.key, old), "secondsToLive": step.after["seconds_to_live"]}
        try:
            return api.call("POST", path, attempt=_attempt(account, step), body=body).json(), old
        except HttpError as error:
            attempts += 1
            taken = isinstance(error, ApiError) and error.status == _CONFLICT
            if attempts == _ATTEMPTS or not (taken or error.again):
                raise
            before, old = len(old), _family(api, account, step)
            if taken and len(old) == before:
                # Another account has a token of that name.
                raise


def _keep(api: Api, account: int, step: Step, made: _Token) -> None:
    try:
        _write(Path(step.after["path"]), made["key"])
    except OSError as error:
        _delete(api, account, step, made)
        raise PlanError(
            f"The token {step.key!r} was made, but cannot be written to {step.after['path']}: {error.strerror}. It was "
            "deleted. Make room for that file and run again."
        ) from None


def _delete(api: Api, account: int, step: Step, token: _Token) -> None:
    def outcome() -> Answer | None:
        left = [one["id"] for one in find_tokens(api, account, step.key)]
        return None if token["id"] in left else Answer.of({})

    attempt = f"delete the token {token['name']!r} of the service account {account}"
    api.call("DELETE", f"/api/serviceaccounts/{account}/tokens/{token['id']}", attempt=attempt, outcome=outcome)


def _attempt(account: int, step: Step) -> str:
    return f"{step.attempt} of the service account {account}"


def _family(api: Api, account: int, step: Step) -> list[_Token]:
    return [one for one in find_tokens(api, account, step.key) if _listed_name(one["name"], [step.key]) == step.key]


def _listed_name(name: str, listed: Iterable[str]) -> str:
    """Return the name in the list that a token has, or had before it was renewed, its own when there is none."""
    known = set(listed)
    base = _NUMBER.sub("", name)
    return name if name in known or base not in known else base


def _next_name(name: str, family: Iterable[_Token]) -> str:
    numbers = [int(found[1]) if (found := _NUMBER.search(one["name"][len(name) :])) else 1 for one in family]
    return f"{name} ({max(numbers) + 1})" if numbers else name


def _seconds_left(token: _Token) -> float:
    # Not secondsUntilExpiration: it is 0 too for a token that has more than a week left.
    if token["expiration"] is None:
        return math.inf
    end = datetime.strptime(token["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return (end - datetime.now(timezone.utc)).total_seconds()


def _write(path: Path, token: str) -> None:
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            there = path.stat()
            os.chown(partial, there.st_uid, there.st_gid)
            Path(partial).chmod(there.st_mode & 0o640)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink()
        raise
