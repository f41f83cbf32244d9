# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of an API by kind, and the changes from the existing to the wanted ones."""

from __future__ import annotations

import json
import operator
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .._http.secret_spellings import without_url_secrets
from .half_characters import half_character
from .plan import StepError

__all__ = ["Plan", "Resource", "Step"]

_SIDES = ("before", "after")
_DONE = {"create": "created", "update": "updated", "delete": "deleted"}


@dataclass(frozen=True)
class Resource:
    """One kind of objects by their keys: the wanted ones, in the order of their creation, and the existing ones.

    Args:
        what: What one is called, empty where the keys contain it.
        wanted: {key: object}.
        there: {key: object}.
        write: Makes one change. Raises OperatorError.
        same: Returns whether (wanted, there) are the same in all that matters.
        shown: What of an object a diff may show: without secrets.
        owned: Keys of what is deleted when it is not wanted.
    """

    what: str
    wanted: Mapping[str, Any]
    there: Mapping[str, Any]
    write: Callable[[Step], object] = field(repr=False)
    same: Callable[[Any, Any], bool] = operator.eq
    shown: Callable[[Any], Any] = lambda item: item
    owned: Collection[str] = ()

    def plan(self, *, absent: bool = False) -> Plan:
        """Return the changes; with `absent` the wanted objects are deleted.

        Raises StepError for a text that the server would store as another one, so that every run would change it.
        """
        wanted, there = self.wanted, self.there
        if absent:
            steps = [self._step("delete", key, there[key], None) for key in wanted if key in there]
            return Plan(tuple(steps), tuple(key for key in wanted if key not in there))
        steps = [self._step("create", key, None, item) for key, item in wanted.items() if key not in there]
        both = [key for key in wanted if key in there]
        steps += [
            self._step("update", key, there[key], wanted[key]) for key in both if not self.same(wanted[key], there[key])
        ]
        for step in steps:
            if place := half_character(step.after):
                raise StepError(
                    f"{step.key!a} has half of a character (a lone surrogate) in {place}. Servers would store another "
                    "character instead. Write the whole character, or remove it.",
                    [step.key],
                )
        changed = {step.key for step in steps}
        going = (key for key in self.owned if key in there and key not in wanted)
        steps += [self._step("delete", key, there[key], None) for key in going]
        return Plan(tuple(steps), tuple(key for key in both if key not in changed))

    def called(self, key: str) -> str:
        """Return what messages call an object."""
        return f"{self.what} {key!r}" if self.what else key

    def _step(self, action: str, key: str, before: Any, after: Any) -> Step:
        return Step(action, key, before, after, self)


@dataclass(frozen=True)
class Step:
    """One change: `action` is create, update or delete; `before` is None for create, `after` for delete."""

    action: str
    key: str
    before: Any
    after: Any
    resource: Resource = field(repr=False)

    @property
    def attempt(self) -> str:
        """What it does, as in "update the folder 'hosts'"."""
        return f"{self.action} the {self.resource.called(self.key)}"

    @property
    def done(self) -> str:
        """What it has done, as in "updated folder 'hosts'"."""
        return f"{_DONE[self.action]} {self.resource.called(self.key)}"

    def difference(self) -> dict[str, str]:
        """Return what changes, before and after, as --diff shows it."""
        before, after = (None if one is None else self.resource.shown(one) for one in (self.before, self.after))
        return {
            **{f"{side}_header": self.resource.called(self.key) for side in _SIDES},
            "before": _text(without_url_secrets(before)),
            "after": _text(without_url_secrets(after, former=before)),
        }


@dataclass(frozen=True)
class Plan:
    """Changes in the order in which they are made, and the keys of what stays."""

    steps: tuple[Step, ...] = ()
    kept: tuple[str, ...] = ()

    def __add__(self, other: Plan) -> Plan:
        """Return the plan that makes the changes of the other one after its own."""
        return Plan(self.steps + other.steps, self.kept + other.kept)

    def without(self, steps: Collection[Step]) -> Plan:
        """Return the plan without these changes."""
        return Plan(tuple(step for step in self.steps if step not in steps), self.kept)

    def outcome(self) -> dict[str, Any]:
        """Return changed, created, updated, deleted and unchanged (keys)."""
        keys = {name: [step.key for step in self.steps if step.action == action] for action, name in _DONE.items()}
        return {"changed": bool(self.steps), **keys, "unchanged": list(self.kept)}

    def differences(self) -> list[dict[str, str]]:
        """Return a difference for each object that changes, sorted by what they are called."""
        return sorted((step.difference() for step in self.steps), key=operator.itemgetter("before_header"))


def _text(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
