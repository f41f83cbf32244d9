# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people do, each a write of the journal that names them. It is refused in one sentence if it cannot be done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from ..journal.entries import Entries
from ..runs.approvals import requests
from . import state
from .accounts import EVERY_TEAM, Accounts

__all__ = ["ActionError", "Actions", "Write"]

Write = Callable[[sqlite3.Connection], dict[str, Any]]
_LONGEST = 4000
_LONGEST_WINDOW = 60 * 24 * 90  # minutes
_WINDOWS = ("maintenance", "freeze")
_APPROVAL = ("approve", "approve steps of")


class ActionError(Exception):
    """What a person asked for is refused, for the reason in the message; `status` is that of HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Actions:
    """The writes of what people ask for, with the fields that they sent."""

    def __init__(self, accounts: Accounts, teams: Mapping[str, str]) -> None:
        """Take the accounts, and the team of each service."""
        self._accounts, self._teams = accounts, teams
        self._on_incident: Mapping[str, tuple[tuple[str, ...], Callable[[Entries, int, str, _Fields], None]]] = {
            "acknowledge": (("text",), self._acknowledge),
            "take_over": (("text",), self._take_over),
            "hand_over": (("to", "text"), self._hand_over),
            "release": (("text",), self._release),
            "note": (("text",), self._note),
            "approve": (("attempt", "text"), self._approve),
        }
        self._on_automation = {"stop": self._stop, "resume": self._resume}

    def on_incident(self, action: str, number: int, person: str, told: Any, at: float) -> Write:
        """Return the write of an action on an incident. Raises ActionError."""
        if action not in self._on_incident:
            raise ActionError(404, f"There is no action {action}: it is one of {', '.join(self._on_incident)}.")
        known, act = self._on_incident[action]
        fields = _Fields(told, known)

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            if connection.execute("SELECT 1 FROM incident WHERE id = ?", (number,)).fetchone() is None:
                raise ActionError(404, f"There is no incident {number}.")
            teams = state.teams(connection, number)
            right, what = _APPROVAL if action == "approve" else ("respond", "respond to")
            if not self._accounts.may(person, right, teams):
                raise ActionError(403, f"{person} may not {what} incidents of {_listed(teams)}.")
            act(Entries(connection, at, f"user {person}"), number, person, fields)
            return {"incident": number, "holder": state.holder(connection, number)}

        return write

    def on_automation(self, action: str, person: str, told: Any, at: float) -> Write:
        """Return the write that stops all automation, or lets it act again. Raises ActionError."""
        if action not in self._on_automation:
            raise ActionError(404, f"There is no action {action}: it is one of {', '.join(self._on_automation)}.")
        return self._on_automation[action](person, told, at)

    def _stop(self, person: str, told: Any, at: float) -> Write:
        reason = _Fields(told, ("reason",)).text("reason")
        self._require(person, "respond", None)

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            if before := state.stop(connection):
                raise ActionError(409, f"{before['person']} has already stopped all automation.")
            Entries(connection, at, f"user {person}").event("stopped", detail={"text": reason})
            connection.execute("INSERT INTO open_stop VALUES (1, ?, ?, ?)", (at, person, reason))
            return {"stopped": state.stop(connection)}

        return write

    def _resume(self, person: str, told: Any, at: float) -> Write:
        reason = _Fields(told, ("reason",)).text("reason")
        self._require(person, "approve", EVERY_TEAM)

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            if state.stop(connection) is None:
                raise ActionError(409, "Automation is not stopped.")
            Entries(connection, at, f"user {person}").event("resumed", detail={"text": reason})
            connection.execute("DELETE FROM open_stop")
            return {"stopped": None}

        return write

    def open_window(self, person: str, told: Any, at: float) -> Write:
        """Return the write of a window of maintenance or a freeze, from now on. Raises ActionError."""
        fields = _Fields(told, ("kind", "service", "host", "reason", "minutes"))
        kind, reason, minutes = fields.one_of("kind", _WINDOWS), fields.text("reason"), fields.minutes("minutes")
        scope = {"service": fields.text("service", ""), "host": fields.text("host", "")}
        if kind == "maintenance" and not any(scope.values()):
            raise ActionError(400, "Maintenance needs a service or a host; a freeze without either is of everything.")
        if all(scope.values()):
            raise ActionError(400, "A window is of a service or of a host, not of both.")

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            self._require(person, "respond", self._team_of(scope["service"]))
            connection.execute("DELETE FROM open_window WHERE ends_at <= ?", (at,))
            ends_at = at + minutes * 60.0
            detail = {"window": kind, **scope, "ends_at": ends_at, "text": reason}
            number = Entries(connection, at, f"user {person}").event("window_opened", detail=detail)
            columns = (number, at, kind, scope["service"], scope["host"], person, reason, ends_at)
            connection.execute("INSERT INTO open_window VALUES (?, ?, ?, ?, ?, ?, ?, ?)", columns)
            return {"window": number}

        return write

    def end_window(self, number: int, person: str, told: Any, at: float) -> Write:
        """Return the write that ends a window before its time. Raises ActionError."""
        text = _Fields(told, ("text",)).text("text", "")

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            row = connection.execute("SELECT * FROM open_window WHERE id = ? AND ends_at > ?", (number, at)).fetchone()
            if row is None:
                raise ActionError(404, f"No window {number} is open.")
            self._require(person, "respond", self._team_of(row["service"]))
            detail = {"number": number, "window": row["kind"], "service": row["service"], "host": row["host"]}
            Entries(connection, at, f"user {person}").event("window_ended", detail={**detail, "text": text})
            connection.execute("DELETE FROM open_window WHERE id = ?", (number,))
            return {"window": number}

        return write

    def _acknowledge(self, entries: Entries, number: int, person: str, fields: _Fields) -> None:
        held = _open_holder(entries.connection, number)
        if held:
            who = "You have" if held["person"] == person else f"{held['person']} has"
            raise ActionError(409, f"{who} acknowledged incident {number} already.")
        entries.event("acknowledged", incident=number, detail={"text": fields.text("text", "")})
        _hold(entries, number, person, took_over=False)

    def _take_over(self, entries: Entries, number: int, person: str, fields: _Fields) -> None:
        held = _open_holder(entries.connection, number)
        if held and held["person"] == person and held["took_over"]:
            raise ActionError(409, f"You have taken over incident {number} already.")
        detail = {"from": held["person"] if held else "", "text": fields.text("text", "")}
        entries.event("taken_over", incident=number, detail=detail)
        _hold(entries, number, person, took_over=True)

    def _hand_over(self, entries: Entries, number: int, _person: str, fields: _Fields) -> None:
        held, to = _open_holder(entries.connection, number), fields.text("to")
        if held and held["person"] == to:
            raise ActionError(409, f"{to} has incident {number} already.")
        if not self._accounts.may(to, "respond", state.teams(entries.connection, number)):
            raise ActionError(400, f"{to} is no account that may respond to incident {number}.")
        detail = {"to": to, "text": fields.text("text", "")}
        entries.event("handed_over", incident=number, detail=detail)
        _hold(entries, number, to, took_over=bool(held and held["took_over"]))

    def _release(self, entries: Entries, number: int, _person: str, fields: _Fields) -> None:
        held = _open_holder(entries.connection, number)
        if not held:
            raise ActionError(409, f"Nobody has acknowledged incident {number}.")
        detail = {"from": held["person"], "text": fields.text("text", "")}
        entries.event("released", incident=number, detail=detail)
        entries.connection.execute("DELETE FROM open_holder WHERE incident = ?", (number,))

    def _note(self, entries: Entries, number: int, _person: str, fields: _Fields) -> None:
        entries.event("noted", incident=number, detail={"text": fields.text("text")})

    def _approve(self, entries: Entries, number: int, _person: str, fields: _Fields) -> None:
        wanted = fields.text("attempt", "")
        known = [one for one in requests(entries.connection, number) if wanted in ("", one.attempt)]
        waiting = [one for one in known if one.state == "waiting" and entries.at < one.until]
        if len(waiting) == 1:
            told = {"decision": waiting[0].decision, "step": waiting[0].step, "attempt": waiting[0].attempt}
            detail = {**told, "text": fields.text("text", "")}
            entries.event("approved", incident=number, episode=waiting[0].episode, detail=detail)
        elif waiting:
            raise ActionError(409, f"Several steps wait, so name one: {', '.join(one.attempt for one in waiting)}.")
        elif known:
            last = known[-1]
            late = "waited too long for an approval" if last.state == "waiting" else "is not to be started any more"
            raise ActionError(409, f"{last.attempt} {f'was approved by {last.by} already' if last.by else late}.")
        else:
            raise ActionError(409, f"No step of incident {number} waits for an approval.")

    def _team_of(self, service: str) -> str:
        """Return the team of a service, every team for none and for one that is not declared."""
        return self._teams.get(service, EVERY_TEAM)

    def _require(self, person: str, right: str, team: str | None) -> None:
        """Refuse who has not this right for a team, for any of them if it is None."""
        if team is None:
            if not self._accounts.may_somewhere(person, right):
                raise ActionError(403, f"{person} may not {right}.")
        elif not self._accounts.may(person, right, {team}):
            raise ActionError(403, f"{person} may not {right} for {_listed([] if team == EVERY_TEAM else [team])}.")


class _Fields:
    """The fields of a body, of which each is a text; those of a form that are missing are empty."""

    def __init__(self, told: Any, known: tuple[str, ...]) -> None:
        if not isinstance(told, dict):
            raise ActionError(400, "What is sent has to be a mapping.")
        for name in told:
            if name not in known:
                raise ActionError(400, f"The field {str(name)[:40]} is unknown: known are {', '.join(known)}.")
        self._told = told

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text without space around it."""
        value = self._told.get(name, "")
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise ActionError(400, f"{name} has to be a text of at most {_LONGEST} characters.")
        if not value.strip() and default is None:
            raise ActionError(400, f"{name} is missing.")
        return value.strip() or default or ""

    def one_of(self, name: str, values: tuple[str, ...]) -> str:
        """Return a text that is one of these."""
        if (value := self._told.get(name)) not in values:
            raise ActionError(400, f"{name} has to be {' or '.join(values)}.")
        return str(value)

    def minutes(self, name: str) -> int:
        """Return a number of minutes."""
        text = str(self._told.get(name, ""))
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= _LONGEST_WINDOW):
            raise ActionError(400, f"{name} has to be a whole number from 1 to {_LONGEST_WINDOW}.")
        return int(text[:9])


def _open_holder(connection: sqlite3.Connection, number: int) -> dict[str, Any] | None:
    """Return who has an incident, which has to be open."""
    if connection.execute("SELECT 1 FROM open_incident WHERE incident = ?", (number,)).fetchone() is None:
        raise ActionError(409, f"Incident {number} is closed; only a note can be added.")
    return state.holder(connection, number)


def _hold(entries: Entries, number: int, person: str, *, took_over: bool) -> None:
    row = (number, person, entries.at, took_over)
    entries.connection.execute("INSERT OR REPLACE INTO open_holder VALUES (?, ?, ?, ?)", row)


def _listed(teams: list[str]) -> str:
    return f"the team{'s' * (len(teams) > 1)} {', '.join(teams)}" if teams else "all teams"
