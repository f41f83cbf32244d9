# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of every line that was read: nothing is left out without being counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Counts"]

_SHOWN = 5


@dataclass
class Counts:
    """Numbers of lines. `read` is the sum of `used` and of what is counted as left out."""

    read: int = 0
    used: int = 0
    blank: int = 0
    not_json: int = 0
    not_objects: int = 0
    too_long: int = 0
    without_time: int = 0
    outside: int = 0
    places: list[str] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    unusable: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None

    def refuse(self, kind: str, place: str) -> None:
        """Count a line that is no document, and keep the places of the first few."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.places) < _SHOWN:
            self.places.append(place)

    def covers(self, first: int, last: int) -> None:
        """Widen the time between the first and the last document."""
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)

    def result(self) -> dict[str, Any]:
        """Return the numbers for the report."""
        names = ("read", "used", "blank", "not_json", "not_objects", "too_long", "without_time", "outside")
        return {
            **{name: getattr(self, name) for name in names},
            "refused_at": list(self.places),
            "unusable_values": dict(sorted(self.unusable.items())),
        }
