# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls that wait for each other and could run at once."""

from __future__ import annotations

from collections.abc import Iterator

from .sign import Request, Sign

__all__ = ["sequences"]

LEAST = 5_000_000  # nanoseconds of a call that is worth it
PAUSE = 50  # a pause of up to a fiftieth of the shorter call is too short to have used a result
LEAST_GAIN, SHARE = 20_000_000, 10
TWO = 2


def sequences(request: Request) -> Iterator[Sign]:
    """Yield calls of different operations that one span makes one right after the other."""
    trace = request.trace
    for parent in request.places:
        # A span that is shorter than what it has to gain cannot have it.
        if len(trace.children[parent]) < TWO or _length(request, parent) * SHARE <= request.length:
            continue
        run: list[int] = []
        calls = [place for place in trace.children[parent] if place in trace.calls]
        for place in (*calls, -1):
            if run and place >= 0 and _follows(request, run[-1], place):
                run.append(place)
                continue
            yield from _sign(request, run)
            run = [place] if place >= 0 and _length(request, place) >= LEAST else []


def _length(request: Request, place: int) -> int:
    span = request.trace.spans[place]
    return span.end - span.start


def _follows(request: Request, first: int, second: int) -> bool:
    before, after = request.trace.spans[first], request.trace.spans[second]
    pause = after.start - before.end
    shorter = min(before.end - before.start, after.end - after.start)
    return 0 <= pause <= shorter // PAUSE and shorter >= LEAST


def _sign(request: Request, run: list[int]) -> Iterator[Sign]:
    keys = [request.trace.keys[place] for place in run]
    if len(set(keys)) < max(len(keys), TWO):
        return
    lengths = [_length(request, place) for place in run]
    gain = sum(lengths) - max(lengths)
    if gain >= LEAST_GAIN and gain * SHARE > request.length:
        yield Sign("sequence", ", ".join(sorted(keys)), gain, len(run), run, ", ".join(keys))
