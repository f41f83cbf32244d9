# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and their lengths, by service and by the operation at which they enter it."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .statistics import quantile
from .trees import Trace

__all__ = ["Figures", "Requests"]


@dataclass
class Figures:
    """Lengths in nanoseconds of calls of one operation, and how many of them failed."""

    lengths: array[int] = field(default_factory=lambda: array("q"))
    errors: int = 0

    def add(self, length: int, error: bool) -> None:
        """Add a call."""
        self.lengths.append(length)
        self.errors += error

    def described(self) -> dict[str, Any]:
        """Return {requests, errors, error_rate, p50_ms, p95_ms, p99_ms, mean_ms, most_ms, least_ms}."""
        ordered = sorted(self.lengths)
        shown = {f"p{share}_ms": quantile(ordered, share / 100) / 1e6 for share in (50, 95, 99)}
        return {
            "requests": len(ordered),
            "errors": self.errors,
            "error_rate": self.errors / len(ordered),
            **shown,
            "mean_ms": sum(ordered) / len(ordered) / 1e6,
            "most_ms": ordered[-1] / 1e6,
            "least_ms": ordered[0] / 1e6,
        }


class Requests:
    """Requests of each service: spans that no other span of the service has called."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Figures] = {}

    def add(self, trace: Trace) -> None:
        """Add the requests of a trace."""
        for place in trace.entries:
            span = trace.spans[place]
            figures = self._entries.setdefault((span.service, span.operation), Figures())
            figures.add(span.end - span.start, span.error)

    def described(self) -> list[dict[str, Any]]:
        """Return the services by name, each with the figures of all its requests and those of each entry."""
        services: dict[str, dict[str, Figures]] = {}
        for (service, operation), figures in sorted(self._entries.items()):
            services.setdefault(service, {})[operation] = figures
        return [
            {
                "service": service,
                **_together(entries).described(),
                "entries": [{"operation": operation, **one.described()} for operation, one in entries.items()],
            }
            for service, entries in services.items()
        ]


def _together(entries: Mapping[str, Figures]) -> Figures:
    total = Figures()
    for figures in entries.values():
        total.lengths.extend(figures.lengths)
        total.errors += figures.errors
    return total
