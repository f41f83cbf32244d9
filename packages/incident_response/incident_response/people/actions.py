# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people do, each a write of the journal that names them. It is refused in one sentence if it cannot be done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from ..journal.entries import Entries
from ..runs.approvals import approve
from ..runs.stops import stop_runs
from . import state
from .accounts import EVERY_TEAM, Accounts, listed
from .fields import ActionError, Fields
from .windows import Windows, Write

__all__ = ["Actions"]

_APPROVAL = ("approve", "approve steps of")


class Actions:
    """The writes of what people ask for, with the fields that they sent."""

    def __init__(self, accounts: Accounts, teams: Mapping[str, str]) -> None:
        """Take the accounts, and the team of each service."""
        self._accounts = accounts
        self.windows = Windows(accounts, teams)
        self._on_incident: Mapping[str, tuple[tuple[str, ...], Callable[[Entries, int, str, Fields], None]]] = {
            "acknowledge": (("text",), self._acknowledge),
            "take_over": (("text",), self._take_over),
            "stop": (("text",), self._stop_runs),
            "hand_over": (("to", "text"), self._hand_over),
            "release": (("text",), self._release),
            "note": (("text",), self._note),
            "approve": (("attempt", "text"), _approve),
        }
        self._on_automation = {"stop": self._stop, "resume": self._resume}

    def on_incident(self, action: str, number: int, person: str, told: Any, at: float) -> Write:
        """Return the write of an action on an incident. Raises ActionError."""
        if action not in self._on_incident:
            raise ActionError(404, f"There is no action {action}: it is one of {', '.join(self._on_incident)}.")
        known, act = self._on_incident[action]
        fields = Fields(told, known)

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            if connection.execute("SELECT 1 FROM incident WHERE id = ?", (number,)).fetchone() is None:
                raise ActionError(404, f"There is no incident {number}.")
            teams = state.teams(connection, number)
            right, what = _APPROVAL if action == "approve" else ("respond", "respond to")
            if not self._accounts.may(person, right, teams):
                raise ActionError(403, f"{person} may not {what} incidents of {listed(teams)}.")
            act(Entries(connection, at, f"user {person}"), number, person, fields)
            return {"incident": number, "holder": state.holder(connection, number)}

        return write

    def on_automation(self, action: str, person: str, told: Any, at: float) -> Write:
        """Return the write that stops all automation, or lets it act again. Raises ActionError."""
        if action not in self._on_automation:
            raise ActionError(404, f"There is no action {action}: it is one of {', '.join(self._on_automation)}.")
        return self._on_automation[action](person, told, at)

    def on_runbook(self, name: str, person: str, told: Any, at: float) -> Write:
        """Return the write by which a runbook that was lowered acts by itself again. Raises ActionError."""
        reason = Fields(told, ("reason",)).text("reason")
        self._accounts.require(person, "approve", EVERY_TEAM)

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            if name not in {one["runbook"] for one in state.lowered(connection)}:
                raise ActionError(404, f"No runbook {name[:40]} is lowered.")
            Entries(connection, at, f"user {person}").event("raised", detail={"runbook": name, "text": reason})
            row = (at, reason, name)
            connection.execute("UPDATE open_trust SET at = ?, lowered = 0, reason = ? WHERE runbook = ?", row)
            return {"lowered": state.lowered(connection)}

        return write

    def _stop(self, person: str, told: Any, at: float) -> Write:
        reason = Fields(told, ("reason",)).text("reason")
        self._accounts.require(person, "respond", None)

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            if before := state.stop(connection):
                raise ActionError(409, f"{before['person']} has already stopped all automation.")
            Entries(connection, at, f"user {person}").event("stopped", detail={"text": reason})
            connection.execute("INSERT INTO open_stop VALUES (1, ?, ?, ?)", (at, person, reason))
            return {"stopped": state.stop(connection)}

        return write

    def _resume(self, person: str, told: Any, at: float) -> Write:
        reason = Fields(told, ("reason",)).text("reason")
        self._accounts.require(person, "approve", EVERY_TEAM)

        def write(connection: sqlite3.Connection) -> dict[str, Any]:
            if state.stop(connection) is None:
                raise ActionError(409, "Automation is not stopped.")
            Entries(connection, at, f"user {person}").event("resumed", detail={"text": reason})
            connection.execute("DELETE FROM open_stop")
            return {"stopped": None}

        return write

    def _acknowledge(self, entries: Entries, number: int, person: str, fields: Fields) -> None:
        held = _open_holder(entries.connection, number)
        if held:
            who = "You have" if held["person"] == person else f"{held['person']} has"
            raise ActionError(409, f"{who} acknowledged incident {number} already.")
        entries.event("acknowledged", incident=number, detail={"text": fields.text("text", "")})
        _hold(entries, number, person, took_over=False)

    def _take_over(self, entries: Entries, number: int, person: str, fields: Fields) -> None:
        held = _open_holder(entries.connection, number)
        if held and held["person"] == person and held["took_over"]:
            raise ActionError(409, f"You have taken over incident {number} already.")
        detail = {"from": held["person"] if held else "", "text": fields.text("text", "")}
        entries.event("taken_over", incident=number, detail=detail)
        _hold(entries, number, person, took_over=True)

    def _stop_runs(self, entries: Entries, number: int, person: str, fields: Fields) -> None:
        """Have all that runs for an incident be cancelled, and the person take it over, who may have done so before."""
        held, text = _open_holder(entries.connection, number), fields.text("text", "")
        stopped = stop_runs(entries, number, person, text)
        if held and held["person"] == person and held["took_over"]:
            if not stopped:
                raise ActionError(409, f"You have taken over incident {number} already, and nothing runs for it.")
            return
        detail = {"from": held["person"] if held else "", "text": "" if stopped else text}
        entries.event("taken_over", incident=number, detail=detail)
        _hold(entries, number, person, took_over=True)

    def _hand_over(self, entries: Entries, number: int, _person: str, fields: Fields) -> None:
        held, to = _open_holder(entries.connection, number), fields.text("to")
        if held and held["person"] == to:
            raise ActionError(409, f"{to} has incident {number} already.")
        if not self._accounts.may(to, "respond", state.teams(entries.connection, number)):
            raise ActionError(400, f"{to} is no account that may respond to incident {number}.")
        detail = {"to": to, "text": fields.text("text", "")}
        entries.event("handed_over", incident=number, detail=detail)
        _hold(entries, number, to, took_over=bool(held and held["took_over"]))

    def _release(self, entries: Entries, number: int, _person: str, fields: Fields) -> None:
        held = _open_holder(entries.connection, number)
        if not held:
            raise ActionError(409, f"Nobody has acknowledged incident {number}.")
        detail = {"from": held["person"], "text": fields.text("text", "")}
        entries.event("released", incident=number, detail=detail)
        entries.connection.execute("DELETE FROM open_holder WHERE incident = ?", (number,))

    def _note(self, entries: Entries, number: int, _person: str, fields: Fields) -> None:
        entries.event("noted", incident=number, detail={"text": fields.text("text")})


def _approve(entries: Entries, number: int, _person: str, fields: Fields) -> None:
    if refused := approve(entries, number, fields.text("attempt", ""), fields.text("text", "")):
        raise ActionError(409, refused)


def _open_holder(connection: sqlite3.Connection, number: int) -> dict[str, Any] | None:
    """Return who has an incident, which has to be open."""
    if connection.execute("SELECT 1 FROM open_incident WHERE incident = ?", (number,)).fetchone() is None:
        raise ActionError(409, f"Incident {number} is closed; only a note can be added.")
    return state.holder(connection, number)


def _hold(entries: Entries, number: int, person: str, *, took_over: bool) -> None:
    row = (number, person, entries.at, took_over)
    entries.connection.execute("INSERT OR REPLACE INTO open_holder VALUES (?, ?, ?, ?)", row)
