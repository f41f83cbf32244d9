# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole task on dashboards of Grafana."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..._api.module import apply
from ..._api.owner import Ownership
from ..._api.plan import PlanError
from ..._api.resource import Plan
from ..._http.session import Session
from ..client import grafana_api
from ..search import Hit, search
from . import changes
from .changes import Dashboard
from .fit import Fit
from .listed import in_folders, unwanted, wanted
from .unusable import Unusable

__all__ = ["act"]


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the dashboards match the parameters, except in check mode, and return what exit_json takes."""
    parameters = module.params
    absent, ownership = parameters["state"] == "absent", Ownership.of(parameters, optional=True)
    if parameters["prune"] and (absent or not ownership.owner):
        raise PlanError("prune needs an owner, whose tag limits what may be deleted, and state present.")
    unusable = Unusable(skip=parameters["skip_unusable"])
    listed: dict[str, Any] = unwanted(parameters) if absent else wanted(parameters, ownership, unusable)
    api = grafana_api(module, session)
    hits = search(api)
    if not absent:
        listed = in_folders(listed, hits, unusable, expected=module.warn if module.check_mode else None)
    fit = Fit(api, hits, unusable, update=parameters["update_library_panels"])
    rules = {"ownership": ownership, "unusable": unusable, "prune": parameters["prune"], "absent": absent}
    plan = changes.plan(api, listed, hits, fitted=fit.fitted, message=parameters["version_message"], **rules)
    panels = Plan() if absent else fit.library_panels(_kept_and_written(plan, listed))
    result = apply(module, panels + plan, unusable.unwritten)
    made = plan.without(unusable.unwritten)
    for sentence in fit.warnings:
        module.warn(sentence)
    _warn(module, made, {uid: hit for uid, hit in hits.items() if uid not in listed}, ownership, unusable)
    found = panels.outcome()
    brought = {kind: found[kind] for kind in ("created", "updated", "unchanged")}
    named = {name: keys for name, keys in made.outcome().items() if name != "changed"}
    return {**result, **named, "library_panels": brought, "unusable": unusable.sentences}


def _kept_and_written(plan: Plan, listed: Mapping[str, Dashboard]) -> list[Dashboard]:
    return [listed[uid] for uid in plan.kept] + [step.after for step in plan.steps if step.after]


def _warn(
    module: AnsibleModule, made: Plan, unlisted: Mapping[str, Hit], ownership: Ownership, unusable: Unusable
) -> None:
    owners = changes.owners
    updated = [step.before.model.get("tags") or () for step in made.steps if step.action == "update"]
    left = ownership.left({f"{uid!r} ({hit.title})": owners(hit.tags) for uid, hit in unlisted.items()})
    if left and any(ownership.takes(owners(tags)) for tags in updated):
        module.warn(left)
    for sentence in unusable.sentences:
        module.warn(f"A dashboard was left out: {sentence}")
