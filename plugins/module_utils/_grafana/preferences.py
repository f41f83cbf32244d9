# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preferences of an organisation of Grafana: the home page and the look for users without their own choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

from .._api.module import apply, expect
from .._api.plan import PlanError
from .._api.resource import Resource, Step
from .._http.session import Answer, Api, Session
from .client import grafana_api

__all__ = ["OPTIONS", "act"]

_PATH = "/api/org/preferences"
_NAMES = {
    "home_dashboard_uid": "homeDashboardUID",
    "theme": "theme",
    "timezone": "timezone",
    "week_start": "weekStart",
    "language": "language",
}
_HOME = "home_dashboard_uid"
_NOT_FOUND = 404
OPTIONS: Mapping[str, Any] = {
    **{name: {"type": "str"} for name in _NAMES},
    "replace": {"type": "bool", "default": True},
}
"""Argument spec of the module's own options."""


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Set the preferences in the parameters, except in check mode, and return what exit_json takes."""
    api = grafana_api(module, session)
    missing: list[str] = []
    there = _found(api)
    preferences = _wanted(api, module.params, there, missing=missing.append)
    expect(module, missing)
    made = apply(
        module, Resource("", {"preferences": preferences}, {"preferences": there}, partial(_write, api)).plan()
    )
    return {"preferences": preferences, **{name: made[name] for name in ("changed", "diff") if name in made}}


def _found(api: Api) -> dict[str, str]:
    """Return the preferences, empty where Grafana's default applies."""
    answer = api.call("GET", _PATH, attempt="read the preferences of the organisation").json()
    return {name: answer.get(key) or "" for name, key in _NAMES.items()}


def _wanted(
    api: Api, parameters: Mapping[str, Any], there: Mapping[str, str], *, missing: Callable[[str], None]
) -> dict[str, str]:
    """Return the wanted preferences; pass a sentence to `missing` if the home page is not a dashboard."""
    given = {name: parameters[name] for name in _NAMES if parameters[name] is not None}
    if not given:
        raise PlanError(f"Nothing to set: give at least one of {', '.join(_NAMES)}.")
    if not parameters["replace"]:
        given = {name: value for name, value in given.items() if not _is_chosen(api, name, there[name])}
    home = given.get(_HOME, "")
    if home and home != there[_HOME] and not _is_dashboard(api, home):
        missing(f"There is no dashboard with the uid {home!r} to use as the home page.")
    return {**there, **given}


def _write(api: Api, step: Step) -> None:
    """Set what differs; everything else stays unchanged."""
    body = {_NAMES[name]: value for name, value in step.after.items() if value != step.before[name]}

    def outcome() -> Answer | None:
        return Answer.of({}) if _found(api) == step.after else None

    api.call("PATCH", _PATH, attempt="set the preferences of the organisation", body=body, outcome=outcome)


def _is_chosen(api: Api, name: str, value: str) -> bool:
    # A home page that has been deleted no longer counts as chosen.
    return bool(value) and (name != _HOME or _is_dashboard(api, value))


def _is_dashboard(api: Api, uid: str) -> bool:
    path = f"/api/dashboards/uid/{quote(uid, safe='')}"
    answer = api.call("GET", path, attempt=f"look for the dashboard {uid!r}", accept=(_NOT_FOUND,))
    return answer.status != _NOT_FOUND and not answer.json()["meta"].get("isFolder")
