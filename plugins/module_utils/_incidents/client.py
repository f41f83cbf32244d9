# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of incident_response: incidents, what people do with them, and what automation leaves alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from .._api.connection import endpoint_of
from .._api.module import run_module
from .._api.plan import PlanError
from .._http.session import Answer, Api, Outcome, Session

__all__ = ["IncidentResponse", "person_in", "run_incident_module"]

_PAGE = 100  # incidents of one request
Told = Mapping[str, Any]


def run_incident_module(options: Told, act: Callable[[AnsibleModule, Session], dict[str, Any]]) -> None:
    """Run a module of incident_response as run_module does."""
    run_module("INCIDENT_RESPONSE", options, endpoint_of, act)


def person_in(parameters: Told) -> str:
    """Return in whose name a task acts. Raises PlanError."""
    if not parameters["username"]:
        raise PlanError("username and password are missing: the journal of incident_response has who did what.")
    return str(parameters["username"])


class IncidentResponse:
    """What incident_response answers. Every method raises HttpError, which has the sentence of a refusal."""

    def __init__(self, session: Session) -> None:
        self._api = Api(session, "incident_response")

    def incidents(self, state: str, limit: int, fits: Callable[[Told], bool]) -> list[dict[str, Any]]:
        """Return the newest incidents of a state that fit, at most so many."""
        found: list[dict[str, Any]] = []
        query = [("state", state), ("limit", str(_PAGE))]
        while True:
            answer = self._api.call("GET", "/api/incidents", attempt="list the incidents", query=query)
            page = answer.json()["incidents"]
            found += filter(fits, page)
            if len(page) < _PAGE or len(found) >= limit:
                return found[:limit]
            query = [*query[:2], ("before", str(page[-1]["id"]))]

    def incident(self, number: int) -> dict[str, Any]:
        """Return an incident with its alerts, events and decisions."""
        path = f"/api/incidents/{number}"
        return dict(self._api.call("GET", path, attempt=f"read the incident {number}").json())

    def post_mortem(self, number: int, kind: str) -> str:
        """Return the post-mortem of an incident as md, html or json."""
        path = f"/api/incidents/{number}/post-mortem.{kind}"
        return self._api.call("GET", path, attempt=f"read the post-mortem of incident {number}").body.decode()

    def automation(self) -> dict[str, Any]:
        """Return who stopped all automation (`stopped`, None while nobody has), and the open `windows`."""
        return dict(self._api.call("GET", "/api/automation", attempt="read the state of automation").json())

    def do(self, path: str, fields: Told, *, attempt: str, outcome: Outcome) -> Answer:
        """Return the answer to an action with its fields; `outcome` is that of Session.request."""
        return self._api.call("POST", path, attempt=attempt, body=fields, outcome=outcome)
