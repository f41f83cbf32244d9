# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows in which automation leaves something alone, identified by what they are of and their reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .._api.durations import instant, rfc3339
from .._api.plan import PlanError
from .._api.resource import Resource, Step
from .._http.session import Answer
from .client import IncidentResponse

__all__ = ["Windows"]

_LONGEST = 60 * 24 * 90  # minutes
_SHOWN = ("kind", "service", "host", "reason", "starts_at", "ends_at")
_SAME = timedelta(minutes=1)
Window = dict[str, Any]


@dataclass(frozen=True)
class Windows:
    """The windows that a task means; `starts_at` is None for one that begins now."""

    service: IncidentResponse
    scope: Mapping[str, str]
    starts_at: datetime | None
    minutes: int
    tolerance: int

    @classmethod
    def of(cls, service: IncidentResponse, parameters: Mapping[str, Any], now: datetime) -> Windows:
        """Return the windows that the parameters of a module mean. Raises PlanError."""
        scope = {name: (parameters[name] or "").strip() for name in ("kind", "service", "host", "reason")}
        if scope["kind"] == "maintenance" and not (scope["service"] or scope["host"]):
            raise PlanError("Maintenance needs service or host; only a freeze without either is of everything.")
        if scope["service"] and scope["host"]:
            raise PlanError("A window is of a service or of a host: give one of them.")
        if not scope["reason"]:
            raise PlanError("reason is empty.")
        if not 0 < parameters["minutes"] <= _LONGEST:
            raise PlanError(f"minutes must be from 1 to {_LONGEST}.")
        told = parameters["starts_at"]
        starts_at = instant(told, "starts_at", now=now) if told else None
        return cls(service, scope, starts_at, parameters["minutes"], parameters["tolerance"])

    @property
    def name(self) -> str:
        """What a message calls the one that is wanted."""
        of = next((f"the {part} {self.scope[part]}" for part in ("service", "host") if self.scope[part]), "everything")
        return f"{self.scope['kind']} of {of}: {self.scope['reason']}"

    def resource(self, now: datetime, *, absent: bool) -> Resource:
        """Return the windows that there are and the one that is wanted; of several, the one that ends last stays."""
        listed = sorted(self._open(), key=lambda one: str(one["ends_at"]), reverse=True)
        there = {f"{self.name} ({one['id']})" if index else self.name: one for index, one in enumerate(listed)}
        starts_at = self.starts_at or now
        ends_at = starts_at + timedelta(minutes=self.minutes)
        body = {**self.scope, "starts_at": rfc3339(starts_at), "ends_at": rfc3339(ends_at)}
        wanted = dict.fromkeys(there) if absent else {self.name: body}
        latest = ends_at - timedelta(minutes=self.tolerance)

        def write(step: Step) -> None:
            if step.after:
                step.after.update(self._opened({one["id"] for one in listed}))
            if step.before:
                self._end(step.before["id"])

        def same(_wanted: Window, window: Window) -> bool:
            begins, ends = (instant(window[key], key, now=now) for key in ("starts_at", "ends_at"))
            # The clock of the service may be ahead of this one.
            same_begin = abs(begins - self.starts_at) < _SAME if self.starts_at else begins < now + _SAME
            return same_begin and ends >= latest

        return Resource("window", wanted, there, write, same, _shown, list(there))

    def _open(self) -> list[Window]:
        return [one for one in self.service.automation()["windows"] if self.scope.items() <= one.items()]

    def _opened(self, known: set[int]) -> Window:
        """Open a window and return it, with the end by the clock of the service."""

        def new() -> list[Window]:
            return [one for one in self._open() if one["id"] not in known]

        def outcome() -> Answer | None:
            found = new()
            return Answer.of({"window": found[0]["id"]}) if found else None

        planned = {"starts_at": rfc3339(self.starts_at)} if self.starts_at else {}
        fields = {**self.scope, **planned, "minutes": self.minutes}
        answer = self.service.do("/api/windows", fields, attempt=f"open the window {self.name!r}", outcome=outcome)
        number, found = answer.json()["window"], new()
        # A window has no name: the service opens one for each request that arrives.
        for spare in found if answer.repeated else ():
            if spare["id"] != number:
                self._end(spare["id"])
        return next((one for one in found if one["id"] == number), {"id": number})

    def _end(self, number: int) -> None:
        def outcome() -> Answer | None:
            return None if number in [one["id"] for one in self._open()] else Answer.of({})

        path = f"/api/windows/{number}/end"
        self.service.do(path, {}, attempt=f"end the window {number} ({self.name!r})", outcome=outcome)


def _shown(window: Window) -> Window:
    return {name: window[name] for name in _SHOWN if window[name]}
