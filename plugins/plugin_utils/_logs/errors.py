# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors by name: how many, where, when, and whether they become more."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.likelihood import SIGNIFICANT, likelihood_ratio
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.samples import affected, sample_lines
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.tally import Tally
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import Windows, shown_time

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import polars as pl

__all__ = ["error_patterns"]

_NAMES = 20


def error_patterns(tally: Tally, windows: Windows, *, covered: bool) -> dict[str, Any]:
    """Return the errors of the window by name, the most frequent first, with the trend against as many hours before.

    `covered` is whether there were lines for all of those hours; without them, there is no trend.
    """
    compared = tally.errors.filter(pl.col("hour") < 2 * windows.window)
    fresh = pl.col("hour") < windows.window
    names = compared.group_by("error_name").agg(
        count=pl.col("errors").filter(fresh).sum(), before=pl.col("errors").filter(~fresh).sum()
    )
    rows = sorted(
        ((tally.error_names.names[number], number, count, before) for number, count, before in names.iter_rows()),
        key=lambda row: (-row[2], -row[3], row[0]),
    )
    people = tally.name_people.counts()
    listed = [row for row in rows if row[2]]
    hours = compared.filter(fresh)
    return {
        "total": sum(row[2] for row in rows),
        "before": sum(row[3] for row in rows) if covered else None,
        "names_count": len(listed),
        "timeline": _timeline(hours, windows),
        "names": [
            {
                "name": name,
                "count": count,
                **_trend(count, before, covered=covered),
                "services": _services(hours.filter(pl.col("error_name") == number), tally.services.names),
                "timeline": _timeline(hours.filter(pl.col("error_name") == number), windows),
                "lines": sample_lines(tally.name_lines.of(number)),
                **affected(people, number, count),
            }
            for name, number, count, before in listed[:_NAMES]
        ],
        "gone": [{"name": row[0], "before": row[3]} for row in rows if not row[2]][:_NAMES] if covered else [],
        "hours": [shown_time(windows.hour_start(hour)) for hour in reversed(range(windows.window))],
    }


def _trend(count: int, before: int, *, covered: bool) -> dict[str, Any]:
    """Return the trend between two windows of the same length."""
    if not covered:
        return {"before": None, "trend": "unknown"}
    if not before:
        return {"before": 0, "trend": "new"}
    # Of all that happened in two equal windows, chance puts half into each.
    chance = likelihood_ratio(count, count + before, before, count + before) < SIGNIFICANT
    return {"before": before, "trend": "steady" if chance else "rising" if count > before else "falling"}


def _services(hours: pl.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    counted = hours.group_by("service").agg(pl.col("errors").sum()).iter_rows()
    ordered = sorted(((names[number], count) for number, count in counted), key=lambda row: (-row[1], row[0]))
    return [{"service": name, "count": count} for name, count in ordered]


def _timeline(hours: pl.DataFrame, windows: Windows) -> list[int]:
    """Return the errors of each hour of the window, the oldest first."""
    counted: dict[int, int] = dict(hours.group_by("hour").agg(pl.col("errors").sum()).iter_rows())
    return [counted.get(hour, 0) for hour in reversed(range(windows.window))]
