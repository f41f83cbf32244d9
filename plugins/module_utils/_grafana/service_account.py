# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service account of Grafana, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .._api.plan import Plan, Step, planned
from .._http.session import Answer, Api

__all__ = ["account_plan", "apply_account", "find_account"]

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

    def outcome() -> Answer | None:
        there = find_account(api, step.key)
        done = not account_plan(step.after or step.before, there, absent=step.after is None).steps
        return Answer.of(there or {}) if done else None

    attempt = f"{step.action} the service account {step.key!r}"
    if step.action == "create":
        made = api.call("POST", "/api/serviceaccounts", attempt=attempt, body=step.after, outcome=outcome)
        return int(made.json()["id"])
    method = "DELETE" if step.action == "delete" else "PATCH"
    path = f"/api/serviceaccounts/{step.before['id']}"
    api.call(method, path, attempt=attempt, body=step.after, outcome=outcome)
    return int(step.before["id"])
