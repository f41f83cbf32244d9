# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the time of a request goes: self time, the critical path, and what a request gains without an operation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .trees import Trace

__all__ = ["Path", "Section", "critical_path", "self_time"]

# (start, end, place of the span), in nanoseconds
Section = tuple[int, int, int]


@dataclass(frozen=True)
class Path:
    """The critical path of a request, from its start to its end.

    The sections are disjoint and cover the root. `uncertain` are nanoseconds in which siblings overlap, so that nobody
    knows which one the request waited for.
    """

    sections: tuple[Section, ...]
    uncertain: int


def self_time(trace: Trace, place: int) -> int:
    """Return the nanoseconds of a span in which none of its children ran."""
    span = trace.spans[place]
    spent, covered = span.end - span.start, span.start
    for child in sorted(trace.children[place], key=lambda child: trace.spans[child].start):
        start, end = max(trace.spans[child].start, covered), min(trace.spans[child].end, span.end)
        if end > start:
            spent -= end - start
            covered = end
    return spent


def critical_path(trace: Trace, root: int) -> Path:
    """Return what the request that starts at this span waited for.

    From the end backwards: of the children that ran, the last that ended; before its start, again. A child that another
    overlaps counts up to the start of the other.
    """
    sections: list[Section] = []
    uncertain = 0
    span = trace.spans[root]
    stack = [_Frame(root, span.start, span.end, _latest_first(trace, root))]
    while stack:
        frame = stack[-1]
        for child in frame.waiting:
            start, end = max(trace.spans[child].start, frame.first), trace.spans[child].end
            if start >= frame.now or min(end, frame.now) <= start:
                continue
            if end < frame.now:
                sections.append((end, frame.now, frame.place))
            elif end > frame.now and frame.now < frame.last:
                uncertain += min(end, frame.now) - start
            end, frame.now = min(end, frame.now), start
            stack.append(_Frame(child, start, end, _latest_first(trace, child)))
            break
        else:
            if frame.now > frame.first:
                sections.append((frame.first, frame.now, frame.place))
            stack.pop()
    return Path(tuple(sections), uncertain)


@dataclass
class _Frame:
    """A span whose path is being followed from `last` back to `first`, and is at `now`."""

    place: int
    first: int
    now: int
    waiting: Iterator[int]

    def __post_init__(self) -> None:
        self.last = self.now


def _latest_first(trace: Trace, place: int) -> Iterator[int]:
    children: Sequence[int] = trace.children[place]
    if len(children) > 1:
        children = sorted(children, key=lambda child: (-trace.spans[child].end, trace.spans[child].start, child))
    return iter(children)
