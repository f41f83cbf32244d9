# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose an object of Grafana is: lists of objects have owners, and what a list writes carries the mark of its owner."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._api.plan import PlanError

__all__ = ["OWNER", "OWNER_OPTIONS", "Ownership", "mark_of", "owner_of", "unmarked"]

OWNER = "vigil.observability"
"""The owner of a list that names none."""
OWNER_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "owner": {"type": "str", "default": OWNER},
    "take_over": {"type": "list", "elements": "str", "default": []},
}
"""Argument spec of the options from which Ownership.of is made."""

# A mark has to fit into a tag of a dashboard, for which Grafana's databases have 50 characters.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,29}")
_SHOWN = 10


def mark_of(owner: str) -> str:
    """Return what an object of that owner carries."""
    return owner if owner in ("", OWNER) else f"{OWNER}:{owner}"


def owner_of(mark: object) -> str:
    """Return whose mark it is, empty for anything that is no mark."""
    if mark == OWNER:
        return OWNER
    prefix, _colon, name = str(mark).partition(":")
    return name if prefix == OWNER and _NAME.fullmatch(name) else ""


def unmarked(tags: Iterable[str]) -> list[str]:
    """Return the tags that are no marks."""
    return [tag for tag in tags if not owner_of(tag)]


@dataclass(frozen=True)
class Ownership:
    """The owner of a list, empty for one that marks nothing, and the owners whose objects it may take over."""

    owner: str
    taken: frozenset[str] = frozenset()

    @classmethod
    def of(cls, parameters: Mapping[str, Any], *, optional: bool = False) -> Ownership:
        """Return that of a module's parameters. Raises PlanError for names that make no mark."""
        owner, taken = parameters["owner"], frozenset(parameters["take_over"])
        for name in (*taken, *([owner] if owner or not optional else [])):
            if not _NAME.fullmatch(name):
                raise PlanError(f"The owner {name!r} must be 1 to 30 letters, digits, _, . or -, the first no sign.")
        return cls(owner, taken)

    @property
    def mark(self) -> str:
        """What an object of the list carries."""
        return mark_of(self.owner)

    def owns(self, owners: Collection[str]) -> bool:
        """Return whether the object with these owners is of this list alone."""
        return bool(self.owner) and set(owners) == {self.owner}

    def takes(self, owners: Iterable[str]) -> bool:
        """Return whether writing the object with these owners takes it over from one of them."""
        return bool(self.taken.difference([self.owner]).intersection(owners))

    def check(self, what: str, owners: Iterable[str]) -> None:
        """Raise PlanError for an object that is listed and of another owner from whom nothing may be taken over."""
        if others := sorted(set(owners) - {self.owner, *self.taken}):
            named = " and ".join(map(repr, others))
            raise PlanError(
                f"The {what} carries the mark of another owner, {named}, whose list would write it again: take it out "
                f"of one of the lists, or name {named} in take_over."
            )

    def left(self, there: Mapping[str, Collection[str]]) -> str:
        """Return a warning of what carries the mark of a predecessor and is not listed, empty when nothing does.

        Args:
            there: {what it is called: its owners} of all objects that are not listed.
        """
        names = sorted(name for name, owners in there.items() if self.takes(owners))
        if not names:
            return ""
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        return (
            f"Objects were taken over from {' and '.join(map(repr, sorted(self.taken)))}. These carry that mark too, "
            f"are not listed, and were left as they are: {', '.join(names[:_SHOWN])}{more}. Delete by state=absent "
            "what nobody needs any more."
        )
