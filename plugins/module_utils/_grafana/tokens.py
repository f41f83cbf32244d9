# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens of a service account of Grafana, each in a file on the host that uses it.

Grafana shows a token once, under a name that cannot change. So a new token gets the next name, `bot (2)` after `bot`,
and the old one is deleted once the new one is in the file and accepted. Whatever is lost on the way, the token in the
file works. More than one token of a name means that a renewal was interrupted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

from .._api.plan import PlanError
from .._api.resource import Plan, Resource, Step
from .._api.secret_file import write_secret
from .._http.session import Answer, Api, ApiError, HttpError

__all__ = ["apply_token", "find_tokens", "is_accepted", "token_plan"]

_CONFLICT = 409
# Grafana's answers to an unknown token; 9.4 answers 500 for one that was deleted.
_UNKNOWN = (401, 500)
_FORBIDDEN = 403
_ATTEMPTS = 3
_NUMBER = re.compile(r" \((\d+)\)$")

_Token = Mapping[str, Any]


def find_tokens(api: Api, account: int, name: str) -> list[_Token]:
    """Return the tokens of the account as Grafana lists them, without the token itself."""
    path = f"/api/serviceaccounts/{account}/tokens"
    found: list[_Token] = api.call("GET", path, attempt=f"list the tokens of the service account {name!r}").json()
    return found


def is_accepted(api: Api, name: str, token: str) -> bool:
    """Return whether the server accepts the token, which costs one request."""
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
    """Return the plan for tokens: {name, path, seconds_to_live, renew_before}, `before` a list of the existing ones.

    A token is replaced if it has expired or soon will, if its file contains none that is `accepted`, or if an earlier
    renewal was interrupted.
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
    """Make the change: write a new token to its file, which only its owner may read, then delete the old ones.

    Raises HttpError, and PlanError for a file that cannot be written. The token in the file is accepted at any time.
    """
    old = list(step.before or ())
    if step.after:
        made, old = _made(api, account, step, old)
        _keep(api, account, step, made)
        if old and not is_accepted(api, step.key, made["key"]):
            raise HttpError(
                f"Could not {_attempt(account, step)}: Grafana does not accept the token that it has just created. "
                "The old token was kept.",
                again=True,
            )
    for token in old:
        _delete(api, account, step, token)


def _made(api: Api, account: int, step: Step, old: list[_Token]) -> tuple[_Token, list[_Token]]:
    """Return a new token with its key, and all others of its name.

    If the answer is lost, the key of the new token is lost with it, so another one is created in its place.
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
        write_secret(Path(step.after["path"]), made["key"])
    except OSError as error:
        _delete(api, account, step, made)
        raise PlanError(
            f"The token {step.key!r} was created, but could not be written to {step.after['path']}: {error.strerror}. "
            "The new token was deleted. Make sure that the file can be written, and run again."
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
    """Return the listed name that a token has, or had before its renewal; its own name if it is not listed."""
    known = set(listed)
    base = _NUMBER.sub("", name)
    return name if name in known or base not in known else base


def _next_name(name: str, family: Iterable[_Token]) -> str:
    numbers = [int(found[1]) if (found := _NUMBER.search(one["name"][len(name) :])) else 1 for one in family]
    return f"{name} ({max(numbers) + 1})" if numbers else name


def _seconds_left(token: _Token) -> float:
    # Not secondsUntilExpiration, which is also 0 for a token with more than a week left.
    if token["expiration"] is None:
        return math.inf
    end = datetime.strptime(token["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return (end - datetime.now(timezone.utc)).total_seconds()
