# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written into the journal, each a row or two of a transaction that the caller began."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

__all__ = ["Entries"]


class Entries:
    """Writes of one time and one source, such as `alertmanager http://mon1:9093`."""

    def __init__(self, connection: sqlite3.Connection, at: float, source: str) -> None:
        self.connection, self.at, self.source = connection, at, source

    def add(self, table: str, **columns: Any) -> int:
        """Add a row of this time, and return its number."""
        names, marks = ", ".join(columns), ", ?" * len(columns)
        statement = f"INSERT INTO {table} (at, {names}) VALUES (?{marks})"  # noqa: S608 - names are those of the code
        return self.connection.execute(statement, (self.at, *columns.values())).lastrowid or 0

    def event(
        self, kind: str, *, incident: int | None = None, episode: int | None = None, detail: Mapping[str, Any]
    ) -> int:
        """Add what happened to an incident or an episode, or to neither, and return its number."""
        text = json.dumps(detail, ensure_ascii=False)
        return self.add("event", kind=kind, source=self.source, incident=incident, episode=episode, detail=text)

    def incident(self) -> int:
        """Add an incident, which is open, and return its number."""
        number = self.add("incident", source=self.source)
        self.connection.execute("INSERT INTO open_incident VALUES (?, ?)", (number, self.at))
        return number
