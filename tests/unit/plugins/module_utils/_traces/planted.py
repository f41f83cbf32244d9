# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces of a made-up shop, clean or with faults planted in some of its requests."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ansible_collections.vigil.observability.plugins.module_utils._traces.spans import Span

MS = 1_000_000
WHERE = {
    "n_plus_one": "orders.SELECT items: SELECT * FROM items WHERE id=?",
    "chatty": "orders.GET /price",
    "fan_out": "orders.GET /stock",
    "sequence": "orders.GET /coupons, orders.GET /points, orders.GET /taxes",
    "retries": "orders.POST /mail",
    "wait": "orders -> search.GET /search",
    "failure": "payments.charge",
    "time_out": "orders.POST /bank",
}


@dataclass
class Recorder:
    """Writes spans down, one after the other: `now` is the time in nanoseconds."""

    randomness: random.Random
    trace: str
    now: int
    spans: list[Span] = field(default_factory=list)

    def span(
        self,
        parent: str,
        service: str,
        operation: str,
        inside: int | Callable[[str], None],
        kind: str = "internal",
        *,
        error: bool = False,
        statement: str = "",
    ) -> str:
        """Add a span that takes so many milliseconds, or as long as what is called inside, and return its id."""
        name, start = f"{len(self.spans) + 1:x}", self.now
        place = len(self.spans)
        self.spans.append(Span("", "", "", "", "", "", 0, 0, False, {}))
        if callable(inside):
            inside(name)
        else:
            self.now += int(inside * MS * self.randomness.uniform(0.9, 1.1))
        attributes = {"statement": statement} if statement else {}
        self.spans[place] = Span(self.trace, name, parent, service, operation, kind, start, self.now, error, attributes)
        return name

    def work(self, milliseconds: float) -> None:
        """Let time pass in which the current span does something itself."""
        self.now += int(milliseconds * MS * self.randomness.uniform(0.9, 1.1))

    def call(self, parent: str, operation: str, service: str, milliseconds: int, *, network: float = 0.3) -> None:
        """Call another service, which works for so long."""

        def serve(caller: str) -> None:
            self.work(network)
            self.span(caller, service, operation, milliseconds, "server")
            self.work(network)

        self.span(parent, "orders", operation, serve, "client")


def with_value(beginning: str, value: int) -> str:
    return f"{beginning}{value}"


def request(randomness: random.Random, trace: int, faults: Collection[str] = ()) -> list[Span]:
    """Return the spans of one request for an order."""
    record = Recorder(randomness, f"{trace:032x}", 1_800_000_000_000_000_000 + trace * 1000 * MS)

    def order(parent: str) -> None:
        record.work(5)
        record.span(
            parent, "orders", "SELECT user", 6, "client", statement=with_value("SELECT * FROM users WHERE id=", trace)
        )
        record.work(4)
        record.call(parent, "GET /cart", "carts", 30)
        record.work(3)
        for fault, plant in PLANTED.items():
            if fault in faults:
                plant(record, parent)
                record.work(5)
        record.span(
            parent,
            "orders",
            "INSERT order",
            8,
            "client",
            statement=with_value("INSERT INTO orders SELECT ", trace),
        )
        record.work(5)
        record.span(
            parent,
            "orders",
            "POST /pay",
            lambda caller: pay(record, caller, faults),
            "client",
            error="failure" in faults,
        )
        record.work(2)

    record.span("", "orders", "POST /orders", order, "server", error="failure" in faults)
    return record.spans


def pay(record: Recorder, caller: str, faults: Collection[str]) -> None:
    def charge(parent: str) -> None:
        record.work(4)
        record.span(parent, "payments", "charge", 20, error="failure" in faults)

    record.work(0.3)
    record.span(caller, "payments", "POST /pay", charge, "server", error="failure" in faults)
    record.work(0.3)


def n_plus_one(record: Recorder, parent: str) -> None:
    for number in range(record.randomness.randint(7, 12)):
        record.span(
            parent,
            "orders",
            "SELECT items",
            12,
            "client",
            statement=with_value("SELECT * FROM items WHERE id=", number),
        )
        if record.randomness.random() < 0.3:
            record.span(parent, "orders", "format", 2)


def chatty(record: Recorder, parent: str) -> None:
    for _number in range(record.randomness.randint(12, 15)):
        record.call(parent, "GET /price", "prices", 8)
        record.work(0.5)


def fan_out(record: Recorder, parent: str) -> None:
    start, last = record.now, record.now
    for _number in range(record.randomness.randint(14, 20)):
        record.now = start
        record.call(parent, "GET /stock", "stock", 15)
        last = max(last, record.now)
    record.now = last


def sequence(record: Recorder, parent: str) -> None:
    calls = [("GET /coupons", "coupons"), ("GET /points", "points"), ("GET /taxes", "taxes")]
    record.randomness.shuffle(calls)
    for operation, service in calls:
        record.call(parent, operation, service, 30)


def retries(record: Recorder, parent: str) -> None:
    record.span(parent, "orders", "POST /mail", 15, "client", error=True)
    record.work(10)
    record.span(parent, "orders", "POST /mail", 15, "client")


def wait(record: Recorder, parent: str) -> None:
    record.call(parent, "GET /search", "search", 10, network=30)


def time_out(record: Recorder, parent: str) -> None:
    start = record.now
    record.span(parent, "orders", "POST /bank", 1, "client", error=True)
    record.now = start + 300 * MS + record.randomness.randint(0, MS)
    record.spans[-1] = record.spans[-1]._replace(end=record.now)


PLANTED: dict[str, Callable[[Recorder, str], None]] = {
    "n_plus_one": n_plus_one,
    "chatty": chatty,
    "fan_out": fan_out,
    "sequence": sequence,
    "retries": retries,
    "wait": wait,
    "time_out": time_out,
}
