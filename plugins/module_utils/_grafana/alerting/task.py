# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerting of Grafana as a whole: each kind of object is planned, then all are written in a valid order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import ModuleType
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ..._api.module import apply, expect
from ..._api.owner import OWNER_OPTIONS, Ownership
from ..._api.plan import PlanError
from ..._api.resource import Plan, Step
from ..._http.session import Answer, Session
from ..client import grafana_api
from . import contact_points, mute_timings, notification_policy, rule_groups, templates
from .objects import AlertingApi, Scope, is_locked

__all__ = ["OPTIONS", "act"]

_KINDS: Mapping[str, ModuleType] = {
    "templates": templates,
    "mute_timings": mute_timings,
    "contact_points": contact_points,
    "notification_policy": notification_policy,
    "rule_groups": rule_groups,
}
"""By the option that lists them. Each can refer to those before it, so those are deleted after it."""


def _listed(**options: Any) -> dict[str, Any]:
    return {"type": "list", "elements": "dict", "options": options}


_NAME = {"type": "str", "required": True}
OPTIONS: Mapping[str, Any] = {
    "rule_groups": _listed(
        folder_uid={"type": "str", "required": True},
        name=_NAME,
        interval={"type": "str", "default": "1m"},
        rules={"type": "list", "elements": "dict", "required": True},
    ),
    "contact_points": _listed(
        name=_NAME,
        type={"type": "str", "required": True},
        uid={"type": "str"},
        settings={"type": "dict"},
        secure_settings={"type": "dict", "no_log": True},
        disableResolveMessage={"type": "bool", "default": False},
    ),
    "notification_policy": {"type": "dict"},
    "mute_timings": _listed(name=_NAME, time_intervals={"type": "list", "elements": "dict", "default": []}),
    "templates": _listed(name=_NAME, template={"type": "str"}),
    **OWNER_OPTIONS,
    "editable_in_ui": {"type": "bool", "default": False},
    "secret_digest_key": {"type": "str", "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "prune": {"type": "bool", "default": False},
}
"""Argument spec of the module's own options."""


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the alerting objects match the parameters, except in check mode, and return what exit_json takes."""
    secrets = contact_points.secrets_of(module.params["contact_points"] or ())
    api = AlertingApi(grafana_api(module, session, secrets), editable=module.params["editable_in_ui"])
    missing: list[str] = []
    left: list[str] = []
    plan = _plan(api, module.params, missing=missing.append, left=left.append)
    expect(module, missing)
    for sentence in filter(None, left):
        module.warn(sentence)
    return apply(module, plan)


def _plan(
    api: AlertingApi, parameters: Mapping[str, Any], *, missing: Callable[[str], None], left: Callable[[str], None]
) -> Plan:
    """Return the plan for all listed kinds; pass sentences to `missing` and `left`.

    Raises PlanError before anything is written.
    """
    given = {name: kind for name, kind in _KINDS.items() if parameters[name] is not None}
    if not given:
        raise PlanError(f"Nothing to manage: give at least one of {', '.join(_KINDS)}.")
    more: dict[str, dict[str, Any]] = {
        "contact_points": {"digest_key": parameters["secret_digest_key"]},
        "rule_groups": {"missing": missing},
    }
    made: dict[str, Callable[[], Plan]] = {}

    def write(name: str, step: Step) -> None:
        _KINDS[name].apply(api.looking(partial(_outcome, made[name], step)), step)

    ownership, others = Ownership.of(parameters), dict[str, list[str]]()
    for name, kind in given.items():
        scope = Scope(ownership, partial(write, name), parameters["prune"], parameters["state"] == "absent", others)
        made[name] = partial(kind.plan, api, parameters[name], scope, **more.get(name, {}))
    plans = {name: plan() for name, plan in made.items()}
    ordered = _ordered(plans)
    for step in ordered:
        is_locked(step)
    if any(step.action == "update" and ownership.takes([step.before.owner]) for step in ordered):
        left(ownership.left(others))
    return Plan(ordered, tuple(key for plan in plans.values() for key in plan.kept))


def _outcome(made: Callable[[], Plan], step: Step) -> Answer | None:
    """Return an answer if the step is done: a new plan does not change its object, or does not create it again."""
    left = {one.action for one in made().steps if one.key == step.key}
    return None if left - ({"update"} if step.action == "create" else set()) else Answer.of({})


def _ordered(plans: Mapping[str, Plan]) -> tuple[Step, ...]:
    """Return all steps: deletions of rules, creations and changes in order of kinds, other deletions in reverse."""
    coming = [step for plan in plans.values() for step in plan.steps if step.action != "delete"]
    going = {name: [step for step in plan.steps if step.action == "delete"] for name, plan in plans.items()}
    first = going.pop("rule_groups", [])
    return (*first, *coming, *(step for name in reversed(list(going)) for step in going[name]))
