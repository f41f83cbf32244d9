# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the requests of visits, each visit in a thread of its own and at its time."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx

from .visits import Visit

__all__ = ["Customers"]

_LOG = logging.getLogger("shop.load")
_AT_ONCE = 32  # visits; a shop that is too slow for more of them loses customers
_REPORTED = 60.0  # seconds between two lines of the log


class Customers:
    """Visits instances of the shop in turn. Requests that fail are counted, as customers do not try again."""

    def __init__(self, urls: Sequence[str], client: httpx.Client) -> None:
        self._urls, self._client = urls, client
        self._room = threading.Semaphore(_AT_ONCE)
        self._counting = threading.Lock()
        self.counts: Counter[str] = Counter()

    def come(self, visits: Iterable[Visit], *, seconds: float, ended: threading.Event) -> None:
        """Make the visits of so many seconds, or until it has ended."""
        began = reported = time.monotonic()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for number, visit in enumerate(visits):
                if visit.at > seconds or ended.wait(max(0.0, began + visit.at - time.monotonic())):
                    break
                if self._room.acquire(blocking=False):
                    pool.submit(self._visit, self._urls[number % len(self._urls)], visit)
                else:
                    self._count("turned away")
                if time.monotonic() - reported >= _REPORTED:
                    reported = time.monotonic()
                    self.report()
        self.report()

    def report(self) -> None:
        """Log what has been counted so far."""
        with self._counting:
            _LOG.info("%s", ", ".join(f"{name}: {count}" for name, count in sorted(self.counts.items())))

    def _visit(self, url: str, visit: Visit) -> None:
        try:
            for method, path, body in _requests(visit):
                answer = self._client.request(method, url + path, json=body, headers={"X-Customer": visit.customer})
                self._count(f"{answer.status_code // 100}xx")
        except httpx.HTTPError as error:
            self._count(f"no answer from {urlsplit(url).netloc} ({type(error).__name__})")
        finally:
            self._count("visits")
            self._room.release()

    def _count(self, name: str) -> None:
        with self._counting:
            self.counts[name] += 1


def _requests(visit: Visit) -> Iterable[tuple[str, str, object]]:
    """Yield the method, the path and the body of each request of a visit."""
    if visit.reads_report:
        yield "GET", "/reports/sales", None
        return
    yield "GET", "/products", None
    for product, quantity in visit.basket:
        yield "GET", f"/products/{product}", None
        yield "PUT", f"/cart/{product}", {"quantity": quantity}
    yield "GET", "/cart", None
    if visit.buys:
        yield "POST", "/orders", {"order_type": visit.order_type, "payment_method": visit.payment_method}
