# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statistics of durations: quantiles, and whether two samples differ."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["adjusted", "mann_whitney", "quantile"]


def quantile(ordered: Sequence[int], share: float) -> float:
    """Return the value that this share of a sorted sample does not exceed, interpolated between neighbours."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def mann_whitney(first: Sequence[int], second: Sequence[int]) -> float:
    """Return the two-sided probability that samples of one distribution differ as much in rank as these two.

    By the normal approximation with correction for ties and continuity, as it is right from some eight values each.
    """
    few, many = len(first), len(second)
    values = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    ranks = ties = 0.0
    place = 0
    while place < len(values):
        after = place
        while after < len(values) and values[after][0] == values[place][0]:
            after += 1
        equal = after - place
        ranks += sum(1 for _value, sample in values[place:after] if not sample) * (place + after + 1) / 2
        ties += equal**3 - equal
        place = after
    total = few + many
    variance = few * many / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    distance = abs(ranks - few * (few + 1) / 2 - few * many / 2) - 0.5
    return min(1.0, math.erfc(max(0.0, distance) / math.sqrt(2 * variance)))


def adjusted(probabilities: Sequence[float]) -> list[float]:
    """Return the probabilities corrected for their number, after Benjamini and Hochberg."""
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__)
    found, least = [1.0] * len(probabilities), 1.0
    for rank in range(len(order), 0, -1):
        place = order[rank - 1]
        least = min(least, probabilities[place] * len(order) / rank)
        found[place] = least
    return found
