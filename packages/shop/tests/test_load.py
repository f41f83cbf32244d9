# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter

import httpx

from shop.load.customers import Customers
from shop.load.visits import Visit, busyness, visits


def some(seed: int, count: int, **shape: float) -> list[Visit]:
    return list(itertools.islice(visits(seed, 10, **shape), count))


def test_same_seed_makes_the_same_visits_and_another_one_makes_others() -> None:
    assert some(7, 200) == some(7, 200) != some(8, 200)


def test_rate_is_the_mean_of_a_day() -> None:
    day = list(itertools.takewhile(lambda visit: visit.at < 1000, visits(3, 10, day=1000)))
    assert 0.95 < len(day) / 10_000 < 1.05
    assert abs(sum(busyness(hour / 10) for hour in range(240)) / 240 - 1) < 0.01


def test_evening_is_many_times_as_busy_as_the_night() -> None:
    day = itertools.takewhile(lambda visit: visit.at < 2400, visits(3, 10, day=2400))
    hours = Counter(int(visit.at / 100) for visit in day)
    assert hours[20] > 8 * hours[3]


def test_hour_to_start_at_shifts_the_day() -> None:
    evening, night = (sum(visit.at < 100 for visit in some(3, 5000, day=2400, hour=hour)) for hour in (20, 3))
    assert evening > 8 * night


def test_visits_alternate_between_instances_and_failures_are_counted() -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.host, request.headers["X-Customer"]))
        if request.url.host == "two":
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200 if request.method == "GET" else 500)

    visit = Visit(0.0, "c1", ((1, 2),), buys=True, reads_report=False, order_type="pickup", payment_method="card")
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        customers = Customers(["http://one", "http://two"], client)
        customers.come([visit, visit], seconds=10, ended=threading.Event())
    assert customers.counts == {"2xx": 3, "5xx": 2, "visits": 2, "no answer from two (ConnectError)": 1}
    assert Counter(host for host, _customer in asked) == {"one": 5, "two": 1}
    assert {customer for _host, customer in asked} == {"c1"}


def test_load_ends_when_it_is_told_to() -> None:
    ended = threading.Event()
    ended.set()
    later = Visit(3600.0, "c1", (), buys=False, reads_report=True, order_type="pickup", payment_method="card")
    began = time.monotonic()
    with httpx.Client() as client:
        Customers(["http://one"], client).come([later], seconds=7200, ended=ended)
    assert time.monotonic() - began < 5
