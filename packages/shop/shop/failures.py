# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How failures of what the shop depends on are answered: with a status for the client, and a line in the log."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import redis
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

import vigil_telemetry as telemetry

from .orders import EmptyCartError
from .payment import DeclinedError

__all__ = ["add_failures"]

# By the type of the exception: the part of the shop that is down.
_DOWN: dict[type[Exception], str] = {
    SQLAlchemyError: "The database",
    redis.RedisError: "The store of carts",
    httpx.HTTPError: "The payment service",
}
_REFUSED: dict[type[Exception], int] = {EmptyCartError: 409, DeclinedError: 402}


def add_failures(app: FastAPI) -> None:
    """Have the application answer 503 where what it needs is down, and 4xx where it refuses a request."""
    for kind, part in _DOWN.items():
        app.add_exception_handler(kind, _unavailable(part))
    for kind, status in _REFUSED.items():
        app.add_exception_handler(kind, _refusing(status))


def _unavailable(part: str) -> Callable[[Request, Exception], JSONResponse]:
    def answer(request: Request, error: Exception) -> JSONResponse:
        telemetry.log_error(error, operation=f"{request.method} {request.url.path}")
        return JSONResponse({"detail": f"{part} is not available."}, 503, {"Retry-After": "5"})

    return answer


def _refusing(status: int) -> Callable[[Request, Exception], JSONResponse]:
    def answer(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status)

    return answer
