# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service answers: the webhook of Alertmanager, incidents as JSON, reports of users, metrics, its health."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

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
from ..people.accounts import Accounts
from ..people.actions import Actions
from .access import Access
from .console.live import Live
from .console.pages import Console
from .console.rendering import page
from .incoming import is_of_another_site, json_of
from .people import People
from .writing import Writing

__all__ = ["Parts", "application"]

_OF_PROGRAMS = ("/api/", "/metrics", "/-/")
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Parts:
    """What the answers are made of."""

    access: Access
    accounts: Accounts
    actions: Actions
    journal: Journal
    reader: Reader
    episodes: Episodes
    reports: Reports
    registry: CollectorRegistry
    intake: IntakeMetrics


def application(parts: Parts, stopping: Callable[[], bool] = lambda: False) -> Starlette:
    """Return the application: what programs ask for, each by a user of its own, and what people ask for."""
    answers = _Answers(parts)
    people = People(parts.accounts, parts.actions, parts.reader, Writing(parts.journal))
    console = Console(people)
    live = Live(console, parts.journal.measures, stopping)

    def route(path: str, endpoint: Endpoint, method: str, user: str) -> Route:
        return Route(path, _guarded(parts.access, endpoint, {"admin", user}.__contains__), methods=[method])

    def of_people(path: str, endpoint: Endpoint, method: str, name: str | None = None) -> Route:
        allowed = partial(parts.accounts.may_somewhere, right="look")
        return Route(path, _guarded(parts.access, endpoint, allowed), methods=[method], name=name)

    return Starlette(
        routes=[
            route("/api/alerts", answers.alerts, "POST", "alertmanager"),
            route("/api/reports", answers.reports, "POST", "reporter"),
            route("/metrics", answers.metrics, "GET", "prometheus"),
            route("/-/healthy", answers.healthy, "GET", "prometheus"),
            of_people("/api/incidents", people.incidents, "GET"),
            of_people("/api/incidents/{number:int}", people.incident, "GET"),
            of_people("/api/incidents/{number:int}/post-mortem.{kind}", people.post_mortem, "GET"),
            of_people("/api/incidents/{number:int}/{action}", people.action, "POST", "incident"),
            of_people("/api/automation", people.automation, "GET"),
            of_people("/api/automation/{action}", people.action, "POST", "automation"),
            of_people("/api/runbooks/{name}/trust", people.action, "POST", "runbook"),
            of_people("/api/windows", people.action, "POST", "windows"),
            of_people("/api/windows/{number:int}/end", people.action, "POST", "window"),
            of_people("/", console.page("incidents", console.listed), "GET"),
            of_people("/live", live.stream("incidents", console.listed), "GET"),
            of_people("/incidents/{number:int}", console.page("incident", console.incident), "GET"),
            of_people("/incidents/{number:int}/live", live.stream("incident", console.incident), "GET"),
            of_people("/incidents/{number:int}/{action}", console.act, "POST", "incident"),
            of_people("/automation", console.page("automation", console.automation), "GET"),
            of_people("/automation/{action}", console.act, "POST", "automation"),
            of_people("/runbooks/{name}/trust", console.act, "POST", "runbook"),
            of_people("/windows", console.act, "POST", "windows"),
            of_people("/windows/{number:int}/end", console.act, "POST", "window"),
            of_people("/static/{name}", console.static, "GET"),
        ],
        exception_handlers={HTTPException: _refused, JournalError: _unavailable},
    )


class _Answers:
    """The answer of each path."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._writing = Writing(parts.journal)

    async def alerts(self, request: Request) -> Response:
        begun = time.monotonic()
        try:
            told = notification(await json_of(request))
        except AlertError as error:
            raise HTTPException(400, str(error)) from error
        kinds = await self._writing.done(self._parts.episodes.notified(told, time.time()))
        self._parts.intake.count(kinds, left_out=told.left_out)
        self._parts.intake.seconds.observe(time.monotonic() - begun)
        return JSONResponse(dict(kinds))

    async def reports(self, request: Request) -> Response:
        try:
            told = Report.of(await json_of(request), request.state.user)
        except ReportError as error:
            raise HTTPException(400, str(error)) from error
        return JSONResponse(await self._writing.done(self._parts.reports.write(told, time.time())), 201)

    async def metrics(self, _request: Request) -> Response:
        text = await asyncio.to_thread(generate_latest, self._parts.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def healthy(self, _request: Request) -> Response:
        measures = self._parts.journal.measures
        if measures.failing or not measures.last_commit:
            reason = measures.failing or "nothing was committed yet"
            raise HTTPException(503, f"The journal cannot be written: {reason}")
        return Response("Healthy\n", media_type="text/plain")


def _guarded(access: Access, endpoint: Endpoint, allowed: Callable[[str], bool]) -> Endpoint:
    """Return an endpoint that only some users reach, and no page of another site for them."""

    async def guarded(request: Request) -> Response:
        user = await access.user(request)
        if user is None:
            raise HTTPException(401, "Log in.", {"WWW-Authenticate": 'Basic realm="incident_response"'})
        if not allowed(user):
            raise HTTPException(403, f"The user {user} may not ask for this.")
        if request.method == "POST" and is_of_another_site(request):
            raise HTTPException(403, "A page of another site sent this.")
        request.state.user = user
        return await endpoint(request)

    return guarded


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these alone
    return _failed(request, error.status_code, error.detail, error.headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    """Answer that it has to be sent again; Alertmanager gives up what it gets 429 or another 4xx for."""
    return _failed(request, 503, str(error), {"Retry-After": "5"})


def _failed(request: Request, status: int, reason: str, headers: Mapping[str, str] | None) -> Response:
    """Return the reason as programs read it, or as a page."""
    if request.url.path.startswith(_OF_PROGRAMS):
        return JSONResponse({"error": reason}, status, headers)
    answer = page(request, "refused.html", {"status": status, "reason": reason, "back": _back(request)}, status)
    answer.headers.update(headers or {})
    return answer


def _back(request: Request) -> str:
    """Return the page of the form that was sent; the list of incidents where none was."""
    if request.method != "POST":
        return "/"
    number = request.path_params.get("number")
    return f"/incidents/{number}" if number and request.url.path.startswith("/incidents/") else "/automation"
