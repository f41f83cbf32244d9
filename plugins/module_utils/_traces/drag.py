# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drag: how much shorter a request gets if an operation costs nothing.

It is less than the time of the operation where others run beside it: then they are what the request waits for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from heapq import heappop, heappush

from .trees import Trace

__all__ = ["drag"]


def drag(trace: Trace, root: int, free: Collection[int]) -> int:
    """Return the nanoseconds by which the request that starts at `root` gets shorter without the self time of these.

    What a span calls keeps its order: after all siblings that had ended before it, and after the self time in between.
    Siblings that overlap stay independent.
    """
    touched = set(free)
    for place in free:
        above = trace.parents[place]
        while above >= 0 and above not in touched:
            touched.add(above)
            above = trace.parents[above]
    lengths: dict[int, int] = {}
    for place in reversed(trace.order):
        if place in touched:
            lengths[place] = _length(trace, place, lengths, 0 if place in free else 1)
    span = trace.spans[root]
    return span.end - span.start - lengths.get(root, span.end - span.start)


def _length(trace: Trace, place: int, lengths: Mapping[int, int], scale: int) -> int:
    """Return how long a span takes if its children take `lengths` and its self time is multiplied by the scale."""
    span = trace.spans[place]
    running: list[
        tuple[int, int, int]
    ] = []  # (end, end without self time as it was, as it gets), the first to end first
    was = gets = own = 0  # the latest of what has ended, without self time; self time up to now
    covered = span.start
    for start, end, child in sorted(_within(trace, place)):
        own += max(0, start - covered)
        covered = max(covered, end)
        while running and running[0][0] <= start:
            _ended, as_was, as_gets = heappop(running)
            was, gets = max(was, as_was), max(gets, as_gets)
        late = start - span.start - own - was
        length = min(end - start, lengths.get(child, end - start))
        heappush(running, (end, end - span.start - own, gets + late + length))
    gets = max([gets, *(as_gets for _end, _was, as_gets in running)])
    return gets + scale * (own + max(0, span.end - covered))


def _within(trace: Trace, place: int) -> Iterator[tuple[int, int, int]]:
    span = trace.spans[place]
    for child in trace.children[place]:
        start, end = max(trace.spans[child].start, span.start), min(trace.spans[child].end, span.end)
        if end > start:
            yield start, end, child
