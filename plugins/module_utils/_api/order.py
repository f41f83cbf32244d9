# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of changes to objects that need unique names: a name is freed before it is used again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Callable

from .plan import StepError
from .resource import Step

__all__ = ["Names", "in_order"]


@dataclass(frozen=True)
class Names:
    """What must be unique among the objects.

    Args:
        of: Returns it for an object, spelt so that it compares as on the server.
        taking: Words for an object that gets it, as in "be named 'Metrics'".
        holding: Words for another one that has it, as in "already has that name".
        plural: What they are called, as in "names".
    """

    of: Callable[[Any], str]
    taking: Callable[[Any], str]
    holding: str
    plural: str


def in_order(
    steps: Sequence[Step],
    there: Mapping[str, Any],
    names: Names,
    needs: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> tuple[Step, ...]:
    """Return the steps in the given order, except that a step that needs the name of another object comes after it.

    Args:
        steps: Of one plan.
        there: {key: object} of all objects on the server.
        names: What must be unique among them.
        needs: {key of a step: further keys whose steps have to come before it}.

    Raises StepError when somebody holds a name and keeps it, or when steps wait for each other.
    """
    holders: dict[str, list[str]] = {}
    for key, item in there.items():
        holders.setdefault(names.of(item), []).append(key)
    by_key = {step.key: step for step in steps}
    needed = {
        step.key: {*needs.get(step.key, ()), *_holders(step, holders, by_key, names)} & by_key.keys() for step in steps
    }
    done: dict[str, Step] = {}
    waiting = list(steps)
    while waiting:
        ready = next((step for step in waiting if needed[step.key] <= done.keys()), None)
        if ready is None:
            circle = [step for step in waiting if _waits_for_itself(step.key, needed)]
            raise StepError(
                f"The {_named(circle)} cannot swap their {names.plural} in one run. Change one of them to something "
                "else in an earlier run.",
                [step.key for step in circle],
            )
        done[ready.key] = ready
        waiting.remove(ready)
    return tuple(done.values())


def _named(steps: Sequence[Step]) -> str:
    what = steps[0].resource.what
    return f"{what}s {' and '.join(repr(one.key) for one in steps)}" if what else " and ".join(one.key for one in steps)


def _holders(step: Step, holders: Mapping[str, list[str]], by_key: Mapping[str, Step], names: Names) -> list[str]:
    """Return the keys of the objects that must give up the name before the step."""
    if step.after is None:
        return []
    wanted = names.of(step.after)
    others = [key for key in holders.get(wanted, ()) if key != step.key]
    for key in others:
        other = by_key.get(key)
        if other is None or (other.after is not None and names.of(other.after) == wanted):
            holder = repr(key) if step.resource.what else key
            raise StepError(
                f"The {step.resource.called(step.key)} cannot {names.taking(step.after)}: {holder} {names.holding}. "
                "Rename one of them, or use the uid of the existing one.",
                [step.key],
            )
    return others


def _waits_for_itself(key: str, needed: Mapping[str, Collection[str]]) -> bool:
    reached: set[str] = set()
    ahead = list(needed[key])
    while ahead:
        one = ahead.pop()
        if one not in reached:
            reached.add(one)
            ahead += needed[one]
    return key in reached
