# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The critical paths of many requests, put together by call path, and the slowest request as a waterfall."""

from __future__ import annotations

from typing import Any

from .findings.sign import Request
from .paths import Path

__all__ = ["Flames"]

DEEPEST, MOST_CALLS, MOST_SPANS = 60, 2000, 200


class Flames:
    """Nanoseconds on the critical path by entry and call path, and the slowest request of each entry."""

    def __init__(self) -> None:
        self._spent: dict[str, dict[tuple[str, ...], int]] = {}
        self._slowest: dict[str, tuple[int, str, list[dict[str, Any]]]] = {}

    def add(self, request: Request, path: Path) -> None:
        """Add a request with its critical path."""
        trace, entry = request.trace, request.trace.keys[request.root]
        spent = self._spent.setdefault(entry, {})
        calls: dict[int, tuple[str, ...]] = {}
        for start, end, place in path.sections:
            call = _call(request, place, calls)
            if call in spent or len(spent) < MOST_CALLS:
                spent[call] = spent.get(call, 0) + end - start
        slowest = self._slowest.get(entry)
        if slowest is None or (-request.length, trace.id) < (-slowest[0], slowest[1]):
            self._slowest[entry] = (request.length, trace.id, _waterfall(request, path))

    def described(self, requests: dict[str, int]) -> list[dict[str, Any]]:
        """Return [{entry, paths: [{path, ms}], slowest: {trace, spans}}], times in milliseconds per request."""
        return [
            {
                "entry": entry,
                "paths": [
                    {"path": list(call), "ms": time / requests[entry] / 1e6} for call, time in sorted(spent.items())
                ],
                "slowest": {"trace": self._slowest[entry][1], "spans": self._slowest[entry][2]},
            }
            for entry, spent in sorted(self._spent.items())
        ]


def _call(request: Request, place: int, calls: dict[int, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the operations from the root to a span, of a deep one the first of them, and keep those on the way."""
    way = []
    while place not in calls and place != request.root:
        way.append(place)
        place = request.trace.parents[place]
    call = calls.setdefault(place, (request.trace.keys[place],))
    for below in reversed(way):
        call = calls[below] = (*call, request.trace.keys[below])[:DEEPEST]
    return call


def _waterfall(request: Request, path: Path) -> list[dict[str, Any]]:
    """Return the longest spans of a request by start, with their depth and their time on the critical path."""
    trace = request.trace
    on_path: dict[int, int] = {}
    for start, end, place in path.sections:
        on_path[place] = on_path.get(place, 0) + end - start
    depths = {request.root: 0}
    for place in request.places[1:]:
        depths[place] = depths[trace.parents[place]] + 1
    longest = sorted(request.places, key=lambda place: trace.spans[place].start - trace.spans[place].end)[:MOST_SPANS]
    first = trace.spans[request.root].start
    return [
        {
            "span": trace.spans[place].id,
            "operation": trace.keys[place],
            "depth": depths[place],
            "start_ms": (trace.spans[place].start - first) / 1e6,
            "ms": (trace.spans[place].end - trace.spans[place].start) / 1e6,
            "critical_path_ms": on_path.get(place, 0) / 1e6,
            "error": trace.spans[place].error,
        }
        for place in sorted(longest)
    ]
