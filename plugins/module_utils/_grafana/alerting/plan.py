# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerting of Grafana as one whole: each kind of object is planned, then all are written in an order that holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import ModuleType
from typing import Any, Callable

from ..._api.plan import Plan, PlanError, Step
from ..._http.session import Answer
from ..owner import OWNER_OPTIONS, Ownership
from . import contact_points, mute_timings, notification_policy, rule_groups, templates
from .objects import AlertingApi, Scope, is_locked

__all__ = ["OPTIONS", "alerting_plan", "secrets_of", "shown"]

_KINDS: Mapping[str, ModuleType] = {
    "templates": templates,
    "mute_timings": mute_timings,
    "contact_points": contact_points,
    "notification_policy": notification_policy,
    "rule_groups": rule_groups,
}
"""By the option that lists them. Each can refer to those before it, so none may go while one after it refers to it."""


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


def secrets_of(parameters: Mapping[str, Any]) -> list[str]:
    """Return the values that no message may show."""
    return contact_points.secrets_of(parameters["contact_points"] or ())


def alerting_plan(
    api: AlertingApi, parameters: Mapping[str, Any], *, missing: Callable[[str], None], left: Callable[[str], None]
) -> tuple[Plan, Callable[[Step], None]]:
    """Return the plan of all kinds that are listed, and what makes one of its changes.

    Args:
        api: What is asked.
        parameters: The listed objects by kind (None is not managed), owner, take_over, prune, state, secret_digest_key.
        missing: Is told, as a sentence, of a folder or data source that is not there.
        left: Is told what of an owner from whom something is taken over is not listed.

    Raises PlanError before anything is written.
    """
    given = {name: kind for name, kind in _KINDS.items() if parameters[name] is not None}
    if not given:
        raise PlanError(f"There is nothing to manage: give at least one of {', '.join(_KINDS)}.")
    more: dict[str, dict[str, Any]] = {
        "contact_points": {"digest_key": parameters["secret_digest_key"]},
        "rule_groups": {"missing": missing},
    }
    scope = Scope(Ownership.of(parameters), parameters["prune"], parameters["state"] == "absent")
    made = {
        name: partial(kind.plan, api, parameters[name], scope, **more.get(name, {})) for name, kind in given.items()
    }
    plans: dict[str, Plan] = {name: plan() for name, plan in made.items()}
    ordered = _ordered(plans)
    for _name, step in ordered:
        is_locked(step)
    if any(step.action == "update" and scope.ownership.takes([step.before.owner]) for _name, step in ordered):
        left(scope.ownership.left(scope.left))
    kept = tuple(key for plan in plans.values() for key in plan.kept)
    kinds = {step.key: name for name, step in ordered}

    def write(step: Step) -> None:
        name = kinds[step.key]
        _KINDS[name].apply(api.looking(partial(_outcome, made[name], step)), step)

    return Plan(tuple(step for _name, step in ordered), kept), write


def _outcome(made: Callable[[], Plan], step: Step) -> Answer | None:
    """Return that the step is done when another plan has nothing left to do to its object, or to create it."""
    left = {one.action for one in made().steps if one.key == step.key}
    return None if left - ({"update"} if step.action == "create" else set()) else Answer.of({})


def shown(entry: Any) -> Any:
    """Return what a diff shows of an object."""
    return entry.seen


def _ordered(plans: Mapping[str, Plan]) -> list[tuple[str, Step]]:
    """Return all steps: rules that go, then what comes or changes from templates up, then what goes, downwards."""
    steps = [(name, step) for name, plan in plans.items() for step in plan.steps]
    going = [(name, step) for name, step in steps if step.action == "delete"]
    first = [(name, step) for name, step in going if name == "rule_groups"]
    coming = [(name, step) for name, step in steps if step.action != "delete"]
    last = [(name, step) for kind in reversed(list(_KINDS)) for name, step in going if name == kind != "rule_groups"]
    return [*first, *coming, *last]
