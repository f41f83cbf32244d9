# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service account of Grafana, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

from .._api.module import apply
from .._api.plan import PlanError, by_key
from .._api.resource import Plan, Resource, Step
from .._api.secret_file import read_secret
from .._http.session import Answer, Api, Session
from .client import grafana_api
from .tokens import apply_token, find_tokens, is_accepted, token_plan

__all__ = ["OPTIONS", "act"]

_TOKEN = {
    "name": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "seconds_to_live": {"type": "int", "default": 0, "no_log": False},
    "renew_before": {"type": "int", "default": 604800},
}
OPTIONS: Mapping[str, Any] = {
    "name": {"type": "str", "required": True},
    "role": {"type": "str", "choices": ["Viewer", "Editor", "Admin", "None"], "default": "Viewer"},
    "disabled": {"type": "bool", "default": False},
    "tokens": {"type": "list", "elements": "dict", "options": _TOKEN, "no_log": False},
    "prune": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
"""Argument spec of the module's own options."""
_KINDS = ("created", "updated", "deleted", "unchanged")
_FIELDS = ("name", "role", "isDisabled")


def _listed(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = parameters["tokens"] or []
    by_key(listed, lambda token: token["name"], option="tokens", what="token")
    by_key(listed, lambda token: token["path"], option="tokens", what="file")
    for token in listed:
        if not Path(token["path"]).parent.is_dir():
            raise PlanError(
                f"The token {token['name']!r} cannot be stored: the directory of {token['path']} does not exist."
            )
        if Path(token["path"]).is_dir():
            raise PlanError(f"The token {token['name']!r} cannot be stored: {token['path']} is a directory.")
        if token["seconds_to_live"] and token["seconds_to_live"] <= token["renew_before"]:
            raise PlanError(
                f"The token {token['name']!r} is valid for {token['seconds_to_live']} s, but would be renewed "
                f"{token['renew_before']} s before it expires, so on every run. Lower renew_before."
            )
    return listed


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the account and its tokens match the parameters, and return what exit_json takes."""
    parameters = module.params
    listed, absent = _listed(parameters), parameters["state"] == "absent"
    texts = {} if absent else {token["name"]: read_secret(token["path"]) for token in listed}
    api = grafana_api(module, session, texts.values())
    there = _found(api, parameters["name"])
    number = there["id"] if there else 0

    def write(step: Step) -> None:
        nonlocal number
        number = _write(api, step)

    name = parameters["name"]
    wanted = {name: {"name": name, "role": parameters["role"], "isDisabled": parameters["disabled"]}}
    found = {name: there} if there else {}
    account = Resource("service account", wanted, found, write, _same, _shown).plan(absent=absent)
    tokens = Plan()
    if parameters["tokens"] is not None and not absent:
        tokens = token_plan(
            listed,
            find_tokens(api, there["id"], there["name"]) if there else (),
            accepted=lambda one: is_accepted(api, one["name"], texts[one["name"]]),
            write=lambda step: apply_token(api, number, step),
            prune=parameters["prune"],
        )
    made, became = apply(module, account + tokens), account.outcome()
    return {
        **{name: made[name] for name in ("changed", "diff") if name in made},
        "account": next((kind for kind in _KINDS if became[kind]), "unchanged"),
        "tokens": {kind: tokens.outcome()[kind] for kind in _KINDS},
        **({"id": number} if number else {}),
    }


def _found(api: Api, name: str) -> dict[str, Any] | None:
    """Return the account with exactly this name, None if there is none."""
    path = f"/api/serviceaccounts/search?perpage=1000&query={quote(name, safe='')}"
    answer = api.call("GET", path, attempt=f"look for the service account {name!r}").json()
    return next((account for account in answer["serviceAccounts"] if account["name"] == name), None)


def _same(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    return _shown(wanted) == _shown(there)


def _shown(account: Mapping[str, Any]) -> dict[str, Any]:
    return {field: account[field] for field in _FIELDS}


def _write(api: Api, step: Step) -> int:
    """Make the change and return the number of the account."""

    def outcome() -> Answer | None:
        there = _found(api, step.key)
        done = there is None if step.after is None else there is not None and _same(step.after, there)
        return Answer.of(there or {}) if done else None

    if step.action == "create":
        made = api.call("POST", "/api/serviceaccounts", attempt=step.attempt, body=step.after, outcome=outcome)
        return int(made.json()["id"])
    method = "DELETE" if step.action == "delete" else "PATCH"
    path = f"/api/serviceaccounts/{step.before['id']}"
    api.call(method, path, attempt=step.attempt, body=step.after, outcome=outcome)
    return int(step.before["id"])
