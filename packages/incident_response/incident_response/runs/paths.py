# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The escalation path of an alert, as what the journal knows of its incident chooses it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from ..journal.entries import Entries
from ..journal.reading import last_detail
from ..people.escalations import Escalations, Step

__all__ = ["path_of", "path_told"]


def path_of(
    connection: sqlite3.Connection, escalations: Escalations, incident: int, episode: int, at: float
) -> tuple[Step, ...]:
    """Return who gets what is escalated at a time; the priority is the last one of the incident."""
    row = connection.execute("SELECT labels FROM episode WHERE id = ?", (episode,)).fetchone()
    priority = (last_detail(connection, incident, "scored") or {}).get("priority", "")
    return escalations.path(priority=priority, labels=json.loads(row["labels"]), at=at)


def path_told(entries: Entries, escalations: Escalations, incident: int, episode: int) -> dict[str, Any]:
    """Return what an event tells of the path that begins with it, nothing without one."""
    path = path_of(entries.connection, escalations, incident, episode, entries.at)
    return {"path": [{"receiver": one.receiver, "after": one.after} for one in path]} if path else {}
