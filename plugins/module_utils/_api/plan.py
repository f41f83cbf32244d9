# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be created, updated and deleted so that what is there becomes what is wanted."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .._errors.sentence import OperatorError
from .._http.secret_spellings import without_url_secrets
from .half_characters import half_character

__all__ = ["Plan", "PlanError", "Step", "StepError", "by_key", "planned"]

_SIDES = ("before", "after")
_DONE = {"create": "created", "update": "updated", "delete": "deleted"}


class PlanError(OperatorError):
    """Objects that cannot be planned; the text is a sentence for the operator."""


class StepError(PlanError):
    """Changes that cannot be made; `keys` are theirs."""

    def __init__(self, sentence: str, keys: Iterable[str]) -> None:
        super().__init__(sentence)
        self.keys = frozenset(keys)


@dataclass(frozen=True)
class Step:
    """One change: `action` is create, update or delete; `before` is None for create, `after` for delete."""

    action: str
    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Plan:
    """Changes in the order in which they are made, and the keys of what stays."""

    steps: tuple[Step, ...]
    kept: tuple[str, ...]

    def result(self, shown: Callable[[Any], Any] = lambda value: value) -> dict[str, Any]:
        """Return changed, created, updated, deleted, unchanged (keys) and diff, for exit_json.

        Args:
            shown: What of an object the diff may show: without secrets.
        """
        parts = self.diffs(shown)
        sides = {
            side: "".join(f"{part[f'{side}_header']}\n{part[side]}" for part in parts if part[side]) for side in _SIDES
        }
        return {**self.outcome(), "diff": sides}

    def outcome(self) -> dict[str, Any]:
        """Return changed, created, updated, deleted and unchanged (keys)."""
        keys = {name: [step.key for step in self.steps if step.action == action] for action, name in _DONE.items()}
        return {"changed": bool(self.steps), **keys, "unchanged": list(self.kept)}

    def diffs(self, shown: Callable[[Any], Any] = lambda value: value) -> list[dict[str, str]]:
        """Return one difference for each object that changes, under its key, sorted: for objects of many lines."""
        return [
            {**{f"{side}_header": step.key for side in _SIDES}, **_sides(step, shown)}
            for step in sorted(self.steps, key=lambda step: step.key)
        ]


def by_key(objects: Iterable[Any], key: Callable[[Any], str], *, option: str, what: str) -> dict[str, Any]:
    """Return {key: object} in the same order.

    Raises PlanError, by index, for two objects of one key.
    """
    found: dict[str, Any] = {}
    places: dict[str, list[int]] = {}
    for index, item in enumerate(objects):
        places.setdefault(key(item), []).append(index)
        found[key(item)] = item
    repeated = [
        f"{' and '.join(f'{option}[{index}]' for index in indices)} are both the {what} {name!r}"
        for name, indices in places.items()
        if len(indices) > 1
    ]
    if repeated:
        raise PlanError(f"{'; '.join(repeated)}. Each may be listed once.")
    return found


def planned(
    wanted: Mapping[str, Any],
    found: Mapping[str, Any],
    *,
    same: Callable[[Any, Any], bool] = operator.eq,
    prunable: Iterable[str] = (),
    absent: bool = False,
) -> Plan:
    """Return the plan that leads from found to wanted, both {key: object}.

    Args:
        wanted: In the order in which they are to be created.
        found: What is there.
        same: Tells whether (wanted, found) differ in nothing that matters.
        prunable: Keys of found that are deleted when they are not wanted: those that we own.
        absent: Delete what is listed in wanted instead.

    Raises StepError for a text that would be stored as another one, so that it would be changed by every run.
    """
    if absent:
        steps = [Step("delete", key, found[key], None) for key in wanted if key in found]
        return Plan(tuple(steps), tuple(key for key in wanted if key not in found))
    steps = [Step("create", key, None, item) for key, item in wanted.items() if key not in found]
    both: Sequence[str] = [key for key in wanted if key in found]
    steps += [Step("update", key, found[key], wanted[key]) for key in both if not same(wanted[key], found[key])]
    for step in steps:
        if place := half_character(step.after):
            raise StepError(
                f"{step.key!a} has half of a character (a lone surrogate) in {place}, in whose place servers store "
                "another one. Write the whole character, or leave it out.",
                [step.key],
            )
    steps += [Step("delete", key, found[key], None) for key in prunable if key in found and key not in wanted]
    changed = {step.key for step in steps}
    return Plan(tuple(steps), tuple(key for key in both if key not in changed))


def _sides(step: Step, shown: Callable[[Any], Any]) -> dict[str, str]:
    before, after = (None if value is None else shown(value) for value in (step.before, step.after))
    return {
        "before": _text(without_url_secrets(before)),
        "after": _text(without_url_secrets(after, former=before)),
    }


def _text(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
