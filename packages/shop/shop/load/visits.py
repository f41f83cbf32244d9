# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What customers do, and when: decided by a seed alone, so that two runs make the same requests."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["DAY", "Visit", "busyness", "visits"]

DAY = 86400.0
# How busy each hour of a day is: quiet at night, a peak at noon and a higher one in the evening.
_HOURS = (4, 3, 2, 1, 1, 2, 4, 7, 10, 12, 13, 15, 17, 14, 12, 12, 13, 15, 18, 21, 23, 20, 14, 8)
_MEAN = sum(_HOURS) / len(_HOURS)
_PEAK = max(_HOURS) / _MEAN
_CUSTOMERS = 400
_PRODUCTS = 12
_BUYING = 0.4  # share of visits that end with an order
_REPORTING = 0.02  # share of visits that are of the staff, who read the report
_TYPES = {"delivery": 4, "pickup": 1}
_METHODS = {"card": 7, "invoice": 2, "voucher": 1}


@dataclass(frozen=True)
class Visit:
    """One customer's visit: so many seconds after the start, with what goes into the cart by product."""

    at: float
    customer: str
    basket: tuple[tuple[int, int], ...]
    buys: bool
    reads_report: bool
    order_type: str
    payment_method: str


def busyness(hour: float) -> float:
    """Return how busy the shop is at this hour of the day (0 to 24, between hours in proportion); 1 is the mean."""
    whole = int(hour)
    before, after = (_HOURS[each % len(_HOURS)] for each in (whole, whole + 1))
    return (before + (after - before) * (hour - whole)) / _MEAN


def visits(seed: int, rate: float, *, day: float = DAY, hour: float = 0.0) -> Iterator[Visit]:
    """Yield visits without end, `rate` of them a second on average, from this hour of a day of so many seconds."""
    chance = random.Random(seed)  # noqa: S311 - it has to be repeatable
    at = 0.0
    for _number in itertools.count():
        # A Poisson process of the peak's rate, of which only as many visits remain as the hour has.
        at += chance.expovariate(rate * _PEAK)
        kept = chance.random() < busyness((hour + at / day * 24) % 24) / _PEAK
        visit = _visit(chance, at)
        if kept:
            yield visit


def _visit(chance: random.Random, at: float) -> Visit:
    basket = tuple((chance.randint(1, _PRODUCTS), chance.randint(1, 3)) for _number in range(chance.randint(1, 3)))
    return Visit(
        at=at,
        customer=f"c{chance.randrange(_CUSTOMERS)}",
        basket=basket,
        buys=chance.random() < _BUYING,
        reads_report=chance.random() < _REPORTING,
        order_type=chance.choices([*_TYPES], [*_TYPES.values()])[0],
        payment_method=chance.choices([*_METHODS], [*_METHODS.values()])[0],
    )
