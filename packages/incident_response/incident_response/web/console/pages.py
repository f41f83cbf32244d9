# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see, and the forms by which they act."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from ...history.timeline import timeline
from ...journal.moments import moment
from ...people.accounts import OURS
from ..headers import HEADERS
from ..incoming import fields_of
from ..people import People
from .curves import Curves, curves
from .rendering import STATIC, page, part

__all__ = ["Console", "View"]

_MOST = 300  # entries of a timeline on a page; the post-mortem has all of them
_PARTS = {
    "incidents": ("banner", "incidents"),
    "incident": ("banner", "situation", "buttons", "facts", "alerts", "context", "history"),
}
View = Callable[[Request], Awaitable[Mapping[str, Any]]]


class Console:
    """The pages, of which each is a template and what it shows: a view."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._key = secrets.token_bytes(32)

    async def listed(self, request: Request) -> Mapping[str, Any]:
        """Return what the list of incidents shows."""
        told = request.query_params
        shown = {"state": told.get("state", "open"), "newest": "before" not in told}
        return {**await self._common(request), "incidents": await self._people.found(request), **shown}

    async def incident(self, request: Request) -> Mapping[str, Any]:
        """Return what the page of an incident shows."""
        found = await self._people.one(request)
        entries = timeline(found)
        accounts, user = self._people.accounts, request.state.user
        alerts = {one["id"]: one for one in found["alerts"]}
        return {
            **(common := await self._common(request)),
            "incident": found,
            "cause": alerts[found["cause"]["alert"]],
            "entries": entries[: -_MOST - 1 : -1],
            "left_out": max(0, len(entries) - _MOST),
            "curves": _curves(found),
            "decided": _last_decisions(found),
            "tried": [one for one in entries if one.group == "automation"],
            "may_respond": accounts.may(user, "respond", found["teams"]),
            "may_approve": accounts.may(user, "approve", found["teams"]),
            "others": _others(accounts.names("respond", found["teams"]), user),
            "windows": _windows_of(found, common["windows"]),
        }

    async def automation(self, request: Request) -> Mapping[str, Any]:
        """Return what the page of automation shows."""
        user, accounts = request.state.user, self._people.accounts
        rights = {"may_stop": accounts.may_somewhere(user, "respond"), "may_resume": accounts.may(user, "approve", ())}
        return {**await self._common(request), **rights, "now": moment(time.time())}

    def page(self, name: str, view: View) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of a page."""

        async def endpoint(request: Request) -> Response:
            return page(request, f"{name}.html", await view(request))

        return endpoint

    @staticmethod
    def parts(name: str, told: Mapping[str, Any]) -> dict[str, str]:
        """Return the parts of a page that change while people look at it, by their ids."""
        return {one: part(f"parts/{one}.html", told) for one in _PARTS[name]}

    async def act(self, request: Request) -> Response:
        """Do what a form says, and show the page that it was on."""
        told = await fields_of(request)
        if not hmac.compare_digest(told.pop("token", "").encode(), self._token(request.state.user).encode()):
            raise HTTPException(403, "The form is outdated: reload the page, and send it again.")
        action = request.path_params.get("action", "")
        if action != "hand_over":  # the buttons of an incident share their fields
            told.pop("to", None)
        await self._people.act(request, told)
        number = request.path_params.get("number") if request.scope["route"].name == "incident" else None
        return RedirectResponse(f"/incidents/{number}" if number else "/automation", 303, HEADERS)

    @staticmethod
    async def static(request: Request) -> Response:
        """Return a file that pages load."""
        if (name := request.path_params["name"]) not in {"console.css", "console.js"}:
            raise HTTPException(404, "There is no such file.")
        return FileResponse(STATIC / name, headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"})

    async def _common(self, request: Request) -> dict[str, Any]:
        user = request.state.user
        return {"user": user, "token": self._token(user), **await self._people.automation_now()}

    def _token(self, user: str) -> str:
        return hmac.new(self._key, user.encode(), hashlib.sha256).hexdigest()


def _others(names: Iterable[str], user: str) -> list[str]:
    """Return to whom a user may hand over, people before the accounts that every engine has."""
    return sorted((one for one in names if one != user), key=lambda one: (one in OURS, one))


def _windows_of(incident: Mapping[str, Any], windows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the windows in which automation leaves alone what an incident is about."""
    hosts = {one["labels"].get("host") for one in incident["alerts"]}
    hosts |= {host for one in incident["decisions"] for host in one["hosts"]}
    services = incident["services"]
    return [
        one
        for one in windows
        if not (one["service"] or one["host"]) or one["service"] in services or one["host"] in hosts
    ]


def _curves(incident: Mapping[str, Any]) -> Curves | None:
    """Return the series around the onset, or when the alert became active while the onset is not known."""
    context = incident["context"]
    if context is None:
        return None
    return curves(context.get("series", ()), incident["onset"] or context["active_at"])


def _last_decisions(incident: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what was decided last about each alert that still fires."""
    firing = {one["id"] for one in incident["alerts"] if one["state"] == "firing"}
    decided = (one for one in incident["events"] if one["kind"] == "decided" and one["alert"] in firing)
    return [*{one["alert"]: one for one in decided}.values()]
