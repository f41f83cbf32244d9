# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an analysis of traces could see, and what not."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from .trees import Trace

__all__ = ["FEW", "Coverage"]

FEW = 20  # requests from which shares and comparisons mean something


class Coverage:
    """Counts of what is missing from traces or wrong in them."""

    def __init__(self) -> None:
        self.unreadable = 0
        self._counts: dict[str, int] = defaultdict(int)
        self._skews: dict[tuple[str, str], list[int]] = defaultdict(list)

    def add(self, trace: Trace) -> None:
        """Add a trace."""
        self._counts["traces"] += 1
        self._counts["spans"] += len(trace.spans)
        self._counts["duplicates"] += trace.duplicates
        self._counts["orphans"] += trace.orphans
        self._counts["cycles"] += trace.cycles
        self._counts["incomplete_traces"] += bool(trace.orphans or trace.cycles)
        self._counts["several_roots"] += len(trace.roots) > 1
        for place, shift in trace.skews.items():
            caller, called = trace.spans[trace.parents[place]].service, trace.spans[place].service
            self._skews[caller, called].append(abs(shift))

    def described(self) -> dict[str, Any]:
        """Return the counts, and {caller, called, calls, most_ms} for services whose clocks differ."""
        names = ("traces", "spans", "duplicates", "orphans", "cycles", "incomplete_traces", "several_roots")
        skews = [
            {"caller": caller, "called": called, "calls": len(shifts), "most_ms": max(shifts) / 1e6}
            for (caller, called), shifts in sorted(self._skews.items())
        ]
        return {
            **{name: self._counts[name] for name in names},
            "unreadable_spans": self.unreadable,
            "clock_skew": skews,
        }
