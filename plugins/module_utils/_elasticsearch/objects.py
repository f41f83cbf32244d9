# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named definitions of any kind in a cluster: what they should be, what they are, how one becomes the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Callable
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

from .._api.module import apply
from .._api.owner import OWNER_OPTIONS, Ownership, owner_of
from .._api.plan import PlanError
from .._api.resource import Plan, Resource, Step
from .._http.session import Answer, Api

__all__ = ["MARK", "STATE_OPTIONS", "Item", "Kind", "Listed", "found", "lists", "made", "plan", "wanted"]

MARK = "vigil"
"""The key of what Elasticsearch keeps for us beside a definition: {owner: mark} and, where it has secrets, a digest."""
STATE_OPTIONS: Mapping[str, Any] = {
    **OWNER_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "prune": {"type": "bool", "default": False},
}
"""Argument spec of the options that every list of definitions has."""

_NOT_FOUND = 404

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of definitions.

    Args:
        what: What one is called.
        option: The option of the module that lists them, {name: definition}.
        path: Where they are in the API.
        read: Makes {name: definition} of the answer to a GET of the path.
        normal: Makes of a definition what Elasticsearch keeps, to be compared and shown.
        sent: Makes of a definition what is sent.
        marked: Keys that lead to the mapping in which the mark lies.
        query: Parameters of a write.
        misfit: Returns what is wrong with the shape of a definition, as the end of a sentence, nothing if it fits.
    """

    what: str
    option: str
    path: str
    read: Callable[[Any], Mapping[str, Body]]
    normal: Callable[[Body], Any]
    sent: Callable[[Body], Any] = dict
    marked: tuple[str, ...] = ("_meta",)
    query: tuple[tuple[str, str], ...] = ()
    misfit: Callable[[Body], str] = lambda _body: ""

    def key(self, name: str) -> str:
        """Return by what messages and results name one."""
        return f"{self.what} {name!r}"

    def owners(self, body: Body) -> list[str]:
        """Return the owner of a definition, nothing for one without a mark."""
        owner = owner_of(self.note(body).get("owner"))
        return [owner] if owner else []

    def note(self, body: Body) -> Body:
        """Return what was left beside a definition."""
        inside: Any = body
        for key in (*self.marked, MARK):
            inside = inside.get(key) if isinstance(inside, Mapping) else None
        return inside if isinstance(inside, Mapping) else {}

    def noted(self, body: Body, note: Body) -> dict[str, Any]:
        """Return the definition with this beside it."""
        return _set(body, (*self.marked, MARK), note)


@dataclass(frozen=True)
class Item:
    """A definition and its name."""

    name: str
    body: Body = field(repr=False)


def _set(body: Body, keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    key, *rest = keys
    below = body.get(key)
    inside = below if isinstance(below, Mapping) else {}
    return {**body, key: _set(inside, tuple(rest), value) if rest else value}


def wanted(kind: Kind, parameters: Mapping[str, Any], ownership: Ownership) -> dict[str, Item]:
    """Return {key: definition with the mark of its owner}. Raises PlanError for what is no definition."""
    items, present = {}, parameters["state"] == "present"
    for name, body in (parameters[kind.option] or {}).items():
        if not isinstance(body, Mapping) and (body is not None or present):
            raise PlanError(f"{kind.option}: the definition of {name!r} must be a mapping.")
        if present and (wrong := kind.misfit(body or {})):
            raise PlanError(f"The {kind.key(name)} {wrong}")
        items[kind.key(name)] = Item(str(name), kind.noted(body or {}, {"owner": ownership.mark}))
    return items


def found(api: Api, kind: Kind) -> dict[str, Item]:
    """Return {key: definition} of all that the cluster has, which costs one request."""
    answer = api.call("GET", kind.path, attempt=f"list the {kind.option.replace('_', ' ')}", accept=(_NOT_FOUND,))
    listed = kind.read(answer.json()) if answer.status != _NOT_FOUND else {}
    return {kind.key(name): Item(name, body) for name, body in listed.items()}


def plan(
    api: Api,
    kind: Kind,
    items: Mapping[str, Item],
    there: Mapping[str, Item],
    ownership: Ownership,
    parameters: Mapping[str, Any],
) -> Plan:
    """Return the changes. Raises PlanError for a definition of another owner."""
    prune = parameters["prune"] and parameters[kind.option] is not None
    owned = [key for key, item in there.items() if prune and ownership.owns(kind.owners(item.body))]
    resource = Resource(
        "",
        items,
        there,
        partial(_write, api, kind),
        lambda one, other: kind.normal(one.body) == kind.normal(other.body),
        lambda item: kind.normal(item.body),
        owned,
    )
    steps = resource.plan(absent=parameters["state"] == "absent")
    for step in steps.steps:
        if step.before:
            ownership.check(step.key, kind.owners(step.before.body))
    return steps


@dataclass(frozen=True)
class Listed:
    """The list of one kind: what it wants, what is there, and the changes that lead to it."""

    kind: Kind
    items: Mapping[str, Item]
    there: Mapping[str, Item]
    plan: Plan

    @property
    def unlisted(self) -> dict[str, list[str]]:
        """{key: owners} of what is there and not in the list."""
        return {key: self.kind.owners(item.body) for key, item in self.there.items() if key not in self.items}


def lists(api: Api, kinds: Iterable[Kind], parameters: Mapping[str, Any], ownership: Ownership) -> list[Listed]:
    """Return the lists that the parameters give, each read with one request. Raises PlanError for what cannot be."""
    read = []
    for kind, items in [(kind, wanted(kind, parameters, ownership)) for kind in kinds]:
        there = found(api, kind) if parameters[kind.option] is not None else {}
        read.append(Listed(kind, items, there, plan(api, kind, items, there, ownership, parameters)))
    return read


def made(module: AnsibleModule, ownership: Ownership, listed: Iterable[Listed], changes: Plan) -> dict[str, Any]:
    """Make the changes and return what exit_json takes; warn of what a former owner keeps."""
    result = apply(module, changes)
    kept = {key: owners for one in listed for key, owners in one.unlisted.items()}
    if ownership.taken and result["updated"] and (left := ownership.left(kept)):
        module.warn(left)
    return result


def _write(api: Api, kind: Kind, step: Step) -> None:
    name = (step.after or step.before).name
    path = f"{kind.path}/{quote(name, safe='')}"

    def outcome() -> Answer | None:
        answer = api.call("GET", path, attempt=f"read the {step.key}", accept=(_NOT_FOUND,))
        there = kind.read(answer.json()).get(name) if answer.status != _NOT_FOUND else None
        if step.after is None or there is None:
            done = step.after is there is None
        else:
            done = kind.normal(step.after.body) == kind.normal(there)
        return Answer.of({}) if done else None

    if step.after is None:
        api.call("DELETE", path, attempt=step.attempt, outcome=outcome)
        return
    body = kind.sent(step.after.body)
    api.call("PUT", path, attempt=step.attempt, query=kind.query, body=body, outcome=outcome)
