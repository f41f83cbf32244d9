# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a detector reports of one request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..trees import Trace

__all__ = ["Request", "Sign", "covered"]


class Request(NamedTuple):
    """A request: a trace from one of its roots on. `places` are its spans, each after its parent."""

    trace: Trace
    root: int
    places: Sequence[int]

    @property
    def length(self) -> int:
        """The nanoseconds that it took."""
        return self.trace.spans[self.root].end - self.trace.spans[self.root].start


class Sign(NamedTuple):
    """A sign of a fault in one request: `gain` are the nanoseconds that it costs; `times` is how often, in `places`.

    `variant` is what may differ between requests: the order of calls, or who passes an error on.
    """

    kind: str
    where: str
    gain: int
    times: int
    places: Sequence[int]
    variant: str = ""


def covered(trace: Trace, places: Iterable[int]) -> int:
    """Return the nanoseconds in which at least one of these spans ran."""
    total, until = 0, 0
    for start, end in sorted((trace.spans[place].start, trace.spans[place].end) for place in places):
        if end > until:
            total += end - max(start, until)
            until = end
    return total
