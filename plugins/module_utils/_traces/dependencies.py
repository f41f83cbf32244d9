# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which service calls which, with calls, errors and lengths."""

from __future__ import annotations

from typing import Any

from .requests import Figures
from .trees import Trace

__all__ = ["Dependencies"]


class Dependencies:
    """Calls from one service to another, as the called one saw them."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], Figures] = {}

    def add(self, trace: Trace) -> None:
        """Add the calls of a trace."""
        for place in trace.entries:
            if (parent := trace.parents[place]) >= 0:
                span = trace.spans[place]
                called = self._calls.setdefault((trace.spans[parent].service, span.service), Figures())
                called.add(span.end - span.start, span.error)

    def described(self) -> list[dict[str, Any]]:
        """Return [{caller, called, calls, errors, p95_ms}] by name."""
        found = []
        for (caller, called), figures in sorted(self._calls.items()):
            shown = figures.described()
            found.append(
                {
                    "caller": caller,
                    "called": called,
                    "calls": shown["requests"],
                    "errors": shown["errors"],
                    "p95_ms": shown["p95_ms"],
                }
            )
        return found
