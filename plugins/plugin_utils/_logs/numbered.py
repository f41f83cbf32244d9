# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names as numbers, which take little memory, and of which there are not too many."""

from __future__ import annotations

import contextlib

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import polars as pl

__all__ = ["OTHERS", "Numbered"]

OTHERS = "(others)"
"""The name of all that come after very many others."""


class Numbered:
    """Names in the order in which they came; at most as many as given, and one for all others."""

    def __init__(self, most: int) -> None:
        self.names: list[str] = []
        self._most = most
        self._numbers: dict[str, int] = {}

    @property
    def overflown(self) -> bool:
        """Return whether names were put together as others."""
        return OTHERS in self._numbers

    def of(self, column: pl.Series) -> pl.Series:
        """Return the numbers of a column of names."""
        found = sorted(column.unique().to_list())
        numbers = [self._number(name) for name in found]
        if not found:
            return column.cast(pl.Int64)
        return column.replace_strict(found, numbers, return_dtype=pl.Int64)

    def _number(self, name: str) -> int:
        known = name if name in self._numbers or len(self.names) < self._most else OTHERS
        if known not in self._numbers:
            self._numbers[known] = len(self.names)
            self.names.append(known)
        return self._numbers[known]
