# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service account of Grafana, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable
from urllib.parse import quote

from .._api.resource import Plan, Resource, Step
from .._http.session import Answer, Api

__all__ = ["account_plan", "apply_account", "find_account"]

_FIELDS = ("name", "role", "isDisabled")


def find_account(api: Api, name: str) -> dict[str, Any] | None:
    """Return the account of exactly this name, None when there is none."""
    path = f"/api/serviceaccounts/search?perpage=1000&query={quote(name, safe='')}"
    answer = api.call("GET", path, attempt=f"look for the service account {name!r}").json()
    return next((account for account in answer["serviceAccounts"] if account["name"] == name), None)


def account_plan(
    wanted: Mapping[str, Any], there: Mapping[str, Any] | None, write: Callable[[Step], object], *, absent: bool
) -> Plan:
    """Return the plan for the account: {name, role, isDisabled}."""
    name = wanted["name"]
    found = {name: there} if there else {}
    return Resource("service account", {name: wanted}, found, write, _same, _shown).plan(absent=absent)


def _same(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    return _shown(wanted) == _shown(there)


def _shown(account: Mapping[str, Any]) -> dict[str, Any]:
    return {field: account[field] for field in _FIELDS}


def apply_account(api: Api, step: Step) -> int:
    """Make the change and return the number of the account."""

    def outcome() -> Answer | None:
        there = find_account(api, step.key)
        done = there is None if step.after is None else there is not None and _same(step.after, there)
        return Answer.of(there or {}) if done else None

    if step.action == "create":
        made = api.call("POST", "/api/serviceaccounts", attempt=step.attempt, body=step.after, outcome=outcome)
        return int(made.json()["id"])
    method = "DELETE" if step.action == "delete" else "PATCH"
    path = f"/api/serviceaccounts/{step.before['id']}"
    api.call(method, path, attempt=step.attempt, body=step.after, outcome=outcome)
    return int(step.before["id"])
