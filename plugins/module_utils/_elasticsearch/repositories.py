# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repositories of snapshots; one that not every node reaches is taken back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

from .._api.owner import Ownership
from .._api.plan import PlanError
from .._api.resource import Plan, Step
from .._http.secret_spellings import secrets_in_urls
from .._http.session import Answer, Api, ApiError, Session
from .client import elasticsearch_api
from .normal import flat, unit_free
from .objects import STATE_OPTIONS, Kind, lists, made

__all__ = ["OPTIONS", "act"]

OPTIONS: Mapping[str, Any] = {"repositories": {"type": "dict", "required": True}, **STATE_OPTIONS}
"""Argument spec of the module's own options."""

_NOT_FOUND = 404
# A node that cannot use a repository, as Elasticsearch names it.
_REFUSING = re.compile(r"\[([^][]+)\]\[[^][]*\]\[internal:admin/repository/verify\]")
_VERIFY = ("verify", "true")
_TRUST = ("verify", "false")


def _normal(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in body.items() if key != "uuid"}
    return {**kept, "settings": unit_free(flat(body.get("settings")))}


def _misfit(body: Mapping[str, Any]) -> str:
    return "" if body.get("type") else "needs a type, such as fs, and the settings of that."


# A repository keeps settings that its type does not know, so the mark lies there.
_REPOSITORIES = Kind("repository", "repositories", "/_snapshot", dict, _normal, marked=("settings",), misfit=_misfit)


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the repositories as the parameters say, none in check mode, and return what exit_json takes."""
    parameters, ownership = module.params, Ownership.of(module.params)
    api = elasticsearch_api(session, secrets_in_urls(parameters["repositories"]))
    (read,) = lists(api, [_REPOSITORIES], parameters, ownership)
    return made(
        module, ownership, [read], Plan(tuple(_verified(api, step) for step in read.plan.steps), read.plan.kept)
    )


def _verified(api: Api, step: Step) -> Step:
    """Return the step, which takes back what cannot be verified."""
    if step.after is None:
        return step
    return replace(step, resource=replace(step.resource, write=partial(_write, api)))


def _write(api: Api, step: Step) -> None:
    path, attempt = _path(step), step.attempt
    outcome = partial(_outcome, api, step)
    try:
        api.call("PUT", path, query=[_VERIFY], body=step.after.body, attempt=attempt, outcome=outcome)
    except ApiError as error:
        if _read(api, step) == (step.before and _normal(step.before.body)):
            raise
        _take_back(api, step)
        raise PlanError(f"{_sentence(error)} The repository is as it was before.") from None


def _sentence(error: ApiError) -> str:
    """Return the error, and in place of a trace the names of the nodes that cannot use the repository."""
    if not (nodes := sorted(set(_REFUSING.findall(str(error))))):
        return str(error)
    cause = str(error).partition(" answered ")[0]
    return (
        f"{cause} verified it, and {', '.join(nodes)} cannot use it. Each node has to reach the same place: mount the "
        f"directory there, or correct the settings. {nodes[0]}'s log has the reason."
    )


def _take_back(api: Api, step: Step) -> None:
    attempt = f"take back the change of the {step.key}"
    back = partial(_taken_back, api, step)
    if step.before is None:
        api.call("DELETE", _path(step), attempt=attempt, outcome=back)
    else:
        api.call("PUT", _path(step), query=[_TRUST], body=step.before.body, attempt=attempt, outcome=back)


def _path(step: Step) -> str:
    return f"{_REPOSITORIES.path}/{quote((step.after or step.before).name, safe='')}"


def _read(api: Api, step: Step) -> dict[str, Any] | None:
    answer = api.call("GET", _path(step), attempt=f"read the {step.key}", accept=(_NOT_FOUND,))
    there = answer.json().get(step.after.name) if answer.status != _NOT_FOUND else None
    return _normal(there) if there else None


def _outcome(api: Api, step: Step) -> Answer | None:
    if _read(api, step) != _normal(step.after.body):
        return None
    try:
        api.call("POST", f"{_path(step)}/_verify", attempt=f"verify the {step.key}")
    except ApiError:
        return None
    return Answer.of({})


def _taken_back(api: Api, step: Step) -> Answer | None:
    return Answer.of({}) if _read(api, step) == (step.before and _normal(step.before.body)) else None
