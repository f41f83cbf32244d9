# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time between a client and the server it calls: networks, queues and accepted connections that nobody serves."""

from __future__ import annotations

from collections.abc import Iterator

from ..spans import CALLS, SERVES
from .sign import Request, Sign

__all__ = ["waits"]

LEAST_GAIN, SHARE = 20_000_000, 10


def waits(request: Request) -> Iterator[Sign]:
    """Yield calls that take much longer at the client than at the server.

    The difference of two lengths does not depend on the clocks of the two, unless one runs faster. Where they differ so
    far that a span had to be moved, nothing is concluded.
    """
    trace = request.trace
    for place in request.places:
        served, caller = trace.spans[place], trace.parents[place]
        if caller < 0 or served.kind not in SERVES or served.kind == "consumer" or place in trace.skews:
            continue
        called = trace.spans[caller]
        gap = (called.end - called.start) - (served.end - served.start)
        if called.kind in CALLS and gap >= LEAST_GAIN and gap * SHARE > request.length:
            yield Sign("wait", f"{called.service} -> {served.key}", gap, 1, [caller, place])
