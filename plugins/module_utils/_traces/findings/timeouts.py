# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failed calls that all end after the same time."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from ..spans import CALLS
from ..trees import Trace

__all__ = ["TimeOuts"]

LEAST_LENGTH = 50_000_000  # nanoseconds; errors that come at once have other reasons
EVIDENCE = 3  # traces of each finding
LEAST, ALIGNED, WIDTH = 5, 0.8, 0.02  # failed calls, the share of them that must agree, and how closely


class TimeOuts:
    """Lengths of failed calls by operation."""

    def __init__(self) -> None:
        self._lengths: dict[str, array[int]] = {}
        self._evidence: dict[str, list[str]] = {}

    def add(self, trace: Trace) -> None:
        """Add the failed calls of a trace."""
        for place, span in enumerate(trace.spans):
            if (
                span.error
                and span.end - span.start >= LEAST_LENGTH
                and (span.kind in CALLS or not trace.children[place])
            ):
                self._lengths.setdefault(span.key, array("q")).append(span.end - span.start)
                evidence = self._evidence.setdefault(span.key, [])
                if len(evidence) < EVIDENCE and trace.id not in evidence:
                    evidence.append(trace.id)

    def found(self) -> Iterator[tuple[str, int, int, int, list[str]]]:
        """Yield (operation, length in nanoseconds, calls that end after it, failed calls, traces)."""
        for key, lengths in sorted(self._lengths.items()):
            ordered = sorted(lengths)
            middle = ordered[len(ordered) // 2]
            aligned = sum(1 for length in ordered if abs(length - middle) <= WIDTH * middle)
            if aligned >= max(LEAST, ALIGNED * len(ordered)):
                yield key, middle, aligned, len(ordered), self._evidence[key]
