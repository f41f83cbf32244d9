"""The deployed shop, as somebody asks it who has a certificate on its host, and knows the token for its faults."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ansible_collections.vigil.observability.demo.watch import ShowError, Watch, output_of

__all__ = ["Answer", "Shop", "url_of"]

CERTIFICATES = "/etc/vigil/certificates"
PORTS = {"shop-1": 8443, "shop-payment": 8445}


@dataclass(frozen=True)
class Answer:
    """An answer of the shop: the id of the request, which is also that of its trace, and the body, read from JSON."""

    id: str
    body: Any


@dataclass(frozen=True)
class Shop:
    """The shop on a host of the demo."""

    host: str
    token: str

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        unit: str = "shop-1",
        expected: HTTPStatus = HTTPStatus.OK,
    ) -> Answer:
        """Return the answer of one of its units; raise ShowError if it has another status."""
        folder = f"{CERTIFICATES}/{unit}"
        words = ["curl", "--silent", "--show-error", "--max-time", "60", "--request", method, "--header", "@-"]
        words += ["--cacert", f"{CERTIFICATES}/authorities.crt", "--cert", f"{folder}/tls.crt"]
        words += ["--key", f"{folder}/tls.key", "--write-out", "\n%{http_code} %header{x-request-id}"]
        words += [] if body is None else ["--data", json.dumps(body)]
        headers = ["Content-Type: application/json", "X-Customer: ada", f"Authorization: Bearer {self.token}"]
        answered = output_of(self.host, *words, url_of(path, unit), text="\n".join(headers))
        text, _newline, told = answered.rpartition("\n")
        status, request = told.split(maxsplit=1)
        if int(status) != expected:
            raise ShowError(f"{unit} answered {status} to {method} {path}, and not {expected}: {text}")
        return Answer(request, json.loads(text))

    def order(self, expected: HTTPStatus = HTTPStatus.CREATED) -> Answer:
        """Put a book into the cart, and order it. Raises ShowError if the answer has another status."""
        self.ask("PUT", "/cart/1", {"quantity": 1})
        return self.ask("POST", "/orders", {"payment_method": "card"}, expected=expected)

    @contextmanager
    def without_customers(self, watch: Watch) -> Iterator[None]:
        """Have no other customers in the shop."""
        watch.act(self.host, "systemctl stop shop-load", "no other customers for a moment")
        try:
            yield
        finally:
            watch.act(self.host, "systemctl start shop-load")

    @contextmanager
    def fault(self, watch: Watch, name: str, effect: str, *, unit: str = "shop-1") -> Iterator[float]:
        """Have a fault in a unit; the value is the time since when."""
        path, since = f"/faults/{name}", time.time()
        watch.entered(self.host, f"curl -X PUT {url_of(path, unit)}", effect)
        self.ask("PUT", path, {}, unit=unit)
        try:
            yield since
        finally:
            self.ask("DELETE", path, unit=unit)


def url_of(path: str, unit: str = "shop-1") -> str:
    """Return the URL of a page of a unit, as its host reaches it."""
    return f"https://localhost:{PORTS[unit]}{path}"
