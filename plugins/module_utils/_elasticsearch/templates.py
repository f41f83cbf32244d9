# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Component and index templates: compared as Elasticsearch keeps them, tried before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.owner import Ownership
from .._api.plan import PlanError
from .._api.resource import Plan
from .._http.session import Api, Session
from .client import elasticsearch_api
from .normal import flat, listed, text, without_empty
from .objects import STATE_OPTIONS, Item, Kind, Listed, found, made, plan, wanted

__all__ = ["COMPONENTS", "INDICES", "OPTIONS", "act", "overlap"]

OPTIONS: Mapping[str, Any] = {
    "component_templates": {"type": "dict"},
    "index_templates": {"type": "dict"},
    **STATE_OPTIONS,
}
"""Argument spec of the module's own options."""

# A pattern and a priority that no template has, under which one is tried.
_TRIAL = {"index_patterns": ["vigil-trial-of-a-template"], "priority": 2_147_480_551}


def _normal(body: Mapping[str, Any]) -> dict[str, Any]:
    template = body.get("template") or {}
    aliases = {name: _alias(alias or {}) for name, alias in (template.get("aliases") or {}).items()}
    inside = {**template, "settings": flat(template.get("settings"), "index."), "aliases": aliases}
    numbers = {key: text(body.get(key)) for key in ("priority", "version")}
    return without_empty({**body, **numbers, "template": without_empty(inside)})


def _alias(alias: Mapping[str, Any]) -> dict[str, Any]:
    both = alias.get("routing")
    routing = {key: alias.get(key, both) for key in ("index_routing", "search_routing")}
    return {key: value for key, value in {**alias, **routing, "routing": None}.items() if value is not None}


def _index_normal(body: Mapping[str, Any]) -> dict[str, Any]:
    normal = {**_normal(body), "index_patterns": listed(body.get("index_patterns"))}
    if isinstance(stream := body.get("data_stream"), Mapping):
        normal["data_stream"] = {"hidden": False, "allow_custom_routing": False, **stream}
    return normal


def _index_misfit(body: Mapping[str, Any]) -> str:
    if not listed(body.get("index_patterns")):
        return "needs index_patterns, such as [logs-*]."
    priority = body.get("priority")
    if priority is not None and not str(priority).isdigit():
        return f"has the priority {priority!r}, which must be a whole number from 0."
    return ""


COMPONENTS = Kind(
    "component template",
    "component_templates",
    "/_component_template",
    lambda answer: {one["name"]: one["component_template"] for one in answer["component_templates"]},
    _normal,
)
INDICES = Kind(
    "index template",
    "index_templates",
    "/_index_template",
    lambda answer: {one["name"]: one["index_template"] for one in answer["index_templates"]},
    _index_normal,
    misfit=_index_misfit,
)


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the templates as the parameters say, none in check mode, and return what exit_json takes."""
    parameters, ownership = module.params, Ownership.of(module.params)
    kinds = (COMPONENTS, INDICES)
    items = [wanted(kind, parameters, ownership) for kind in kinds]
    api = elasticsearch_api(session)
    there = [found(api, kind) for kind in kinds]
    plans = [plan(api, *one, ownership, parameters) for one in zip(kinds, items, there)]
    staying = {key: item for key, item in there[1].items() if key not in _deleted(plans[1])}
    if parameters["state"] == "present":
        _refuse_overlaps(items[1], {**staying, **items[1]})
        _refuse_missing(items[1], {**there[0], **items[0]}, _deleted(plans[0]))
        _try(api, plans, there[0])
    return made(module, ownership, map(Listed, kinds, items, there, plans), _in_order(*plans))


def _deleted(changes: Plan) -> set[str]:
    return {step.key for step in changes.steps if step.action == "delete"}


def _in_order(components: Plan, indices: Plan) -> Plan:
    """Return the changes so that whatever an index template is composed of is there for as long as it is."""
    gone = [step for step in components.steps if step.action == "delete"]
    leaving = [step for step in indices.steps if step.action == "delete"]
    first, last = components.without(gone), indices.without(leaving)
    return Plan(tuple(leaving)) + first + last + Plan(tuple(gone))


def _refuse_overlaps(items: Mapping[str, Item], all_items: Mapping[str, Item]) -> None:
    """Raise PlanError for two templates of one priority that match the same index: Elasticsearch refuses the second."""
    by_priority: dict[int, list[str]] = {}
    for key, item in all_items.items():
        by_priority.setdefault(_priority(item.body), []).append(key)
    for priority, keys in by_priority.items():
        for one, other in combinations(keys, 2):
            listed_one = one in items or other in items
            if listed_one and (pair := _overlapping(all_items[one].body, all_items[other].body)):
                raise PlanError(
                    f"The {one} ({pair[0]}) and the {other} ({pair[1]}) match the same indices with the same priority "
                    f"{priority}. Give one of them another priority, or other patterns."
                )


def _priority(body: Mapping[str, Any]) -> int:
    return int(body.get("priority") or 0)


def _overlapping(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, str] | None:
    pairs = ((str(a), str(b)) for a in listed(one["index_patterns"]) for b in listed(other["index_patterns"]))
    return next((pair for pair in pairs if overlap(*pair)), None)


def overlap(one: str, other: str) -> bool:
    """Return whether a name exists that both patterns match; * stands for any characters."""
    reached = {(0, 0)}
    ahead = [(0, 0)]
    while ahead:
        i, j = ahead.pop()
        if i == len(one) and j == len(other):
            return True
        for place in _next(one, other, i, j):
            if place not in reached:
                reached.add(place)
                ahead.append(place)
    return False


def _next(one: str, other: str, i: int, j: int) -> Iterable[tuple[int, int]]:
    left, right = one[i : i + 1], other[j : j + 1]
    if left == "*":
        yield i + 1, j
        if right:
            yield i, j + 1
    if right == "*":
        yield i, j + 1
        if left:
            yield i + 1, j
    if left and left == right:
        yield i + 1, j + 1


def _refuse_missing(items: Mapping[str, Item], components: Mapping[str, Item], gone: Iterable[str]) -> None:
    names = {item.name for key, item in components.items() if key not in gone}
    for key, item in items.items():
        optional = listed(item.body.get("ignore_missing_component_templates"))
        for name in listed(item.body.get("composed_of")):
            if name not in names and name not in optional:
                raise PlanError(
                    f"The {key} is composed of the component template {name!r}, which does not exist. List it in "
                    "component_templates, or correct composed_of."
                )


def _try(api: Api, plans: Iterable[Plan], there: Mapping[str, Item]) -> None:
    """Let Elasticsearch compose each template that is to be written, under a pattern of its own, and store nothing.

    Raises ApiError for what it would refuse half-way: unknown settings and field types.
    """
    present = {item.name for item in there.values()}
    for step in (step for changes in plans for step in changes.steps if step.after):
        body = {key: value for key, value in step.after.body.items() if key not in ("version", "deprecated")}
        trial = {**body, **_TRIAL}
        if "composed_of" in body:
            trial["composed_of"] = [name for name in listed(body["composed_of"]) if name in present]
        api.call("POST", "/_index_template/_simulate", attempt=step.attempt, body=trial)
