# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls that one span makes: statements in a loop, chatty services, fan-outs, retries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..statements import without_values
from ..trees import Trace
from .sign import Request, Sign, covered

__all__ = ["repeated_calls", "retries"]

STATEMENTS, CALLS_OF_ONE, AT_ONCE, TRIES = 5, 10, 10, 2
LEAST_GAIN = 50_000_000  # nanoseconds
SHARE = 10  # a loop is reported from a tenth of the request on


def repeated_calls(request: Request) -> Iterator[Sign]:
    """Yield statements that differ only in values (N+1), calls of one operation (chatty), and those made at once."""
    trace = request.trace
    for parent in request.places:
        if len(trace.children[parent]) < STATEMENTS:
            continue
        for (statement, where), places in _alike(trace, parent).items():
            if len(places) < (STATEMENTS if statement else CALLS_OF_ONE):
                continue
            longest = max(trace.spans[place].end - trace.spans[place].start for place in places)
            spent = covered(trace, places)
            if not statement and _at_once(trace, places) >= AT_ONCE:
                yield Sign("fan_out", where, longest - _median(trace, places), len(places), places)
            elif spent > LEAST_GAIN and spent * SHARE > request.length:
                yield Sign("n_plus_one" if statement else "chatty", where, spent - longest, len(places), places)


def _alike(trace: Trace, parent: int) -> dict[tuple[str, str], list[int]]:
    """Return the calls of a span by statement and operation."""
    found: dict[tuple[str, str], list[int]] = {}
    for place in trace.children[parent]:
        span = trace.spans[place]
        statement = without_values(span.attributes["statement"]) if "statement" in span.attributes else ""
        if statement or place in trace.calls:
            key = trace.keys[place]
            found.setdefault((statement, f"{key}: {statement}" if statement else key), []).append(place)
    return found


def _at_once(trace: Trace, places: Sequence[int]) -> int:
    """Return how many of these spans ran at one time, at most."""
    changes = [(trace.spans[place].start, 1) for place in places] + [(trace.spans[place].end, -1) for place in places]
    most = now = 0
    for _time, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def _median(trace: Trace, places: Sequence[int]) -> int:
    lengths = sorted(trace.spans[place].end - trace.spans[place].start for place in places)
    return lengths[len(lengths) // 2]


def retries(request: Request) -> Iterator[Sign]:
    """Yield calls that failed and were made again by the same span."""
    trace = request.trace
    for parent in request.places:
        if len(trace.children[parent]) < TRIES:
            continue
        tried: dict[str, list[int]] = {}
        for place in trace.children[parent]:
            if place in trace.calls:
                tried.setdefault(trace.keys[place], []).append(place)
        for key, places in tried.items():
            failed = [
                place
                for place, after in zip(places, places[1:])
                if trace.spans[place].error and trace.spans[after].start >= trace.spans[place].end
            ]
            if failed:
                last = places[places.index(failed[-1]) + 1]
                gain = trace.spans[last].start - trace.spans[failed[0]].start
                yield Sign("retries", key, gain, len(failed), [*failed, last])
