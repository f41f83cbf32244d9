# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces: spans put into trees, whatever order, doubles, gaps and clocks they come with.

Everything walks in loops: a trace may be 10,000 calls deep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .spans import CALLS, SERVES, Span

__all__ = ["Trace", "trace_of"]


@dataclass(frozen=True)
class Trace:
    """The spans of one trace. Spans are named by their place in `spans`, which is sorted by start.

    `parents` has -1 for roots. `order` has each span after its parent. `skews` are the nanoseconds by which spans were
    moved, since their clock put them where their caller cannot have called them: by the first span of each such clock.
    `orphans` are roots whose parent is missing; `cycles` were broken at their first span.
    `keys` are the operations of spans with their services, `entries` the spans at which a request enters a service,
    `calls` those and the ones that call something else.
    """

    id: str
    spans: tuple[Span, ...]
    parents: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    order: tuple[int, ...]
    roots: tuple[int, ...]
    orphans: int
    cycles: int
    duplicates: int
    skews: Mapping[int, int]
    keys: tuple[str, ...]
    entries: frozenset[int]
    calls: frozenset[int]


def trace_of(spans: Iterable[Span]) -> Trace:
    """Return the trace of these spans, which share its id. The same spans give the same trace in whatever order."""
    listed = list(spans)
    kept: dict[str, Span] = {}
    for span in listed:
        if span.id not in kept or _rank(span) > _rank(kept[span.id]):
            kept[span.id] = span
    unique = sorted(kept.values(), key=lambda span: (span.start, -span.end, span.id))
    places = {span.id: place for place, span in enumerate(unique)}
    parents = [places.get(span.parent, -1) if span.parent else -1 for span in unique]
    orphans = sum(1 for span, parent in zip(unique, parents) if span.parent and parent < 0)
    children, order, cycles = *_downwards(parents), 0
    if len(order) < len(unique):
        cycles = _break_cycles(parents)
        children, order = _downwards(parents)
    moved, skews = _on_one_clock(unique, parents, order)
    entries = frozenset(
        place for place, parent in enumerate(parents) if parent < 0 or moved[parent].service != moved[place].service
    )
    return Trace(
        listed[0].trace,
        tuple(moved),
        tuple(parents),
        tuple(map(tuple, children)),
        tuple(order),
        tuple(place for place, parent in enumerate(parents) if parent < 0),
        orphans,
        cycles,
        len(listed) - len(unique),
        skews,
        tuple(span.key for span in moved),
        entries,
        entries.union(place for place, span in enumerate(moved) if span.kind in CALLS),
    )


def _downwards(parents: list[int]) -> tuple[list[list[int]], list[int]]:
    """Return the children of each span, and all spans below roots, each after its parent."""
    children: list[list[int]] = [[] for _parent in parents]
    order: list[int] = []
    for place, parent in enumerate(parents):
        (children[parent] if parent >= 0 else order).append(place)
    for place in order:
        order += children[place]
    return children, order


def _rank(span: Span) -> tuple[int, int, str, str, str]:
    """Of spans with one id, the longest is kept: the others were sent before it ended."""
    return (span.end - span.start, span.start, span.service, span.operation, span.parent)


def _break_cycles(parents: list[int]) -> int:
    """Make the first span of each cycle a root, and return how many there were."""
    done, cycles = [False] * len(parents), 0
    for place in range(len(parents)):
        walked: dict[int, None] = {}
        current = place
        while current >= 0 and not done[current] and current not in walked:
            walked[current] = None
            current = parents[current]
        if current in walked:
            chain = list(walked)
            parents[min(chain[chain.index(current) :])] = -1
            cycles += 1
        for member in walked:
            done[member] = True
    return cycles


def _on_one_clock(spans: list[Span], parents: list[int], order: list[int]) -> tuple[list[Span], dict[int, int]]:
    """Return the spans with those moved whose clock differs from their caller's, and by how much the first of each."""
    moved, shifts, skews = list(spans), [0] * len(spans), {}
    for place in order:
        parent, span = parents[place], spans[place]
        if parent < 0:
            continue
        if span.service == spans[parent].service:
            shifts[place] = shifts[parent]
        elif shift := _skew(moved[parent], span):
            shifts[place] = skews[place] = shift
        if shifts[place]:
            moved[place] = span._replace(start=span.start + shifts[place], end=span.end + shifts[place])
    return moved, skews


def _skew(caller: Span, called: Span) -> int:
    """Return by how much the clock of a called service has to be moved, 0 if it may be right.

    It cannot be called before its caller starts. It can start after the caller's end only from a queue. A service that
    ends after its caller may be one that the caller no longer waited for.
    """
    late = called.start > caller.end and called.kind != "consumer" and called.kind in SERVES
    if called.start >= caller.start and not late:
        return 0
    spare = max(0, (caller.end - caller.start) - (called.end - called.start))
    return caller.start + spare // 2 - called.start
