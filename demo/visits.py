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
        asked = self._request(method, path, body, unit) + '\nwrite-out = "\\n%{http_code} %header{x-request-id}"'
        text, _newline, told = output_of(self.host, "curl", "--config", "-", text=asked).rpartition("\n")
        status, request = told.split(maxsplit=1)
        if int(status) != expected:
            raise ShowError(f"{unit} answered {status} to {method} {path}, and not {expected}: {text}")
        return Answer(request, json.loads(text))

    def order(self, expected: HTTPStatus = HTTPStatus.CREATED) -> Answer:
        """Put a book into the cart, and order it. Raises ShowError if the answer has another status."""
        self.ask("PUT", "/cart/1", {"quantity": 1})
        return self.ask("POST", "/orders", {"payment_method": "card"}, expected=expected)

    def orders(self, count: int) -> None:
        """Order so many books, one after the other over one connection. Raises ShowError."""
        steps = [("PUT", "/cart/1", {"quantity": 1}), ("POST", "/orders", {"payment_method": "card"})] * count
        requests = [f"{self._request(*step, 'shop-1')}\nfail\noutput = /dev/null" for step in steps]
        output_of(self.host, "curl", "--fail-early", "--config", "-", text="\nnext\n".join(requests))

    def _request(self, method: str, path: str, body: object, unit: str) -> str:
        """Return a request as curl reads it, on its standard input because of the token."""
        folder = f"{CERTIFICATES}/{unit}"
        options: dict[str, object] = {"request": method, "url": url_of(path, unit), "max-time": 60}
        options |= {
            "cacert": f"{CERTIFICATES}/authorities.crt",
            "cert": f"{folder}/tls.crt",
            "key": f"{folder}/tls.key",
        }
        options |= {} if body is None else {"data": json.dumps(body)}
        headers = ("Content-Type: application/json", "X-Customer: ada", f"Authorization: Bearer {self.token}")
        named = [*options.items(), *(("header", one) for one in headers)]
        return "\n".join(["silent", "show-error", *(f"{name} = {json.dumps(value)}" for name, value in named)])

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
