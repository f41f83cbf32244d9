# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A few of many, whatever the order in which they come: the first lines of each group, and how many distinct values."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, NamedTuple

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import polars as pl

__all__ = ["DistinctValues", "FirstLines", "Line"]

_LINES = 3
_HASHES = 2**64
_KEY = ["group", "user"]
# As many rows of batches wait before they are sorted in.
_WAITING = 100_000


class Line(NamedTuple):
    """A line of a group, in the order in which lines are preferred: those of the window, then the first ones."""

    stale: bool
    time: int
    line: str
    service: str
    correlation: str
    user: str


class FirstLines:
    """The first lines of each group."""

    def __init__(self) -> None:
        self._kept: dict[int, list[Line]] = {}

    def of(self, group: int) -> list[Line]:
        """Return the lines of a group."""
        return self._kept.get(group, [])

    def add(self, rows: pl.DataFrame, group: str, services: list[str]) -> None:
        """Take the lines of a batch, in which `group` and service are numbers."""
        order = [~pl.col("fresh"), "time", "line", "service", "correlation", "user"]
        sparse = rows.with_columns(pl.col("line", "correlation", "user").fill_null(""))
        first = sparse.sort(order).group_by(group, maintain_order=True).head(_LINES)
        columns = first.select(group, ~pl.col("fresh"), "time", "line", "service", "correlation", "user")
        for number, stale, time, line, service, correlation, user in columns.iter_rows():
            self._take(number, [Line(stale, time, line, services[service], correlation, user)])

    def regrouped(self, groups: Mapping[int, int]) -> FirstLines:
        """Return the lines of groups that were put together, or left out when they are not among the keys."""
        made = FirstLines()
        for number, kept in self._kept.items():
            if number in groups:
                made._take(groups[number], kept)
        return made

    def _take(self, group: int, lines: list[Line]) -> None:
        kept = self._kept.setdefault(group, [])
        if len(kept) < _LINES or lines[0] < kept[-1]:
            self._kept[group] = sorted([*kept, *lines])[:_LINES]


class DistinctValues:
    """How many distinct users and correlation ids each group has, from the smallest hashes: a sample without a bias.

    As many as `most` are counted exactly; more are estimated, with an error of 100 / sqrt(most) percent.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = pl.DataFrame(schema={"group": pl.Int64, "user": pl.Boolean, "hash": pl.UInt64})
        # Of groups that are full, the largest hash that they keep.
        self._limits = self._kept
        self._new: list[pl.DataFrame] = []

    def add(self, rows: pl.DataFrame, group: str) -> None:
        """Take the values of a batch: `user` and `correlation` of its rows in the window."""
        fresh = rows.filter("fresh")
        found = [
            fresh.drop_nulls(field).select(
                pl.col(group).alias("group"),
                pl.lit(field == "user").alias("user"),
                pl.col(field).hash(seed=0).alias("hash"),
            )
            for field in ("user", "correlation")
        ]
        limited = pl.concat(found).join(self._limits, on=_KEY, how="left", suffix="_limit")
        within = pl.col("hash_limit").is_null() | (pl.col("hash") < pl.col("hash_limit"))
        self._new.append(limited.filter(within).select("group", "user", "hash").unique())
        if sum(each.height for each in self._new) > max(_WAITING, self._kept.height // 2):
            self._settle()

    def regroup(self, groups: Mapping[int, int]) -> None:
        """Put groups together, and leave those out that are not among the keys."""
        self._settle()
        kept = self._kept.filter(pl.col("group").is_in([*groups]))
        renamed = pl.col("group").replace_strict([*groups], [*groups.values()], return_dtype=pl.Int64)
        self._kept = kept.with_columns(renamed)
        self._settle()

    def _settle(self) -> None:
        rows = pl.concat([self._kept, *self._new]).unique().sort("group", "user", "hash")
        self._new = []
        self._kept = rows.group_by(_KEY, maintain_order=True).head(self._most)
        sizes = self._kept.group_by(_KEY).agg(pl.max("hash"), pl.len())
        self._limits = sizes.filter(pl.col("len") == self._most).drop("len")

    def counts(self) -> dict[tuple[int, str], dict[str, Any]]:
        """Return {(group, "user" or "correlation"): the number of distinct values, and whether it is exact}."""
        self._settle()
        sizes = self._kept.group_by(_KEY).agg(pl.len(), pl.max("hash"))
        found: dict[tuple[int, str], dict[str, Any]] = {}
        for group, user, size, largest in sizes.iter_rows():
            exact = size < self._most
            count = size if exact else round((self._most - 1) / ((largest + 1) / _HASHES))
            found[group, "user" if user else "correlation"] = {"count": count, "exact": exact}
        return found
