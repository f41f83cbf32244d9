# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two windows compared call path by call path."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from typing import Any

from .findings.sign import Request
from .statistics import adjusted, mann_whitney, quantile

__all__ = ["CallPaths", "compared"]

DEEPEST, MOST = 12, 5000  # calls of a path, and paths; what is beyond is left out and counted
LONGEST = 2**63 - 1  # nanoseconds
FALSE = 0.05  # share of windows without a difference in which one is reported
LEAST, LEAST_SHIFT, LEAST_SHIFT_NS = 8, 0.05, 500_000


class CallPaths:
    """The time of each call path in each request, in which all calls of the path are added."""

    def __init__(self) -> None:
        self.requests: dict[str, int] = {}
        self.times: dict[tuple[str, ...], array[int]] = {}
        self.left_out = 0

    def add(self, request: Request) -> None:
        """Add a request."""
        trace, root = request.trace, request.root
        paths: dict[int, tuple[str, ...]] = {}
        spent: dict[tuple[str, ...], int] = {}
        for place in request.places:
            above = paths.get(trace.parents[place], ()) if place != root else ()
            if (place != root and not above) or len(above) >= DEEPEST:
                continue
            span = trace.spans[place]
            paths[place] = path = (*above, trace.keys[place])
            spent[path] = spent.get(path, 0) + span.end - span.start
        entry = trace.keys[root]
        self.requests[entry] = self.requests.get(entry, 0) + 1
        for path, time in spent.items():
            if path in self.times or len(self.times) < MOST:
                self.times.setdefault(path, array("q")).append(min(time, LONGEST))
            else:
                self.left_out += 1


def compared(before: CallPaths, after: CallPaths) -> list[dict[str, Any]]:
    """Return what differs, largest change first: [{path, change, before_ms, after_ms, share_before, share_after, p}].

    `change` is slower, faster, new, vanished, more_often or less_often. Of two windows without a difference, at most
    one in twenty gives any.
    """
    found = [change for path in sorted({*before.times, *after.times}) for change in _changes(path, before, after)]
    corrected = adjusted([change["p"] for change in found])
    kept = [
        {**change, "p": p}
        for change, p in zip(found, corrected)
        if p <= FALSE and (change["change"] not in ("slower", "faster") or _large(change))
    ]
    return sorted(kept, key=lambda change: (-abs(change["after_ms"] - change["before_ms"]), change["path"]))


def _changes(path: tuple[str, ...], before: CallPaths, after: CallPaths) -> Iterator[dict[str, Any]]:
    old, new = sorted(before.times.get(path, ())), sorted(after.times.get(path, ()))
    # Of an entry, the share of all requests is compared.
    of_old, of_new = (
        one.requests.get(path[0], 0) if len(path) > 1 else sum(one.requests.values()) for one in (before, after)
    )
    described: dict[str, Any] = {
        "path": list(path),
        "before_ms": quantile(old, 0.5) / 1e6 if old else 0.0,
        "after_ms": quantile(new, 0.5) / 1e6 if new else 0.0,
        "share_before": len(old) / of_old if of_old else 0.0,
        "share_after": len(new) / of_new if of_new else 0.0,
    }
    if len(old) >= LEAST and len(new) >= LEAST:
        slower = described["after_ms"] > described["before_ms"]
        yield {**described, "change": "slower" if slower else "faster", "p": mann_whitney(old, new)}
    if of_old and of_new:
        word = "new" if not old else "vanished" if not new else "more_often"
        if old and new and described["share_after"] < described["share_before"]:
            word = "less_often"
        yield {**described, "change": word, "p": _same_share(len(old), of_old, len(new), of_new)}


def _large(change: Mapping[str, Any]) -> bool:
    shift = abs(change["after_ms"] - change["before_ms"])
    return bool(shift * 1e6 >= LEAST_SHIFT_NS and shift >= LEAST_SHIFT * change["before_ms"])


def _same_share(old: int, of_old: int, new: int, of_new: int) -> float:
    """Return the two-sided probability (Fisher) that two windows with one share of such requests differ as much."""
    total, having = of_old + of_new, old + new

    def ways(found: int) -> float:
        return _chosen(of_old, found) + _chosen(of_new, having - found) - _chosen(total, having)

    seen = ways(old)
    possible = range(max(0, having - of_new), min(having, of_old) + 1)
    return min(1.0, sum(math.exp(one) for one in map(ways, possible) if one <= seen + 1e-7))


def _chosen(of: int, number: int) -> float:
    """Return the logarithm of the number of ways to choose so many."""
    return math.lgamma(of + 1) - math.lgamma(number + 1) - math.lgamma(of - number + 1)
