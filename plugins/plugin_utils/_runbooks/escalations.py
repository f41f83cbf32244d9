# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Escalation paths of an inventory: which receivers get what automation has for people, by priority, team and time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.verification import (
    faults_of_duration,
    seconds,
)

__all__ = ["DAYS", "PRIORITIES", "escalation_paths", "faults_of_escalations", "faults_of_receivers", "receivers_of"]

PRIORITIES = ("critical", "high", "medium", "low")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHOICES = {"priorities": PRIORITIES, "days": DAYS}
_LISTS = ("priorities", "teams", "services", "days")
_KNOWN = ("receiver", "path", *_LISTS, "hours", "time_zone")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_WHOLE_DAY = 24 * 60  # minutes
_WHOLE_WEEK = 7 * _WHOLE_DAY

Entry = Mapping[str, Any]


def escalation_paths(described: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the entries as the engine reads them: `after` in seconds, hours as minutes of the day.

    Raises OperatorError with everything that is wrong with them.
    """
    if faults := list(faults_of_escalations(described)):
        raise OperatorError(f"incident_response_escalations cannot be used: {' '.join(faults)}")
    return [_normalised(one) for one in described]


def receivers_of(described: Sequence[Entry]) -> list[str]:
    """Return the name of every receiver once, in the order of entries."""
    return list(dict.fromkeys(step["receiver"] for one in described for step in _path(one)))


def faults_of_receivers(described: Sequence[Entry], known: Sequence[str], whose: str) -> Iterator[str]:
    """Yield a sentence for each receiver that is not among those of a configuration, with what it has instead."""
    for number, one in enumerate(described, 1):
        for name in (step["receiver"] for step in _path(one) if step["receiver"] not in known):
            rest = f"which {whose} lacks: add it, or use {', '.join(known)}."
            yield f"entry {number} has the receiver {name!r}, {rest}"


def faults_of_escalations(described: Sequence[Entry]) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with entries, or else for those that are never reached."""
    wrong = [f"entry {number}: {fault}" for number, one in enumerate(described, 1) for fault in _faults(one)]
    yield from wrong or _faults_of_order(described)


def _faults_of_order(described: Sequence[Entry]) -> Iterator[str]:
    """Yield a sentence for each entry that leaves nothing to itself, as the first that fits counts."""
    for number, one in enumerate(described, 1):
        before = [other for other in described[: number - 1] if _fits_all_of(other, one)]
        if _week(one) <= frozenset().union(*map(_week, before)):
            yield f"entry {number} is never reached, since those before it fit whatever it fits: move it before them."


def _fits_all_of(other: Entry, one: Entry) -> bool:
    """Return whether an entry fits, whenever its time has come, all alerts that another one fits."""
    lists = ((other.get(key), one.get(key)) for key in _LISTS if key != "days")
    zones = {each.get("time_zone", "UTC") for each in (other, one)}
    return (len(_week(other)) == _WHOLE_WEEK or len(zones) == 1) and all(
        not wider or {*wider} >= {*(narrower or [None])} for wider, narrower in lists
    )


def _week(one: Entry) -> frozenset[int]:
    """Return the minutes of the week in which an entry fits; those after midnight count to the day before."""
    begin, end = _span(one.get("hours", "00:00-24:00")) or (0, _WHOLE_DAY)
    length = (end - begin - 1) % _WHOLE_DAY + 1
    days = (_WHOLE_DAY * DAYS.index(day) for day in one.get("days", DAYS))
    return frozenset((day + minute) % _WHOLE_WEEK for day in days for minute in range(begin, begin + length))


def _faults(one: Entry) -> Iterator[str]:
    yield from (f"{key} is unknown: use {', '.join(_KNOWN)}." for key in one if key not in _KNOWN)
    yield from _faults_of_path(one)
    for key in (key for key in _LISTS if key in one):
        yield from _faults_of_list(key, one[key])
    if "hours" in one and _span(one["hours"]) is None:
        yield f"hours must be a begin and another end such as '22:00-06:00', not {one['hours']!r}."
    # A controller that knows no zones leaves it to the engine, which refuses an unknown one before it is activated.
    zones = available_timezones()
    if "time_zone" in one and zones and one["time_zone"] not in zones:
        yield f"time_zone {one['time_zone']!r} is unknown: write one such as Europe/Berlin, or UTC."


def _faults_of_path(one: Entry) -> Iterator[str]:
    if ("receiver" in one) == ("path" in one):
        yield "either receiver or path is needed, and not both."
        return
    path = _path(one)
    if not path:
        yield "path must be a list of receivers, such as [{receiver: duty}, {receiver: lead, after: 15m}]."
        return
    for name in (step["receiver"] for step in path):
        if not isinstance(name, str) or not name:
            yield f"receiver must be the name of a receiver of alertmanager_config, not {name!r}."
    yield from _faults_of_times(path)
    if len({str(step["receiver"]) for step in path}) < len(path):
        yield "path names a receiver twice."


def _faults_of_times(path: Sequence[Entry]) -> Iterator[str]:
    if "after" in path[0]:
        yield "the first receiver of path gets the alert at once, so it has no after."
    for before, step in pairwise(path):
        if wrong := next(faults_of_duration("after", step.get("after")), ""):
            yield wrong
        elif seconds(step["after"]) <= seconds(before.get("after", "0s")):
            yield f"after of {step['receiver']!r} must be longer than that of {before['receiver']!r}."


def _faults_of_list(key: str, values: Any) -> Iterator[str]:
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        yield f"{key} must be a list with one name at least; leave it out for all of them."
        return
    choices = _CHOICES.get(key, ())
    for value in (value for value in values if choices and value not in choices):
        yield f"{key} has {value!r}, which is unknown: use {', '.join(choices)}."


def _path(one: Entry) -> list[dict[str, Any]]:
    """Return the steps of an entry, nothing for what is no path."""
    path = one["path"] if "path" in one else [{"receiver": one.get("receiver")}]
    right = isinstance(path, list) and all(
        isinstance(step, Mapping) and "receiver" in step and {*step} <= {"receiver", "after"} for step in path
    )
    return [dict(step) for step in path] if right else []


def _span(hours: Any) -> tuple[int, int] | None:
    """Return the first minute of hours and the one after the last, None for what is none or has no length."""
    found = _HOURS.fullmatch(hours) if isinstance(hours, str) else None
    if not found:
        return None
    begin = 60 * int(found[1]) + int(found[2])
    end = _WHOLE_DAY if found[3] is None else 60 * int(found[3]) + int(found[4])
    return None if begin == end else (begin, end)


def _normalised(one: Entry) -> dict[str, Any]:
    begin, end = _span(one.get("hours", "00:00-24:00")) or (0, _WHOLE_DAY)
    return {
        "path": [{"receiver": step["receiver"], "after": seconds(step.get("after", "0s"))} for step in _path(one)],
        **{key: list(one.get(key, ())) for key in _LISTS},
        "begin": begin,
        "end": end,
        "time_zone": one.get("time_zone", "UTC"),
    }
