# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Persistent settings of a cluster; who owns which is kept among them, since a setting has no place for a mark."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.module import apply
from .._api.owner import Ownership
from .._api.plan import PlanError
from .._api.resource import Resource, Step
from .._http.session import Answer, Api, Session
from .client import elasticsearch_api
from .normal import flat, unit_free
from .objects import STATE_OPTIONS

__all__ = ["OPTIONS", "act"]

OPTIONS: Mapping[str, Any] = {"settings": {"type": "dict", "required": True}, **STATE_OPTIONS}
"""Argument spec of the module's own options."""

# Elasticsearch keeps any text below cluster.metadata. Behind this prefix: an owner, and the names of its settings.
_NOTES = "cluster.metadata.vigil."
_PATH = "/_cluster/settings"


@dataclass(frozen=True)
class _Value:
    """The value of a setting, as texts, and its owner, empty for none."""

    value: Any
    owner: str

    def same(self, other: _Value) -> bool:
        """Return whether owner and meaning are the same."""
        return self.owner == other.owner and _meaning(self.value) == _meaning(other.value)


def _meaning(value: Any) -> Any:
    return ",".join(value) if isinstance(value, list) else unit_free(value)


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the settings as the parameters say, none in check mode, and return what exit_json takes."""
    parameters, ownership = module.params, Ownership.of(module.params)
    given, absent = flat(parameters["settings"]), parameters["state"] == "absent"
    if noted := [name for name in given if name.startswith(_NOTES)]:
        raise PlanError(f"{noted[0]} is where this module keeps who owns which setting, and cannot be set.")
    wanted = {name: _Value(value, ownership.owner) for name, value in given.items() if value is not None}
    api = elasticsearch_api(session)
    kept = _read(api)
    there = _values(kept["persistent"])
    gone = [name for name, value in given.items() if value is None or absent]
    gone += [name for name, one in there.items() if parameters["prune"] and one.owner == ownership.owner]
    write = _Write(api, kept["persistent"])
    plan = Resource("", {} if absent else wanted, there, write, _Value.same, _shown, gone).plan()
    for step in plan.steps:
        if step.before and step.before.owner:
            ownership.check(f"persistent setting {step.key!r}", [step.before.owner])
    write.steps = plan.steps
    for name in wanted if not absent else ():
        if name in kept["transient"]:
            module.warn(f"{name} also has the transient value {kept['transient'][name]!r}, which takes precedence.")
    return apply(module, plan)


def _read(api: Api) -> dict[str, dict[str, Any]]:
    query = [("flat_settings", "true")]
    found: dict[str, dict[str, Any]] = api.call("GET", _PATH, query=query, attempt="read the cluster settings").json()
    return found


def _owners(persistent: Mapping[str, Any]) -> dict[str, str]:
    """Return {name of a setting: its owner}."""
    notes = {key[len(_NOTES) :]: names for key, names in persistent.items() if key.startswith(_NOTES)}
    return {name: owner for owner, names in notes.items() for name in str(names).split(",")}


def _values(persistent: Mapping[str, Any]) -> dict[str, _Value]:
    owners = _owners(persistent)
    return {
        name: _Value(value, owners.get(name, "")) for name, value in persistent.items() if not name.startswith(_NOTES)
    }


def _shown(one: _Value) -> dict[str, Any]:
    return {"owner": one.owner, "value": one.value}


class _Write:
    """Makes all changes with the first step: a request changes all settings that it names, or none."""

    def __init__(self, api: Api, persistent: Mapping[str, Any]) -> None:
        self.steps: Collection[Step] = ()
        self._api = api
        self._persistent = persistent
        self._done = False

    def __call__(self, _step: Step) -> None:
        if self._done:
            return
        values = {step.key: step.after.value if step.after else None for step in self.steps}
        body = {"persistent": {**values, **self._notes()}}
        attempt = f"change the persistent settings {', '.join(values)}"
        self._api.call("PUT", _PATH, body=body, attempt=attempt, outcome=self._outcome)
        self._done = True

    def _notes(self) -> dict[str, str | None]:
        """Return the notes that change."""
        owners = {name: owner for name, owner in _owners(self._persistent).items() if name in self._persistent}
        owners.update({step.key: step.after.owner if step.after else "" for step in self.steps})
        notes: dict[str, str | None] = {key: None for key in self._persistent if key.startswith(_NOTES)}
        for owner in sorted({*owners.values()} - {""}):
            notes[f"{_NOTES}{owner}"] = ",".join(sorted(name for name, one in owners.items() if one == owner))
        return {key: names for key, names in notes.items() if names != self._persistent.get(key)}

    def _outcome(self) -> Answer | None:
        there = _values(_read(self._api)["persistent"])
        for step in self.steps:
            one = there.get(step.key)
            if (one is None) != (step.after is None) or (one and step.after and not step.after.same(one)):
                return None
        return Answer.of({})
