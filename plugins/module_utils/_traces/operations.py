# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations by what a fix of them gains."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from .drag import drag
from .findings.sign import Request
from .paths import Path, self_time
from .requests import Figures

__all__ = ["Operations"]

MEDIUM_MS, HIGH_MS = 1000, 5000  # a mean from which an operation is called slow
MEASURED = 300  # requests of an entry whose drag is computed
UNCERTAIN = 0.1  # share of requests in which siblings overlap, from which their critical path is doubtful
WORTH_IT = 100  # drag is computed for operations with at least this part of a request


class Operations:
    """Lengths, self time, time on the critical path, and drag of each operation."""

    def __init__(self) -> None:
        self._figures: dict[str, Figures] = defaultdict(Figures)
        self._alone: dict[str, int] = defaultdict(int)
        self._on_path: dict[str, int] = defaultdict(int)
        self._drag: dict[str, int] = defaultdict(int)
        self._requests: dict[str, int] = defaultdict(int)
        self._measured = 0
        self._passed: dict[str, int] = defaultdict(int)  # nanoseconds of requests that waited for an operation
        self._uncertain: dict[str, int] = defaultdict(int)  # those in which siblings overlapped

    def add(self, request: Request, path: Path) -> None:
        """Add the spans of a request."""
        trace = request.trace
        by_key: dict[str, list[int]] = defaultdict(list)
        for place in request.places:
            span, key = trace.spans[place], trace.keys[place]
            figures = self._figures[key]
            figures.lengths.append(span.end - span.start)
            figures.errors += span.error
            self._alone[key] += self_time(trace, place) if trace.children[place] else span.end - span.start
            by_key[key].append(place)
        on_path: dict[str, int] = defaultdict(int)
        for start, end, place in path.sections:
            on_path[trace.keys[place]] += end - start
        for key, spent in on_path.items():
            self._on_path[key] += spent
            self._passed[key] += request.length
            self._uncertain[key] += path.uncertain
        entry = trace.keys[request.root]
        self._requests[entry] += 1
        if self._requests[entry] <= MEASURED:
            self._measured += 1
            for key, spent in on_path.items():
                if spent * WORTH_IT >= request.length:
                    self._drag[key] += drag(trace, request.root, by_key[key])

    def described(self) -> list[dict[str, Any]]:
        """Return the operations, of most drag first: times in milliseconds, per request of the whole window."""
        requests = sum(self._requests.values())
        listed = [
            {
                "operation": key,
                "occurrences": len(figures.lengths),
                "severity": _severity(figures),
                **_lengths(figures),
                "self_ms": self._alone[key] / requests / 1e6,
                "critical_path_ms": self._on_path[key] / requests / 1e6,
                "drag_ms": self._drag[key] / self._measured / 1e6,
                "confidence": "low" if self._uncertain[key] > UNCERTAIN * self._passed[key] else "high",
            }
            for key, figures in self._figures.items()
        ]
        return sorted(listed, key=lambda one: (-one["drag_ms"], -one["critical_path_ms"], one["operation"]))


def _lengths(figures: Figures) -> dict[str, float]:
    described = figures.described()
    return {name: described[name] for name in ("mean_ms", "p95_ms", "error_rate")}


def _severity(figures: Figures) -> str:
    mean = sum(figures.lengths) / len(figures.lengths) / 1e6
    return "high" if mean > HIGH_MS else "medium" if mean > MEDIUM_MS else ""
