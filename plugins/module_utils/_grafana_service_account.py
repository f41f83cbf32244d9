# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service account of Grafana and its tokens, each of which lies in a file of the host that uses it."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ._http import Api
from ._plan import Plan, PlanError, Step, planned

__all__ = ["account_plan", "apply_account", "apply_token", "find_account", "find_tokens", "token_plan"]

_FIELDS = ("role", "isDisabled")


def find_account(api: Api, name: str) -> dict[str, Any] | None:
    """Return the account of exactly this name, None when there is none."""
    path = f"/api/serviceaccounts/search?perpage=1000&query={quote(name, safe='')}"
    answer = api.call("GET", path, attempt=f"look for the service account {name!r}").json()
    return next((account for account in answer["serviceAccounts"] if account["name"] == name), None)


def account_plan(wanted: Mapping[str, Any], there: Mapping[str, Any] | None, *, absent: bool) -> Plan:
    """Return the plan for the account: {name, role, isDisabled}."""
    name = wanted["name"]
    found = {name: {**{field: there[field] for field in _FIELDS}, "name": name, "id": there["id"]}} if there else {}

    def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        return all(one[field] == other[field] for field in _FIELDS)

    return planned({name: dict(wanted)}, found, same=same, absent=absent)


def apply_account(api: Api, step: Step) -> int:
    """Make the change and return the number of the account."""
    attempt = f"{step.action} the service account {step.key!r}"
    if step.action == "create":
        return int(api.call("POST", "/api/serviceaccounts", attempt=attempt, body=step.after).json()["id"])
    path = f"/api/serviceaccounts/{step.before['id']}"
    if step.action == "delete":
        api.call("DELETE", path, attempt=attempt)
    else:
        api.call("PATCH", path, attempt=attempt, body=step.after)
    return int(step.before["id"])


def find_tokens(api: Api, account: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return {name: token} of the account: what Grafana shows, which is not the token itself."""
    path = f"/api/serviceaccounts/{account['id']}/tokens"
    tokens = api.call("GET", path, attempt=f"list the tokens of the service account {account['name']!r}").json()
    return {token["name"]: token for token in tokens}


def token_plan(wanted: Iterable[Mapping[str, Any]], there: Mapping[str, Mapping[str, Any]], *, prune: bool) -> Plan:
    """Return the plan for tokens: {name, path, seconds_to_live, renew_before}.

    A token whose file is gone, that expired or soon will, is made anew: Grafana shows it only once.
    """

    def same(one: Mapping[str, Any], token: Mapping[str, Any]) -> bool:
        usable = _seconds_left(token) > one["renew_before"] and not token.get("isRevoked")
        return usable and Path(one["path"]).is_file() and Path(one["path"]).stat().st_size > 0

    return planned({one["name"]: one for one in wanted}, there, same=same, prunable=there if prune else ())


def apply_token(api: Api, account: int, step: Step) -> None:
    """Make the change: a new token goes into its file, which only its owner may read."""
    path = f"/api/serviceaccounts/{account}/tokens"
    attempt = f"{step.action} the token {step.key!r} of the service account {account}"
    if step.before:
        api.call("DELETE", f"{path}/{step.before['id']}", attempt=attempt)
    if step.after:
        body = {"name": step.key, "secondsToLive": step.after["seconds_to_live"]}
        _keep(step, api.call("POST", path, attempt=attempt, body=body).json()["key"])


def _keep(step: Step, token: str) -> None:
    try:
        _write(Path(step.after["path"]), token)
    except OSError as error:
        raise PlanError(
            f"The token {step.key!r} was made, but cannot be written to {step.after['path']}: {error.strerror}. Make "
            "room for that file and run this again: a token without its file is made anew."
        ) from None


def _seconds_left(token: Mapping[str, Any]) -> float:
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
