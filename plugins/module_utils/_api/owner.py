# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owners of objects on a server: a list has an owner, and all objects that it writes carry that owner's mark."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .plan import PlanError

__all__ = ["OWNER", "OWNER_OPTIONS", "Ownership", "mark_of", "owner_of", "unmarked"]

OWNER = "vigil.observability"
"""The default owner."""
OWNER_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "owner": {"type": "str", "default": OWNER},
    "take_over": {"type": "list", "elements": "str", "default": []},
}
"""Argument spec of the options from which Ownership.of is made."""

# A mark must fit into a tag of a dashboard, which has at most 50 characters in Grafana's databases.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,29}")
_SHOWN = 10


def mark_of(owner: str) -> str:
    """Return what an object of that owner carries."""
    return owner if owner in ("", OWNER) else f"{OWNER}:{owner}"


def owner_of(mark: object) -> str:
    """Return the owner of a mark, empty for anything that is not a mark."""
    if mark == OWNER:
        return OWNER
    prefix, _colon, name = str(mark).partition(":")
    return name if prefix == OWNER and _NAME.fullmatch(name) else ""


def unmarked(tags: Iterable[str]) -> list[str]:
    """Return the tags that are not marks."""
    return [tag for tag in tags if not owner_of(tag)]


@dataclass(frozen=True)
class Ownership:
    """The owner of a list, empty if it marks nothing, and the owners whose objects it may take over."""

    owner: str
    taken: frozenset[str] = frozenset()

    @classmethod
    def of(cls, parameters: Mapping[str, Any], *, optional: bool = False) -> Ownership:
        """Return the ownership in a module's parameters. Raises PlanError for names that cannot be marks."""
        owner, taken = parameters["owner"], frozenset(parameters["take_over"])
        for name in (*taken, *([owner] if owner or not optional else [])):
            if not _NAME.fullmatch(name):
                raise PlanError(
                    f"The owner {name!r} must be 1 to 30 letters, digits, _, . or -, and begin with a letter or digit."
                )
        return cls(owner, taken)

    @property
    def mark(self) -> str:
        """What an object of the list carries."""
        return mark_of(self.owner)

    def owns(self, owners: Collection[str]) -> bool:
        """Return whether an object with these owners belongs to this list alone."""
        return bool(self.owner) and set(owners) == {self.owner}

    def takes(self, owners: Iterable[str]) -> bool:
        """Return whether writing an object with these owners takes it over from one of them."""
        return bool(self.taken.difference([self.owner]).intersection(owners))

    def check(self, what: str, owners: Iterable[str]) -> None:
        """Raise PlanError for a listed object of another owner from whom nothing may be taken over."""
        if others := sorted(set(owners) - {self.owner, *self.taken}):
            named = " and ".join(map(repr, others))
            raise PlanError(
                f"The {what} carries the mark of another owner, {named}, whose list would overwrite it again: remove "
                f"it from one of the lists, or add {named} to take_over."
            )

    def left(self, there: Mapping[str, Collection[str]]) -> str:
        """Return a warning about objects with the mark of a former owner that are not listed, empty if there are none.

        Args:
            there: {name for messages: owners} of all objects that are not listed.
        """
        names = sorted(name for name, owners in there.items() if self.takes(owners))
        if not names:
            return ""
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        return (
            f"Objects were taken over from {' and '.join(map(repr, sorted(self.taken)))}. These carry the same mark, "
            f"but are not listed and were left unchanged: {', '.join(names[:_SHOWN])}{more}. Delete those that are no "
            "longer needed with state=absent."
        )
