# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The series of an incident's context as small curves, each with its numbers for those who do not see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

__all__ = ["Curve", "Curves", "curves"]

_WIDTH, _HEIGHT, _EDGE = 300.0, 40.0, 2.0  # of the box in which a curve is drawn, as in the template


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A series: a path of SVG and its values, none of both without samples."""

    labels: Mapping[str, str]
    path: str
    values: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Curves between two times, which all of them share; `mark` is where the marked time is, None outside of them."""

    begin: str
    end: str
    mark: float | None
    each: Sequence[Curve]


def curves(series: Sequence[Mapping[str, Any]], marked: str) -> Curves | None:
    """Return the curves of series, None if they have no samples."""
    times = sorted({at for one in series for at, _value in one["points"]})
    if not times:
        return None
    begin, end = _seconds(times[0]), _seconds(times[-1])
    step = min((_seconds(later) - _seconds(earlier) for earlier, later in pairwise(times)), default=0.0)
    scale = (_WIDTH - 2 * _EDGE) / ((end - begin) or 1.0)
    mark = _seconds(marked)
    each = []
    for one in series:
        points = [(_seconds(at) - begin, value) for at, value in one["points"]]
        path = _path(points, scale, 1.5 * step)
        each.append(Curve(labels=one["labels"], path=path, values=[value for _at, value in points]))
    where = _EDGE + (mark - begin) * scale if begin <= mark <= end else None
    return Curves(begin=times[0], end=times[-1], mark=where, each=each)


def _path(points: Sequence[tuple[float, float]], scale: float, longest: float) -> str:
    """Return a path from 0 to the greatest value, which begins anew after gaps; a point alone is a dot."""
    values = [0.0, *(value for _at, value in points)]
    least = min(values)
    height = (_HEIGHT - 2 * _EDGE) / ((max(values) - least) or 1.0)
    found, last = [], None
    for at, value in points:
        place = f"{_EDGE + at * scale:.1f} {_HEIGHT - _EDGE - (value - least) * height:.1f}"
        found.append(f"L{place}" if last is not None and at - last <= longest else f"M{place}h0")
        last = at
    return "".join(found)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
