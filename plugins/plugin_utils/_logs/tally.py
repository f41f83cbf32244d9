# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that is counted while documents pass: tables that stay small, whatever the number and the order of documents."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.keepers import DistinctValues, FirstLines
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.mining import patterns_of
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.numbered import Numbered
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.frames import ERROR

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import polars as pl

__all__ = ["STEP", "Tally", "tallied"]

STEP = math.log(1.02)
"""The logarithm of the ratio between two neighbouring steps of response times."""
_SHORTEST = 1e-3
_MOST_SERVICES = 1000
_MOST_NAMES = 5000
_MOST_TEXTS = 20_000
_TEXT_PEOPLE, _NAME_PEOPLE = 64, 1024


class Tally:
    """Counts of the windows, in tables of numbers; `services` and `error_names` have the names of numbers.

    hours: lines and errors of each service and hour. durations: responses of each service, in the window (fresh) and
    before it, by the step of their time. errors: errors by name, service and hour. texts: lines by pattern (`text`), in
    the window and in the baseline, with the first in the window, the last of all, and the highest rank.
    """

    def __init__(self) -> None:
        self.services, self.error_names = Numbered(_MOST_SERVICES), Numbered(_MOST_NAMES)
        self.hours = _table("service hour lines errors")
        self.durations = _table("service fresh step responses")
        self.errors = _table("error_name service hour errors")
        self.texts = _table("text window baseline first last rank")
        self.text_lines, self.name_lines = FirstLines(), FirstLines()
        self.text_people, self.name_people = DistinctValues(_TEXT_PEOPLE), DistinctValues(_NAME_PEOPLE)
        self.left_out = 0
        self.patterns: dict[tuple[int, str], int] = {}

    def add(self, batch: pl.DataFrame) -> None:
        """Count the rows of a frame, as frames_of yields them."""
        named = [self.services.of(batch["service"]), self.error_names.of(batch["error_name"])]
        frame = batch.with_columns(named)
        failed = pl.col("rank") == ERROR
        hours = frame.group_by("service", "hour").agg(lines=pl.len(), errors=failed.sum())
        self.hours = _summed(self.hours, hours, ("service", "hour"))
        timed = frame.filter(pl.col("response_time").is_not_null())
        step = (pl.col("response_time").clip(_SHORTEST).log() / STEP).floor()
        durations = timed.group_by("service", "fresh", step.alias("step")).agg(responses=pl.len())
        self.durations = _summed(self.durations, durations, ("service", "fresh", "step"))
        errors = frame.filter(failed)
        names = errors.group_by("error_name", "service", "hour").agg(errors=pl.len())
        self.errors = _summed(self.errors, names, ("error_name", "service", "hour"))
        self.name_lines.add(errors, "error_name", self.services.names)
        self.name_people.add(errors, "error_name")
        self._add_texts(frame.filter(pl.col("text").is_not_null()))

    def _add_texts(self, told: pl.DataFrame) -> None:
        keys = sorted(told.select("service", "text").unique().rows())
        for key in keys:
            self.patterns.setdefault(key, len(self.patterns))
        numbers = pl.DataFrame(
            [(*key, self.patterns[key]) for key in keys],
            schema={"service": pl.Int64, "text": pl.String, "number": pl.Int64},
            orient="row",
        )
        numbered = told.join(numbers, on=["service", "text"]).with_columns(text=pl.col("number"))
        texts = numbered.group_by("text").agg(
            window=pl.col("fresh").sum(),
            baseline=(~pl.col("fresh")).sum(),
            first=pl.col("time").filter("fresh").min(),
            last=pl.max("time"),
            rank=pl.max("rank"),
        )
        self.texts = _regrouped(_joined(self.texts, texts))
        self.text_lines.add(numbered, "text", self.services.names)
        self.text_people.add(numbered, "text")
        if len(self.patterns) > _MOST_TEXTS:
            self.mine()
            self._leave_out_the_rarest()

    def mine(self) -> None:
        """Put patterns in the place of texts."""
        made: dict[tuple[int, str], int] = {}
        groups: dict[int, int] = {}
        for (service, text), pattern in patterns_of(sorted(self.patterns)).items():
            groups[self.patterns[service, text]] = made.setdefault((service, pattern), len(made))
        self._regroup(made, groups)

    def _leave_out_the_rarest(self) -> None:
        seen = pl.col("window") + pl.col("baseline")
        order = {number: place for place, (_key, number) in enumerate(sorted(self.patterns.items()))}
        places = pl.col("text").replace_strict([*order], [*order.values()], return_dtype=pl.Int64)
        ordered = self.texts.sort(seen, places, descending=[True, False])
        self.left_out += int(ordered.slice(_MOST_TEXTS // 2).select(seen.sum()).item())
        kept = set(ordered["text"].head(_MOST_TEXTS // 2).to_list())
        made: dict[tuple[int, str], int] = {}
        groups: dict[int, int] = {}
        for key, number in self.patterns.items():
            if number in kept:
                groups[number] = made[key] = len(made)
        self._regroup(made, groups)

    def _regroup(self, patterns: dict[tuple[int, str], int], groups: dict[int, int]) -> None:
        self.patterns = patterns
        renamed = pl.col("text").replace_strict([*groups], [*groups.values()], return_dtype=pl.Int64)
        self.texts = _regrouped(self.texts.filter(pl.col("text").is_in([*groups])).with_columns(renamed))
        self.text_lines = self.text_lines.regrouped(groups)
        self.text_people.regroup(groups)


def tallied(frames: Iterable[pl.DataFrame]) -> Tally:
    """Return what the frames add up to, with patterns in the place of texts."""
    tally = Tally()
    for frame in frames:
        tally.add(frame)
    tally.mine()
    return tally


def _table(columns: str) -> pl.DataFrame:
    return pl.DataFrame(schema={name: pl.Boolean if name == "fresh" else pl.Int64 for name in columns.split()})


def _joined(table: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([table, more.select(pl.col(name).cast(kind) for name, kind in table.schema.items())])


def _summed(table: pl.DataFrame, more: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    return _joined(table, more).group_by(key).agg(pl.all().sum())


def _regrouped(texts: pl.DataFrame) -> pl.DataFrame:
    return texts.group_by("text").agg(
        pl.col("window", "baseline").sum(), pl.min("first"), pl.max("last"), pl.max("rank")
    )
