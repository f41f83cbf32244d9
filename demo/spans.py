"""Sends the spans of checkouts in the shop to a collector, with the shop's certificate: spans.py URL.

A checkout looks up 20 products one by one, in a loop, and then waits for a payment. Recommendations take as long
as the payment, but are fetched beside all that, so that nobody waits for them.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPSConnection
from pathlib import Path
from secrets import randbelow, token_hex
from typing import Any
from urllib.parse import urlsplit

CERTIFICATES = Path("/etc/vigil/certificates")
WAITED_FOR, BESIDE = "payments.POST /charge", "recommendations.GET /recommendations"
KINDS = {"internal": 1, "server": 2, "client": 3}
MS = 1_000_000


class Checkout:
    """The spans of one request, by service."""

    def __init__(self, begun: int) -> None:
        self.trace = token_hex(16)
        self.begun = begun
        self.spans: list[tuple[str, dict[str, Any]]] = []

    def span(
        self, service: str, name: str, kind: str, times: tuple[float, float], parent: str = "", **more: str
    ) -> str:
        """Add a span, with the milliseconds after the beginning at which it starts and ends, and return its id."""
        start, end = (self.begun + int(at * MS) for at in times)
        span = {
            "traceId": self.trace,
            "spanId": token_hex(8),
            "parentSpanId": parent,
            "name": name,
            "kind": KINDS[kind],
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(end),
            "attributes": [
                {"key": key.replace("_", "."), "value": {"stringValue": text}} for key, text in more.items()
            ],
        }
        self.spans.append((service, span))
        return str(span["spanId"])

    def call(self, called: str, start: float, lasts: float, parent: str) -> None:
        """Add a call of another service, `<service>.<operation>`."""
        service, name = called.split(".", 1)
        client = self.span("shop", name, "client", (start, start + lasts), parent)
        self.span(service, name, "server", (start + 1, start + lasts - 1), client)


def checkout(begun: int) -> Checkout:
    """Return the spans of a checkout that began at this time."""
    found, pace = Checkout(begun), 0.9 + randbelow(200) / 1000
    looked_up, paid, all_of_it = 140 * pace, 380 * pace, 390 * pace
    root = found.span("shop", "POST /checkout", "server", (0, all_of_it))
    found.call(BESIDE, 5, 240 * pace, root)
    cart = found.span("shop", "load cart", "internal", (5, looked_up), root)
    for number in range(20):
        at = 10 + number * (looked_up - 15) / 20
        statement = f"SELECT price FROM products WHERE id = {randbelow(10_000)}"  # noqa: S608 - nobody executes it
        times = (at, at + 5 * pace)
        found.span("shop", "SELECT products", "client", times, cart, db_system="postgresql", db_statement=statement)
    found.call(WAITED_FOR, looked_up + 5, paid - looked_up - 5, root)
    return found


def documents(checkouts: list[Checkout]) -> Iterator[dict[str, Any]]:
    """Yield the resources of OTLP, one for each service."""
    for service in sorted({service for one in checkouts for service, _span in one.spans}):
        spans = [span for one in checkouts for owner, span in one.spans if owner == service]
        attributes = [{"key": "service.name", "value": {"stringValue": service}}]
        yield {"resource": {"attributes": attributes}, "scopeSpans": [{"spans": spans}]}


def send(url: str, checkouts: list[Checkout]) -> None:
    """Send the spans; raise OSError unless the collector has taken them."""
    context = ssl.create_default_context(cafile=str(CERTIFICATES / "authorities.crt"))
    context.load_cert_chain(CERTIFICATES / "shop/tls.crt", CERTIFICATES / "shop/tls.key")
    body = json.dumps({"resourceSpans": list(documents(checkouts))}).encode()
    connection = HTTPSConnection(urlsplit(url).netloc, timeout=10, context=context)
    connection.request("POST", "/v1/traces", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != HTTPStatus.OK:
        raise OSError(f"{url} answered {answer.status}: {answer.read().decode()}")


if __name__ == "__main__":
    now = time.time_ns()
    send(sys.argv[1], [checkout(now - second * 1000 * MS) for second in range(1, 61)])
