# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mute timings of Grafana."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._grafana_alerting_api import AlertingApi, Entry, path_of, unknown_keys
from ._plan import Plan, PlanError, Step, by_key, planned

__all__ = ["apply", "plan"]

# A mute timing has no place for a mark, except for an interval that can never come again.
_MARK = {"days_of_month": ["1"], "months": ["1"], "years": ["1970"]}

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_NUMBERS = {name: str(number) for number, name in enumerate(_MONTHS, 1)}
# What may be at the ends of a range, in the order in which they must be.
_RANGES: Mapping[str, Sequence[str]] = {
    "weekdays": _WEEKDAYS,
    "days_of_month": [str(day) for day in (*range(1, 32), *range(-31, 0))],
    "months": [str(month) for month in range(1, 13)],
    "years": [str(year) for year in range(1, 10_000)],
}
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_KNOWN = frozenset({*_RANGES, "times", "location"})


def plan(api: AlertingApi, listed: Iterable[Mapping[str, Any]], *, prune: bool, absent: bool) -> Plan:
    """Return the plan for the mute timings; the mark of ours is an interval in the past."""
    items = by_key(listed, lambda item: item["name"], option="mute_timings", what="mute timing")
    wanted = {_key(name): _desired(item) for name, item in items.items()}
    listing = api.read(path_of("mute-timings"), "list the mute timings") or ()
    there = {_key(item["name"]): _found(item) for item in listing}
    owned = sorted(key for key, entry in there.items() if entry.owned)
    return planned(wanted, there, same=_same, prunable=owned if prune else (), absent=absent)


def apply(api: AlertingApi, step: Step) -> None:
    """Make one change."""
    path = path_of("mute-timings", (step.after or step.before).address)
    if step.action == "create":
        api.apply("POST", path_of("mute-timings"), step, step.after.body)
    elif step.action == "update":
        api.apply("PUT", path, step, step.after.body)
    else:
        api.apply("DELETE", path, step)


def _key(name: str) -> str:
    return f"mute timing {name!r}"


def _same(wanted: Entry, there: Entry) -> bool:
    return wanted.seen == there.seen


def _desired(item: Mapping[str, Any]) -> Entry:
    for index, interval in enumerate(item["time_intervals"]):
        _check(interval, f"The mute timing {item['name']!r}: time_intervals[{index}]")
    intervals = [_interval(interval) for interval in item["time_intervals"]]
    intervals += [] if _MARK in intervals else [_MARK]
    body = {"name": item["name"], "time_intervals": intervals}
    return Entry({"time_intervals": intervals}, body, item["name"], owned=True)


def _found(item: Mapping[str, Any]) -> Entry:
    intervals = [_interval(interval) for interval in item["time_intervals"] or ()]
    return Entry({"time_intervals": intervals}, item, item["name"], owned=_MARK in intervals)


def _interval(interval: Mapping[str, Any]) -> dict[str, Any]:
    """Return an interval as Grafana writes it: months as numbers, no range from a value to itself, nothing empty."""
    found = {key: value for key, value in interval.items() if value}
    return {key: [_range(str(one)) for one in value] if key in _RANGES else value for key, value in found.items()}


def _check(interval: Mapping[str, Any], where: str) -> None:
    """Raise PlanError for what Grafana would refuse without saying why."""
    unknown_keys(interval, _KNOWN, where)
    for name, order in _RANGES.items():
        for text in interval.get(name) or ():
            ends = _range(str(text)).split(":")
            places = [order.index(end) for end in ends if end in order]
            if len(places) != len(ends) or len(ends) > len(("from", "to")) or places != sorted(places):
                raise PlanError(f"{where}: {name} has {text!r}, which must be one of {_few(order)}, or two as from:to.")
    for span in interval.get("times") or ():
        ends = [str(span.get(end)) for end in ("start_time", "end_time")]
        if not all(_TIME.fullmatch(end) for end in ends) or ends[0] >= ends[1]:
            raise PlanError(f"{where}: times has {' to '.join(ends)}, which must be like 06:00 to 08:30, on one day.")


def _few(order: Sequence[str]) -> str:
    return ", ".join(order) if len(order) <= len(_MONTHS) else f"{order[0]} to {order[-1]}"


def _range(text: str) -> str:
    ends = [_NUMBERS.get(end, end) for end in text.strip().lower().split(":")]
    return ends[0] if len(set(ends)) == 1 else ":".join(ends)
