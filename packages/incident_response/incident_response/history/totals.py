# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Totals of all incidents that the journal has. What happened is never changed there, so each event is read once."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field

from ..decisions.guards import GUARDS, REFUSED
from ..decisions.weights import PRIORITIES
from ..journal.news import newest_event
from ..journal.reading import SEVERITIES, onset_of
from .figures import ANSWERS, lasted, lost

__all__ = ["Sum", "Totals"]

_OTHER = "other"  # every severity but the usual ones
_TARGET = "target"  # in place of a guard: the runbook has no host on which it could act
_NEWEST = "SELECT coalesce(max(id), 0) FROM incident"
_OPENED = (
    "SELECT json_extract(labels, '$.severity'), count(*) FROM incident JOIN episode ON episode.id ="
    " (SELECT min(one.id) FROM episode AS one WHERE one.incident = incident.id)"
    " WHERE incident.id > ? AND incident.id <= ? GROUP BY 1"
)
_KINDS = ("decided", "step_ended", "escalated", "onset", *ANSWERS, "incident_closed")
_NEWS = (
    "SELECT event.*, incident.at AS opened_at FROM event JOIN incident ON incident.id = event.incident"  # noqa: S608
    f" WHERE event.id > ? AND kind IN ({', '.join('?' * len(_KINDS))}) ORDER BY event.id"
)
_OF_INCIDENT = "SELECT * FROM event WHERE incident = ? AND kind = ? ORDER BY id"
_EARLIER = f"SELECT 1 FROM event WHERE incident = ? AND id < ? AND kind IN ({', '.join('?' * len(ANSWERS))})"  # noqa: S608


@dataclass
class Sum:
    """A sum, and of how many incidents it is: of those of which the amount is known."""

    total: float = 0.0
    count: int = 0

    def add(self, amount: float | None) -> None:
        """Add what an incident has, unless that is unknown. A sum never falls: that would be taken for a restart."""
        if amount is not None:
            self.total += max(0.0, amount)
            self.count += 1


@dataclass
class Totals:
    """What all incidents come to, as far as the journal was read.

    Times are in seconds, as post-mortems have them. What was lost is added when an incident closes, and is in the
    currency of the business metrics, and in seconds in which every request would have failed. `refused` is how often
    each guard did, in decisions that are in the journal.
    """

    opened: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*SEVERITIES, _OTHER), 0))
    closed: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*PRIORITIES, ""), 0))
    refused: dict[str, int] = field(default_factory=lambda: dict.fromkeys((_TARGET, *GUARDS), 0))
    escalated: int = 0
    to_detect: Sum = field(default_factory=Sum)
    to_acknowledge: Sum = field(default_factory=Sum)
    to_resolve: Sum = field(default_factory=Sum)
    revenue: Sum = field(default_factory=Sum)
    budget: Sum = field(default_factory=Sum)
    _event: int = 0
    _incident: int = 0

    def may_be_of(self, connection: sqlite3.Connection) -> bool:
        """Return whether a journal has all that was read; one that began anew has not."""
        return newest_event(connection) >= self._event

    def read(self, connection: sqlite3.Connection) -> None:
        """Add what the journal has got since it was last read."""
        newest = int(connection.execute(_NEWEST).fetchone()[0])
        for severity, number in connection.execute(_OPENED, (self._incident, newest)):
            self.opened[severity if severity in self.opened else _OTHER] += number
        for event in connection.execute(_NEWS, (self._event, *_KINDS)):
            self._add(connection, event)
        self._incident, self._event = newest, newest_event(connection)

    def _add(self, connection: sqlite3.Connection, event: sqlite3.Row) -> None:
        match event["kind"]:
            case "decided":
                self._refuse(event)
            case "step_ended":
                # Whether a host grants its lease is not known before a step begins there.
                self.refused["lease"] += json.loads(event["detail"])["outcome"] == REFUSED
            case "escalated":
                self.escalated += 1
            case "onset":
                self._detect(connection, event)
            case "incident_closed":
                self._close(connection, event)
            case _ if not connection.execute(_EARLIER, (event["incident"], event["id"], *ANSWERS)).fetchone():
                self.to_acknowledge.add(lasted(event["opened_at"], event["at"]))

    def _refuse(self, event: sqlite3.Row) -> None:
        told = json.loads(event["detail"])
        names = [one["guard"] for one in told["guards"] if one["answer"] == REFUSED]
        for name in names if told["hosts"] else (_TARGET,):
            if name in self.refused:  # another release may have had other guards
                self.refused[name] += 1

    def _detect(self, connection: sqlite3.Connection, event: sqlite3.Row) -> None:
        """Add how long it took to detect an incident; the onsets of its alerts are written together."""
        found = connection.execute(_OF_INCIDENT, (event["incident"], "onset")).fetchall()
        if found[0]["id"] == event["id"] and (onset := onset_of(found)) is not None:
            self.to_detect.add(lasted(onset, event["opened_at"]))

    def _close(self, connection: sqlite3.Connection, event: sqlite3.Row) -> None:
        rows = connection.execute(_OF_INCIDENT, (event["incident"], "scored"))
        scores = [(row["at"], json.loads(row["detail"])) for row in rows]
        self.closed[scores[-1][1]["priority"] if scores else ""] += 1
        self.to_resolve.add(lasted(event["opened_at"], event["at"]))
        found = lost([(at, score["terms"]) for at, score in scores], event["at"])
        self.revenue.add(found.revenue)
        self.budget.add(None if found.bad_minutes is None else 60 * found.bad_minutes)
