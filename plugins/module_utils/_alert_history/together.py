# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts that come together, and which of them is first."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from .episodes import Episode

__all__ = ["together"]

# Fewer than these are chance.
_LEAST = 3
_LEAST_SHARE = 0.5


def together(episodes: Iterable[Episode], within: float) -> list[dict[str, Any]]:
    """Return pairs of alerts, by name, that mostly begin within so many seconds of each other.

    An occasion is a time in which any alert of a name fires. `jaccard` is the share of the occasions of both that the
    two have in common, `first_share` how often `first` began before `second`, `lag_seconds` the median of how much.
    """
    occasions = _occasions(episodes, within)
    begun = sorted((start, name) for name, starts in occasions.items() for start in starts)
    pairs: dict[tuple[str, str], list[float]] = {}
    for index, (start, name) in enumerate(begun):
        near: dict[str, float] = {}
        for later, other in begun[index + 1 :]:
            if later - start > within:
                break
            if other != name:
                near.setdefault(other, later - start)
        for other, lag in near.items():
            ordered = (name, other) if name < other else (other, name)
            pairs.setdefault(ordered, []).append(lag if ordered[0] == name else -lag)
    found = []
    for (one, other), lags in pairs.items():
        both = min(len(lags), len(occasions[one]), len(occasions[other]))
        jaccard = both / (len(occasions[one]) + len(occasions[other]) - both)
        if both >= _LEAST and jaccard >= _LEAST_SHARE:
            found.append(_pair(one, other, lags, both, jaccard))
    return sorted(found, key=lambda pair: (-pair["jaccard"], -pair["both"], pair["first"], pair["second"]))


def _pair(one: str, other: str, lags: Sequence[float], both: int, jaccard: float) -> dict[str, Any]:
    ahead, lag = sum(each > 0 for each in lags), statistics.median(lags)
    behind = sum(each < 0 for each in lags)
    first, second, leading = (one, other, ahead) if ahead >= behind else (other, one, behind)
    return {
        "first": first,
        "second": second,
        "both": both,
        "jaccard": round(jaccard, 3),
        "first_share": round(leading / len(lags), 3),
        "lag_seconds": round(abs(lag)),
    }


def _occasions(episodes: Iterable[Episode], within: float) -> dict[str, list[float]]:
    """Return when each occasion of each name began. What begins soon after the end of one belongs to it."""
    starts: dict[str, list[float]] = {}
    ends: dict[str, float] = {}
    for one in sorted(episodes, key=lambda episode: episode.start):
        name = one.labels.get("alertname", "")
        if name not in ends or one.start - ends[name] > within:
            starts.setdefault(name, []).append(one.start)
        ends[name] = max(ends.get(name, 0.0), one.end)
    return starts
