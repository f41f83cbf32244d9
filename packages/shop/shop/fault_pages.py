# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages by which faults are switched on and off, for whoever knows the token."""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, Field

import vigil_telemetry as telemetry

from .faults import NAMES, Faults, InjectedError

__all__ = ["Faulty", "add_faults"]

_LONGEST = 86400.0  # seconds


class Switch(BaseModel):
    """How much of a fault there is to be (0: its default), and for how many seconds."""

    amount: float = Field(default=0, ge=0)
    seconds: float = Field(default=300, gt=0, le=_LONGEST)


def Faulty(faults: Faults) -> Any:  # noqa: N802 - named as FastAPI's own dependencies are
    """Return the dependency by which a request suffers from the faults that are on."""

    def strike() -> None:
        try:
            faults.strike()
        except InjectedError as error:
            telemetry.log_error(error, operation="fault")
            raise HTTPException(500, str(error)) from error

    return Depends(strike)


def add_faults(app: FastAPI, faults: Faults, token: str) -> None:
    """Add the pages. Without a token, each of them is one that there is not."""
    pages = APIRouter(prefix="/faults", dependencies=[Depends(_known(token))])

    @pages.get("")
    def listed() -> dict[str, Any]:
        return {"on": faults.remaining(), "faults": dict(NAMES)}

    @pages.put("/{name}")
    def on(name: str, switch: Switch) -> dict[str, Any]:
        try:
            faults.on(name, switch.amount or None, switch.seconds)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        return {"on": faults.remaining()}

    @pages.delete("/{name}")
    def off(name: str) -> dict[str, Any]:
        faults.off(name)
        return {"on": faults.remaining()}

    app.include_router(pages)


def _known(token: str) -> Any:
    """Return what refuses requests without the token, and logs them."""

    def check(request: Request, authorization: str = Header(default="")) -> None:
        if not token:
            raise HTTPException(404, "Not Found")
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            telemetry.log_security_event(
                "authorization",
                severity="medium",
                source_ip=request.client.host if request.client else None,
                resource=request.url.path,
                action=request.method,
                result="denied",
            )
            raise HTTPException(401, "The token for faults is missing or wrong.", {"WWW-Authenticate": "Bearer"})

    return check
