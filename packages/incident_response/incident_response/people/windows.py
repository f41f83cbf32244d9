# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows of maintenance and of a freeze, in which automation leaves something alone: from now on, or planned."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from ..journal.entries import Entries
from .accounts import EVERY_TEAM, Accounts
from .fields import ActionError, Fields

__all__ = ["Windows", "Write"]

Write = Callable[[sqlite3.Connection], dict[str, Any]]
_KINDS = ("maintenance", "freeze")
_FARTHEST = 90 * 86400.0  # seconds ahead
_LATE = 120.0  # seconds that a time may be past, as a form has no seconds
_COLUMNS = ("id", "at", "kind", "service", "host", "person", "reason", "ends_at", "starts_at")


class Windows:
    """The writes that open and end windows, with the fields that people sent."""

    def __init__(self, accounts: Accounts, teams: Mapping[str, str]) -> None:
        """Take the accounts, and the team of each service."""
        self._accounts, self._teams = accounts, teams

    def open(self, person: str, told: Any, at: float) -> Write:
        """Return the write of a window, from now on or from a time ahead. Raises ActionError."""
        fields = Fields(told, ("kind", "service", "host", "reason", "starts_at", "minutes"))
        kind, reason, minutes = fields.one_of("kind", _KINDS), fields.text("reason"), fields.minutes("minutes")
        scope = {"service": fields.text("service", ""), "host": fields.text("host", "")}
        starts_at = _start(fields, at)
        if kind == "maintenance" and not any(scope.values()):
            raise ActionError(400, "Maintenance needs a service or a host; a freeze without either is of everything.")
        if all(scope.values()):
            raise ActionError(400, "A window is of a service or of a host, not of both.")
        times = {"starts_at": starts_at, "ends_at": starts_at + minutes * 60.0}

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            self._accounts.require(person, "respond", self._team_of(scope["service"]))
            connection.execute("DELETE FROM open_window WHERE ends_at <= ?", (at,))
            detail = {"window": kind, **scope, **times, "text": reason}
            number = Entries(connection, at, f"user {person}").event("window_opened", detail=detail)
            row = {"id": number, "at": at, "kind": kind, **scope, "person": person, "reason": reason, **times}
            named = ", ".join(f":{name}" for name in _COLUMNS)
            connection.execute(f"INSERT INTO open_window ({', '.join(_COLUMNS)}) VALUES ({named})", row)  # noqa: S608
            return {"window": number}

        return write

    def end(self, number: int, person: str, told: Any, at: float) -> Write:
        """Return the write that ends a window before its time, or before it begins. Raises ActionError."""
        text = Fields(told, ("text",)).text("text", "")

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            row = connection.execute("SELECT * FROM open_window WHERE id = ? AND ends_at > ?", (number, at)).fetchone()
            if row is None:
                raise ActionError(404, f"No window {number} is open.")
            self._accounts.require(person, "respond", self._team_of(row["service"]))
            detail = {"number": number, "window": row["kind"], "service": row["service"], "host": row["host"]}
            Entries(connection, at, f"user {person}").event("window_ended", detail={**detail, "text": text})
            connection.execute("DELETE FROM open_window WHERE id = ?", (number,))
            return {"window": number}

        return write

    def _team_of(self, service: str) -> str:
        """Return the team of a service, every team for none and for one that is not declared."""
        return self._teams.get(service, EVERY_TEAM)


def _start(fields: Fields, at: float) -> float:
    """Return when a window begins. Raises ActionError."""
    told = fields.time("starts_at")
    if told is None:
        return at
    if told < at - _LATE:
        raise ActionError(400, "starts_at is in the past: leave it out to begin now.")
    if told > at + _FARTHEST:
        raise ActionError(400, f"starts_at has to be within {_FARTHEST / 86400:.0f} days.")
    return max(told, at)
