# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people ask for as JSON: incidents of their teams, actions on them, and what automation leaves alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..history.formats import FORMATS
from ..history.post_mortem import post_mortem
from ..journal.reading import Reader
from ..people import state
from ..people.accounts import Accounts
from ..people.actions import Actions
from ..people.fields import ActionError
from ..people.windows import Write
from .headers import HEADERS
from .incoming import json_of, number
from .writing import Writing

__all__ = ["People"]

_MOST = 500  # incidents of one answer
_STATES = ("open", "closed", "all")


class People:
    """What accounts may read and do; the console asks for the same."""

    def __init__(self, accounts: Accounts, actions: Actions, reader: Reader, writing: Writing) -> None:
        self.accounts = accounts
        self._actions, self._reader, self._writing = actions, reader, writing

    async def found(self, request: Request) -> list[dict[str, Any]]:
        """Return the incidents that a request asks for and its user may look at. Raises HTTPException."""
        wanted = request.query_params.get("state", "open")
        if wanted not in _STATES:
            raise HTTPException(400, f"state has to be {', '.join(_STATES[:-1])} or {_STATES[-1]}.")
        before, limit = number(request, "before", 2**62), min(number(request, "limit", 100), _MOST)

        def visible(teams: Sequence[str]) -> bool:
            return self.accounts.may(request.state.user, "look", teams)

        return await asyncio.to_thread(
            self._reader.incidents, state=wanted, before=before, limit=limit, visible=visible
        )

    async def one(self, request: Request) -> dict[str, Any]:
        """Return the incident that a request asks for. Raises HTTPException."""
        wanted = min(request.path_params["number"], 2**62)
        found = await asyncio.to_thread(self._reader.incident, wanted)
        if found is None:
            raise HTTPException(404, f"There is no incident {wanted}.")
        if not self.accounts.may(user := request.state.user, "look", found["teams"]):
            raise HTTPException(403, f"{user} may not look at incidents of {', '.join(found['teams']) or 'no team'}.")
        return {**found, "context": found["context"] and self._visible(found["context"], user)}

    def _visible(self, context: Mapping[str, Any], user: str) -> dict[str, Any]:
        """Return the context of an incident, with only the number of alerts at whose team a user may not look."""

        def visible(alert: Mapping[str, Any]) -> bool:
            # Without a kind, it is of the same service: journals of earlier releases have no others.
            own = alert.get("kind", "service") == "service"
            return own or self.accounts.may(user, "look", [alert["team"]] if alert.get("team") else [])

        alerts = [one for one in context["alerts"] if visible(one)]
        more = context.get("more_alerts", 0) + len(context["alerts"]) - len(alerts)
        return {**context, "alerts": alerts, "more_alerts": more}

    async def automation_now(self) -> dict[str, Any]:
        """Return who stopped all automation, if so, windows that are open or planned, and runbooks that are lowered."""

        def read() -> dict[str, Any]:
            with self._reader.connected() as connection:
                return {
                    "stopped": state.stop(connection),
                    "windows": state.windows(connection, time.time()),
                    "lowered": state.lowered(connection),
                }

        return await asyncio.to_thread(read)

    async def act(self, request: Request, told: Any) -> dict[str, Any]:
        """Do what the path of a request says. Raises HTTPException."""
        try:
            done: dict[str, Any] = await self._writing.done(self._wanted(request, told, time.time()))
        except ActionError as error:
            raise HTTPException(error.status, str(error)) from error
        return done

    def _wanted(self, request: Request, told: Any, at: float) -> Write:
        person, action = request.state.user, request.path_params.get("action", "")
        wanted = min(request.path_params.get("number", 0), 2**62)
        match request.scope["route"].name:
            case "incident":
                return self._actions.on_incident(action, wanted, person, told, at)
            case "automation":
                return self._actions.on_automation(action, person, told, at)
            case "runbook":
                return self._actions.on_runbook(request.path_params["name"], person, told, at)
            case "window":
                return self._actions.windows.end(wanted, person, told, at)
            case _:
                return self._actions.windows.open(person, told, at)

    async def incidents(self, request: Request) -> Response:
        """Answer with the incidents of a state."""
        return JSONResponse({"incidents": await self.found(request)})

    async def incident(self, request: Request) -> Response:
        """Answer with one incident."""
        return JSONResponse(await self.one(request))

    async def post_mortem(self, request: Request) -> Response:
        """Answer with the post-mortem of an incident, in the format that the path names."""
        if (kind := request.path_params["kind"]) not in FORMATS:
            raise HTTPException(404, f"A post-mortem is one of {', '.join(FORMATS)}.")
        found = await asyncio.to_thread(post_mortem, self._reader, await self.one(request))
        media, text_of = FORMATS[kind]
        return Response(await asyncio.to_thread(text_of, found), media_type=media, headers=HEADERS)

    async def automation(self, _request: Request) -> Response:
        """Answer with what automation leaves alone."""
        return JSONResponse(await self.automation_now())

    async def action(self, request: Request) -> Response:
        """Do what is asked for, and answer with what is true then."""
        return JSONResponse(await self.act(request, await json_of(request)))
