# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service answers: the webhook of Alertmanager, incidents as JSON, reports of users, metrics, its health."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..incidents.reports import Report, ReportError, Reports
from ..intake.alert import AlertError, notification
from ..intake.episodes import Episodes
from ..journal.reading import Reader
from ..journal.schema import JournalError
from ..journal.writer import Journal
from ..metrics import IntakeMetrics
from .access import Access

__all__ = ["Parts", "application"]

_LARGEST = 16 * 2**20  # bytes of a body
_PATIENCE = 10.0  # seconds until a write is on the disk
_MOST = 500  # incidents of one answer
_STATES = ("open", "closed", "all")
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Parts:
    """What the answers are made of."""

    access: Access
    journal: Journal
    reader: Reader
    episodes: Episodes
    reports: Reports
    registry: CollectorRegistry
    intake: IntakeMetrics


def application(parts: Parts) -> Starlette:
    """Return the application. Each path names the users that may ask for it, beside the administrator."""
    answers = _Answers(parts)

    def route(path: str, endpoint: Endpoint, method: str, user: str) -> Route:
        return Route(path, _guarded(parts.access, endpoint, ("admin", user)), methods=[method])

    return Starlette(
        routes=[
            route("/api/alerts", answers.alerts, "POST", "alertmanager"),
            route("/api/incidents", answers.incidents, "GET", "grafana"),
            route("/api/incidents/{number:int}", answers.incident, "GET", "grafana"),
            route("/api/reports", answers.reports, "POST", "reporter"),
            route("/metrics", answers.metrics, "GET", "prometheus"),
            route("/-/healthy", answers.healthy, "GET", "prometheus"),
        ],
        exception_handlers={HTTPException: _refused, JournalError: _unavailable},
    )


class _Answers:
    """The answer of each path."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def alerts(self, request: Request) -> Response:
        begun = time.monotonic()
        try:
            told = notification(json.loads(await _body(request)))
        except (ValueError, RecursionError, AlertError) as error:
            raise HTTPException(400, str(error)) from error
        kinds = await self._written(self._parts.episodes.notified(told, time.time()))
        self._parts.intake.count(kinds, left_out=told.left_out)
        self._parts.intake.seconds.observe(time.monotonic() - begun)
        return JSONResponse(dict(kinds))

    async def reports(self, request: Request) -> Response:
        try:
            told = Report.of(json.loads(await _body(request)), request.state.user)
        except (ValueError, RecursionError, ReportError) as error:
            raise HTTPException(400, str(error)) from error
        return JSONResponse(await self._written(self._parts.reports.write(told, time.time())), 201)

    async def incidents(self, request: Request) -> Response:
        state = request.query_params.get("state", "open")
        if state not in _STATES:
            raise HTTPException(400, f"state has to be {', '.join(_STATES[:-1])} or {_STATES[-1]}.")
        before, limit = _number(request, "before", 2**62), min(_number(request, "limit", 100), _MOST)
        found = await asyncio.to_thread(self._parts.reader.incidents, state=state, before=before, limit=limit)
        return JSONResponse({"incidents": found})

    async def incident(self, request: Request) -> Response:
        number = min(request.path_params["number"], 2**62)
        found = await asyncio.to_thread(self._parts.reader.incident, number)
        if found is None:
            raise HTTPException(404, f"There is no incident {number}.")
        return JSONResponse(found)

    async def metrics(self, _request: Request) -> Response:
        text = await asyncio.to_thread(generate_latest, self._parts.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def healthy(self, _request: Request) -> Response:
        measures = self._parts.journal.measures
        if measures.failing or not measures.last_commit:
            reason = measures.failing or "nothing was committed yet"
            raise HTTPException(503, f"The journal cannot be written: {reason}")
        return Response("Healthy\n", media_type="text/plain")

    async def _written(self, write: Callable[[Any], Any]) -> Any:
        """Return the result of a write that is on the disk. Raises JournalError, HTTPException."""
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._parts.journal.write(write)), _PATIENCE)
        except TimeoutError:
            raise JournalError(f"The journal was not written within {_PATIENCE:g} seconds.") from None
        except UnicodeEncodeError as error:
            raise HTTPException(400, f"It has a text that is not Unicode: {error.reason}.") from error


def _guarded(access: Access, endpoint: Endpoint, users: tuple[str, ...]) -> Endpoint:
    """Return an endpoint that only these users reach."""

    async def guarded(request: Request) -> Response:
        user = await access.user(request)
        if user is None:
            raise HTTPException(401, "Log in.", {"WWW-Authenticate": 'Basic realm="incident_response"'})
        if user not in users:
            raise HTTPException(403, f"The user {user} may not ask for this.")
        request.state.user = user
        return await endpoint(request)

    return guarded


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these alone
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _unavailable(_request: Request, error: Exception) -> Response:
    """Answer that it has to be sent again; Alertmanager gives up what it gets 429 or another 4xx for."""
    return JSONResponse({"error": str(error)}, 503, {"Retry-After": "5"})


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            raise HTTPException(413, f"A body has at most {_LARGEST} bytes.")
    return bytes(body)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - what SQLite holds
        raise HTTPException(400, f"{name} has to be a whole number.")
    return int(text or default)
