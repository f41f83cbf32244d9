# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people have decided that is true now: who works on an incident, what is stopped, and until when."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

from ..journal.moments import moment

__all__ = ["hands_off", "holder", "is_escalated", "lowered", "stop", "teams", "windows"]


def teams(connection: sqlite3.Connection, incident: int) -> list[str]:
    """Return the teams of the alerts of an incident."""
    rows = connection.execute(
        "SELECT DISTINCT json_extract(labels, '$.team') AS team FROM episode WHERE incident = ?", (incident,)
    )
    return sorted(row["team"] for row in rows if row["team"])


def holder(connection: sqlite3.Connection, incident: int) -> dict[str, Any] | None:
    """Return who acknowledged an open incident, None for nobody."""
    row = connection.execute("SELECT * FROM open_holder WHERE incident = ?", (incident,)).fetchone()
    return row and {"person": row["person"], "at": moment(row["at"]), "took_over": bool(row["took_over"])}


def stop(connection: sqlite3.Connection) -> dict[str, Any] | None:
    """Return who stopped all automation, and why, None while it is not stopped."""
    row = connection.execute("SELECT * FROM open_stop").fetchone()
    return row and {"person": row["person"], "at": moment(row["at"]), "reason": row["reason"]}


def windows(connection: sqlite3.Connection, at: float) -> list[dict[str, Any]]:
    """Return the windows of maintenance, and of a freeze, that are `open` at a time, or `planned` for a later one."""
    rows = connection.execute("SELECT * FROM open_window WHERE ends_at > ? ORDER BY starts_at, id", (at,))
    return [
        {
            **dict(row),
            **{key: moment(row[key]) for key in ("at", "starts_at", "ends_at")},
            "state": "open" if row["starts_at"] <= at else "planned",
        }
        for row in rows
    ]


def lowered(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the runbooks whose steps have to be approved because too few runs have helped."""
    rows = connection.execute("SELECT runbook, at, reason FROM open_trust WHERE lowered ORDER BY runbook")
    return [{**dict(row), "at": moment(row["at"])} for row in rows]


def is_escalated(connection: sqlite3.Connection, episode: int) -> bool:
    """Return whether automation has given up on an alert."""
    rows = connection.execute("SELECT 1 FROM event WHERE episode = ? AND kind = 'escalated'", (episode,))
    return rows.fetchone() is not None


def hands_off(
    connection: sqlite3.Connection, incident: int, services: Collection[str], hosts: Collection[str], at: float
) -> str:
    """Return why automation has to leave an incident with alerts of these alone, an empty text if it may act."""
    if stopped := stop(connection):
        return f"{stopped['person']} stopped all automation: {stopped['reason']}"
    if (held := holder(connection, incident)) and held["took_over"]:
        return f"{held['person']} took over the incident"
    for one in (each for each in windows(connection, at) if each["state"] == "open"):
        if not (one["service"] or one["host"]) or one["service"] in services or one["host"] in hosts:
            until = one["ends_at"][:19].replace("T", " ")
            return f"{one['kind']} until {until} UTC, by {one['person']}: {one['reason']}"
    return ""
