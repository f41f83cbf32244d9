"""Durations, matchers and times as the alerting of Grafana reads and writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .answers import Refusal
from .routing import Call

__all__ = ["addressed", "duration", "go_duration", "interval", "matchers", "text_map"]

_DAY = 86_400_000
_UNITS = {"y": 365 * _DAY, "w": 7 * _DAY, "d": _DAY, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_DURATION = re.compile("".join(rf"(?:(\d+){unit})?" for unit in _UNITS))
_OPERATORS = ("=", "!=", "=~", "!~")
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_TIME = re.compile(r"((([01][0-9])|(2[0-3])):[0-5][0-9])|24:00")


def _bad() -> Refusal:
    return Refusal(400, "bad request data", traceID="")


def addressed(call: Call, name: str) -> str:
    """Return a part of the path, in which the server leaves %2F as it is."""
    return unquote(call.args[name])


def text_map(value: Any) -> dict[str, str]:
    """Return a map of text to text; anything else spoils the request."""
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise _bad()
    return value


def duration(value: Any, *, positive: bool = False) -> str:
    """Return a duration as it is written back, 90s as 1m30s."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if not found:
        raise _bad()
    left = sum(int(digits or 0) * factor for digits, factor in zip(found.groups(), _UNITS.values()))
    if positive and not left:
        raise _bad()
    text = ""
    for unit, factor in _UNITS.items():
        # Years and weeks are written only where nothing is left over.
        if unit in {"y", "w"} and left % factor:
            continue
        count, left = divmod(left, factor)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def go_duration(seconds: int) -> str:
    """Return seconds as Go writes them, 600 as 10m0s."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else "") + f"{rest}s"


def matchers(route: Mapping[str, Any]) -> dict[str, Any]:
    """Return the matchers of a route as they are written back: sorted, of three parts, without quotes."""
    found: dict[str, Any] = {name: text_map(route[name]) for name in ("match", "match_re") if route.get(name)}
    parts = [[str(part) for part in matcher] for matcher in route.get("object_matchers") or ()]
    parts = [[*matcher, "", ""][:3] for matcher in parts]
    if any(operator not in _OPERATORS for _label, operator, _value in parts):
        raise _bad()
    if parts:
        plain = [[label, operator, value.removeprefix('"').removesuffix('"')] for label, operator, value in parts]
        found["object_matchers"] = sorted(plain, key=lambda one: (one[0], one[2], _OPERATORS.index(one[1])))
    if route.get("matchers"):
        texts = [re.fullmatch(r'\s*([^=!~\s]+)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*', str(one)) for one in route["matchers"]]
        found["matchers"] = sorted(f'{one[1]}{one[2]}"{one[3]}"' for one in texts if one)
    return found


def interval(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an interval of a mute timing as it is written back; what does not exist spoils the request."""
    days = [*range(1, 32), *range(-31, 0)]
    found: dict[str, Any] = {}
    if given.get("times"):
        found["times"] = [_span(span) for span in given["times"]]
    for name, order in (
        ("weekdays", _WEEKDAYS),
        ("days_of_month", [str(day) for day in days]),
        ("months", [str(month) for month in range(1, 13)]),
        ("years", None),
    ):
        if given.get(name):
            found[name] = [_range(text, order) for text in given[name]]
    if given.get("location"):
        found["location"] = _location(given["location"])
    return found


def _span(span: Mapping[str, str]) -> dict[str, str]:
    start, end = span.get("start_time", ""), span.get("end_time", "")
    if not (_TIME.fullmatch(start) and _TIME.fullmatch(end) and start < end):
        raise _bad()
    return {"start_time": start, "end_time": end}


def _range(text: str, order: list[str] | tuple[str, ...] | None) -> str:
    numbers = {name: str(number) for number, name in enumerate(_MONTHS, 1)} if order and len(order) == 12 else {}
    ends = [numbers.get(end, end) for end in str(text).lower().split(":")]
    known = all(end in order for end in ends) if order else all(end.isdigit() for end in ends)
    places = [order.index(end) if order else int(end) for end in ends] if known else [1, 0]
    if len(ends) > 2 or places != sorted(places):
        raise _bad()
    return ends[0] if len(set(ends)) == 1 else ":".join(ends)


def _location(name: str) -> str:
    try:
        if name != "Local":
            ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise _bad() from None
    return name
