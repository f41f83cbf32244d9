# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Payments: the client that the shop pays with, and the application that is asked."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

import vigil_telemetry as telemetry

from .configuration import Tls
from .fault_pages import Faulty, add_faults
from .faults import Faults

__all__ = ["DeclinedError", "Payments", "payment_application"]

_TIMEOUT = 5.0  # seconds
_LIMIT = 100_000  # cents: the bank declines more
_METHODS = ("card", "invoice", "voucher")


class DeclinedError(Exception):
    """The bank has declined a payment."""


class Payment(BaseModel):
    """A payment of so many cents for an order."""

    order: int
    method: str = Field(pattern="^(" + "|".join(_METHODS) + ")$")
    cents: int = Field(gt=0)


class Payments:
    """The payment service as the shop sees it."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    @classmethod
    def at(cls, url: str, tls: Tls | None) -> Payments:
        """Return the service at this URL; no connection is made yet."""
        return cls(httpx.Client(base_url=url, timeout=_TIMEOUT, verify=_verified(tls)))

    def take(self, order: int, method: str, cents: int) -> None:
        """Take a payment. Raises DeclinedError, and httpx.HTTPError if the service does not answer as it should."""
        known = telemetry.correlation_id()
        headers = {"X-Request-ID": known} if known else {}
        with telemetry.trace_external_call("payment", "take"):
            asked = {"order": order, "method": method, "cents": cents}
            answer = self._client.post("/payments", json=asked, headers=headers)
            if answer.status_code == httpx.codes.PAYMENT_REQUIRED:
                raise DeclinedError(f"The bank declined the payment of order {order}.")
            answer.raise_for_status()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def payment_application(faults: Faults, token: str) -> FastAPI:
    """Return the application that takes payments."""
    app = FastAPI(title="payment", docs_url=None, redoc_url=None, openapi_url=None)
    log = telemetry.logger("shop.payment")
    add_faults(app, faults, token)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/payments", status_code=201, dependencies=[Faulty(faults)])
    def take(payment: Payment) -> dict[str, Any]:
        if faults.amount("payment"):
            raise HTTPException(503, "Payments are down because the fault `payment` is on.")
        if payment.cents > _LIMIT:
            log.warning("Payment declined", orderNumber=payment.order, paymentMethod=payment.method)
            raise HTTPException(402, "The bank declined the payment.")
        log.info("Payment taken", orderNumber=payment.order, paymentMethod=payment.method, cents=payment.cents)
        return {"order": payment.order, "status": "paid"}

    return app


def _verified(tls: Tls | None) -> ssl.SSLContext | bool:
    if tls is None:
        return True
    context = ssl.create_default_context(cafile=tls.authority)
    context.load_cert_chain(tls.certificate, tls.key)
    return context
