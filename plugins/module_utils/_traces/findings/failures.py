# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the error of a request begins, and which services only pass it on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .sign import Request, Sign

__all__ = ["failures"]


def failures(request: Request) -> Iterator[Sign]:
    """Yield the span in which the error of a failed request begins: below each failed span, the last that failed.

    The variant has those between, which only pass it on.
    """
    spans, place = request.trace.spans, request.root
    way: list[int] = []
    below: Sequence[int] = [place] if spans[place].error else []
    while below:
        place = max(below, key=lambda child: (spans[child].end, child))
        way.append(place)
        below = [child for child in request.trace.children[place] if spans[child].error]
    if len(way) > 1:
        carriers = ", ".join(dict.fromkeys(request.trace.keys[one] for one in way[1:-1]))
        yield Sign("failure", request.trace.keys[place], 0, 1, way[::-1], carriers)
