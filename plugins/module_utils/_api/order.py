# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of changes to objects of which no two may be called the same: a name is free before it is taken."""

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
    """What no two objects may have at one time.

    Args:
        of: Returns it, comparable as the server compares it.
        taking: Says of an object what it has, as in "be named 'Metrics'".
        holding: Says that another one has it already, as in "has that name".
        plural: What they are, as in "names".
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
    """Return the steps as given, except that one which needs the name of another one comes after that.

    Args:
        steps: Of one plan.
        there: {key: object} of all objects on the server.
        names: What only one of them may have.
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
                f"The {_named(circle)} are to exchange their {names.plural}, which takes more than one step. Give one "
                "of them another one in a run before.",
                [step.key for step in circle],
            )
        done[ready.key] = ready
        waiting.remove(ready)
    return tuple(done.values())


def _named(steps: Sequence[Step]) -> str:
    what = steps[0].resource.what
    return f"{what}s {' and '.join(repr(one.key) for one in steps)}" if what else " and ".join(one.key for one in steps)


def _holders(step: Step, holders: Mapping[str, list[str]], by_key: Mapping[str, Step], names: Names) -> list[str]:
    """Return the keys of those that have to give up the name before the step."""
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
                "Rename one of them, or give the uid of the one that is there.",
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
