# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects whose title may be there once in a folder: who holds it, and in which order it is passed on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Callable, NamedTuple, Protocol

from .._api.plan import Step, StepError

__all__ = ["EXACT", "FOLDED", "Spelling", "Titled", "in_order", "place"]


class Spelling(NamedTuple):
    """How titles are compared: by what they become, which a message notes."""

    of: Callable[[str], str]
    note: str = ""


FOLDED = Spelling(lambda title: title.strip().casefold(), " (case does not count)")
EXACT = Spelling(str)


class Titled(Protocol):
    """What lies in a folder, the top one where `folder_uid` is empty."""

    @property
    def title(self) -> str:
        """The title that people see."""

    @property
    def folder_uid(self) -> str:
        """The folder that it lies in."""


class _Place(NamedTuple):
    folder_uid: str
    title: str


def place(item: Titled, titles: Spelling = FOLDED) -> _Place:
    """Return the title and folder of an object, comparable as Grafana compares titles."""
    return _Place(item.folder_uid, titles.of(item.title))


def in_order(
    steps: Sequence[Step],
    there: Mapping[str, Titled],
    *,
    what: str,
    needs: Mapping[str, Iterable[str]] = MappingProxyType({}),
    titles: Spelling = FOLDED,
) -> tuple[Step, ...]:
    """Return the steps as given, except that one which needs the title of another one comes after that.

    Args:
        steps: Of a plan; `before` and `after` have a title and a folder.
        there: {key: object} of all objects on the server.
        what: What they are called in messages, empty where their keys say it.
        needs: {key of a step: further keys whose steps have to come before it}.
        titles: How they are compared.

    Raises StepError when somebody holds a title and keeps it, or when steps wait for each other.
    """
    holders: dict[_Place, list[str]] = {}
    for key, item in there.items():
        holders.setdefault(place(item, titles), []).append(key)
    by_key = {step.key: step for step in steps}
    needed = {
        step.key: {*needs.get(step.key, ()), *_holders(step, holders, by_key, what, titles)} & by_key.keys()
        for step in steps
    }
    done: dict[str, Step] = {}
    waiting = list(steps)
    while waiting:
        ready = next((step for step in waiting if needed[step.key] <= done.keys()), None)
        if ready is None:
            circle = [step.key for step in waiting if _waits_for_itself(step.key, needed)]
            raise StepError(
                f"The {_named(circle, what)} are to exchange their titles or places, which takes "
                "more than one step. Give one of them another title or place in a run before.",
                circle,
            )
        done[ready.key] = ready
        waiting.remove(ready)
    return tuple(done.values())


def _named(keys: Sequence[str], what: str) -> str:
    return f"{what}{'s' * (len(keys) > 1)} {' and '.join(map(repr, keys))}" if what else " and ".join(keys)


def _holders(
    step: Step, holders: Mapping[_Place, list[str]], by_key: Mapping[str, Step], what: str, titles: Spelling
) -> list[str]:
    """Return the keys of those that have to give up the title before the step."""
    if step.after is None:
        return []
    wanted = place(step.after, titles)
    others = [key for key in holders.get(wanted, ()) if key != step.key]
    for key in others:
        other = by_key.get(key)
        if other is None or (other.after is not None and place(other.after, titles) == wanted):
            where = f"in the folder {wanted.folder_uid!r}" if wanted.folder_uid else "at the top"
            holder = repr(key) if what else key
            raise StepError(
                f"The {_named([step.key], what)} cannot have the title {step.after.title!r} {where}: {holder} has it "
                f"there{titles.note}. Rename one of them, or give the uid of the one that is there.",
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
