# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mute timings of Grafana."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._api.owner import OWNER, mark_of, owner_of
from ..._api.plan import PlanError, by_key
from ..._api.resource import Plan, Step
from .objects import AlertingApi, Entry, Scope, path_of, unknown_keys

__all__ = ["apply", "plan"]

# A mute timing has no field for a mark, so the mark is an interval that is over: 1 January 1970. The name of an owner
# other than the default one follows in the years, one letter in each: "a" (97) is 1097.
_MARK = {"days_of_month": ["1"], "months": ["1"]}
_MARK_YEAR, _MARK_LETTERS = "1970", range(1000, 1128)

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_NUMBERS = {name: str(number) for number, name in enumerate(_MONTHS, 1)}
# Valid ends of a range, in their order.
_RANGES: Mapping[str, Sequence[str]] = {
    "weekdays": _WEEKDAYS,
    "days_of_month": [str(day) for day in (*range(1, 32), *range(-31, 0))],
    "months": [str(month) for month in range(1, 13)],
    "years": [str(year) for year in range(1, 10_000)],
}
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_KNOWN = frozenset({*_RANGES, "times", "location"})


def plan(api: AlertingApi, listed: Iterable[Mapping[str, Any]], scope: Scope) -> Plan:
    """Return the plan for the mute timings; the mark of their owner is an interval in the past."""
    items = by_key(listed, lambda item: item["name"], option="mute_timings", what="mute timing")
    wanted = {_key(name): _desired(item, scope.ownership.owner) for name, item in items.items()}
    listing = api.read(path_of("mute-timings"), "list the mute timings") or ()
    there = {_key(item["name"]): _found(item) for item in listing}
    return scope.planned(wanted, there)


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


def _desired(item: Mapping[str, Any], owner: str) -> Entry:
    for index, interval in enumerate(item["time_intervals"]):
        _check(interval, f"The mute timing {item['name']!r}: time_intervals[{index}]")
    given = [_interval(interval) for interval in item["time_intervals"]]
    intervals = [*(interval for interval in given if not _owner(interval)), _marked(owner)]
    body = {"name": item["name"], "time_intervals": intervals}
    return Entry({"time_intervals": intervals}, body, item["name"], owner)


def _found(item: Mapping[str, Any]) -> Entry:
    intervals = [_interval(interval) for interval in item["time_intervals"] or ()]
    return Entry({"time_intervals": intervals}, item, item["name"], "".join(filter(None, map(_owner, intervals))))


def _marked(owner: str) -> dict[str, Any]:
    letters = "" if owner == OWNER else owner
    return {**_MARK, "years": [_MARK_YEAR, *(str(_MARK_LETTERS[ord(letter)]) for letter in letters)]}


def _owner(interval: Mapping[str, Any]) -> str:
    """Return the owner whose mark an interval is, empty for an interval that is not a mark."""
    first, *years = interval.get("years") or [""]
    if {**interval, "years": first} != {**_MARK, "years": _MARK_YEAR}:
        return ""
    if not all(year.isdigit() and int(year) in _MARK_LETTERS for year in years):
        return ""
    letters = "".join(chr(int(year) - _MARK_LETTERS[0]) for year in years)
    return owner_of(mark_of(letters or OWNER))


def _interval(interval: Mapping[str, Any]) -> dict[str, Any]:
    """Return an interval as Grafana writes it: months as numbers, no range from a value to itself, nothing empty."""
    found = {key: value for key, value in interval.items() if value}
    return {key: [_range(str(one)) for one in value] if key in _RANGES else value for key, value in found.items()}


def _check(interval: Mapping[str, Any], where: str) -> None:
    """Raise PlanError for what Grafana would refuse without a reason."""
    unknown_keys(interval, _KNOWN, where)
    for name, order in _RANGES.items():
        for text in interval.get(name) or ():
            ends = _range(str(text)).split(":")
            places = [order.index(end) for end in ends if end in order]
            if len(places) != len(ends) or len(ends) > len(("from", "to")) or places != sorted(places):
                raise PlanError(f"{where}: {name} has {text!r}. Use one of {_few(order)}, or a range from:to.")
    for span in interval.get("times") or ():
        ends = [str(span.get(end)) for end in ("start_time", "end_time")]
        if not all(_TIME.fullmatch(end) for end in ends) or ends[0] >= ends[1]:
            raise PlanError(f"{where}: times has {' to '.join(ends)}. Use times such as 06:00 to 08:30, on one day.")


def _few(order: Sequence[str]) -> str:
    return ", ".join(order) if len(order) <= len(_MONTHS) else f"{order[0]} to {order[-1]}"


def _range(text: str) -> str:
    ends = [_NUMBERS.get(end, end) for end in text.strip().lower().split(":")]
    return ends[0] if len(set(ends)) == 1 else ":".join(ends)
