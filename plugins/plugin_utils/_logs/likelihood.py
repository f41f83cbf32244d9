# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a difference between two counts is more than chance."""

from __future__ import annotations

import math

__all__ = ["SIGNIFICANT", "likelihood_ratio"]

SIGNIFICANT = 10.83
"""What chance alone exceeds once in a thousand times."""


def likelihood_ratio(count: int, total: int, other: int, other_total: int) -> float:
    """Return the log-likelihood ratio (G2) of `count` of `total` against `other` of `other_total`."""
    share = (count + other) / (total + other_total) if total + other_total else 0.0
    observed = (count, total - count, other, other_total - other)
    expected = (total * share, total * (1 - share), other_total * share, other_total * (1 - share))
    terms = (seen * math.log(seen / wanted) for seen, wanted in zip(observed, expected, strict=True) if seen > 0)
    return max(2 * sum(terms), 0.0)
