# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents as frames of typed columns, a batch at a time, so that any number of them fits into little memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from itertools import islice
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.masks import masked
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.counts import Counts
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.fields import Places, value_at
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.values import (
    duration_of,
    milliseconds_of,
    name_of,
    text_of,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import HOUR, Windows

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import polars as pl

__all__ = ["ERROR", "frames_of"]

ERROR = 2
"""The rank of an error; warnings have 1, all other lines 0."""
_BATCH = 15_000
_KEYS_SEEN_IN = 1000
_ERROR = ("ERROR", "ERR", "SEVERE", "FATAL", "CRITICAL", "CRIT", "ALERT", "EMERG", "EMERGENCY", "PANIC", "50", "60")
_WARNING = ("WARN", "WARNING", "40")
_NAMES = ("level", "service", "error_name", "user", "correlation")


def frames_of(
    documents: Iterable[dict[str, Any]], places: Mapping[str, Places], zone: tzinfo, windows: Windows, counts: Counts
) -> Iterator[pl.DataFrame]:
    """Yield the documents of the windows, with the columns of `_narrowed`. What is left out is counted."""
    reads = _readers(places, zone)
    remaining = iter(documents)
    while batch := _columns(islice(remaining, _BATCH), reads, counts):
        frame = _frame(batch)
        timed = frame.filter(pl.col("time").is_not_null())
        counts.without_time += frame.height - timed.height
        if timed.height:
            first, last = timed.select(first=pl.min("time"), last=pl.max("time")).row(0)
            counts.covers(first, last)
        narrowed = _narrowed(timed, windows)
        counts.outside += timed.height - narrowed.height
        counts.used += narrowed.height
        yield narrowed


def _readers(places: Mapping[str, Places], zone: tzinfo) -> list[tuple[str, Places, Callable[[Any], Any]]]:
    kinds: dict[str, Callable[[Any], Any]] = {
        "time": lambda value: milliseconds_of(value, zone),
        "message": text_of,
        "detail": text_of,
        "response_time": duration_of,
        **dict.fromkeys(_NAMES, name_of),
    }
    return [(field, places[field], kinds[field]) for field in places]


def _columns(
    documents: Iterable[dict[str, Any]], reads: list[tuple[str, Places, Callable[[Any], Any]]], counts: Counts
) -> dict[str, list[Any]]:
    """Return the values of each field, or nothing when no document is left."""
    columns: dict[str, list[Any]] = {field: [] for field, _places, _read in reads}
    size = 0
    for document in documents:
        size += 1
        if counts.keys.total() < _KEYS_SEEN_IN:
            counts.keys.update(document.keys())
        for field, places, read in reads:
            value = value_at(document, places)
            if value is not None:
                counts.found[field] += 1
                value = read(value)
                if value is None:
                    counts.unusable[field] += 1
            columns[field].append(value)
    return columns if size else {}


def _frame(columns: Mapping[str, list[Any]]) -> pl.DataFrame:
    types: dict[str, Any] = dict.fromkeys(columns, pl.String)
    return pl.DataFrame(columns, schema={**types, "time": pl.Int64, "response_time": pl.Float64}, strict=True)


def _narrowed(frame: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """Return time, service, hour before the end, fresh (in the window), rank, line, text, error_name and the like."""
    level = pl.col("level").str.to_uppercase()
    failed = level.is_in(_ERROR) | (pl.col("level").is_null() & pl.col("error_name").is_not_null())
    within = frame.filter(pl.col("time").is_between(windows.oldest, windows.end, closed="left"))
    line = pl.concat_str("message", "detail", separator=": ", ignore_nulls=True)
    told = pl.col("message").is_not_null() | pl.col("detail").is_not_null()
    return within.select(
        "time",
        pl.col("service").fill_null(""),
        ((windows.end - 1 - pl.col("time")) // HOUR).cast(pl.Int32).alias("hour"),
        (pl.col("time") >= windows.start).alias("fresh"),
        pl.when(failed).then(ERROR).when(level.is_in(_WARNING)).then(1).otherwise(0).cast(pl.Int8).alias("rank"),
        pl.when(told).then(line).alias("line"),
        pl.col("error_name").fill_null(""),
        "response_time",
        "user",
        "correlation",
    ).with_columns(masked(pl.col("line")).alias("text"))
