# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal shows of incidents. Each question is answered from one state of the journal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from ..people.escalations import Escalations
from ..people.state import holder, teams
from ..runs.approvals import Request, requests
from ..runs.stops import running
from .moments import moment
from .schema import JournalError, read_only, remedy

__all__ = ["SEVERITIES", "Reader", "last_detail", "onset_of"]

Cause = Callable[[Sequence[Mapping[str, Any]]], Mapping[str, Any]]
SEVERITIES = ("critical", "high", "warning", "info")
_LISTED = (
    *("id", "state", "opened_at", "closed_at", "severity", "services", "teams", "alerts", "open_alerts", "cause"),
    *("holder", "priority", "score"),
)
_UNSCORED: Mapping[str, Any] = {"score": None, "priority": "", "terms": {}}


def last_detail(connection: sqlite3.Connection, incident: int, kind: str) -> dict[str, Any] | None:
    """Return what the last event of a kind says of an incident, None without one."""
    row = connection.execute(
        "SELECT detail FROM event WHERE incident = ? AND kind = ? ORDER BY id DESC LIMIT 1", (incident, kind)
    ).fetchone()
    return json.loads(row[0]) if row else None


class Reader:
    """Reads a journal; `cause` names the cause among the alerts of an incident."""

    def __init__(self, path: Path, cause: Cause, escalations: Escalations) -> None:
        self._path, self._cause, self._escalations = path, cause, escalations

    def incidents(
        self, *, state: str, before: int, limit: int, visible: Callable[[Sequence[str]], bool] = lambda _teams: True
    ) -> list[dict[str, Any]]:
        """Return the newest incidents, `open`, `closed` or `all`, with numbers below one, of visible teams.

        Raises JournalError.
        """
        condition = {"open": "joined_at IS NOT NULL", "closed": "joined_at IS NULL", "all": "1"}[state]
        with self.connected() as connection:
            statement = "SELECT id FROM incident LEFT JOIN open_incident ON incident = id WHERE id < ?"
            rows = connection.execute(f"{statement} AND {condition} ORDER BY id DESC", (before,))
            numbers = (row["id"] for row in rows if visible(teams(connection, row["id"])))
            found = [self._incident(connection, number) for number in islice(numbers, limit)]
        return [{key: one[key] for key in _LISTED} for one in found if one]

    def incident(self, number: int) -> dict[str, Any] | None:
        """Return one incident with its alerts, events and reports, None if there is none. Raises JournalError."""
        with self.connected() as connection:
            if (found := self._incident(connection, number)) is None:
                return None
            events = connection.execute(
                "SELECT * FROM event WHERE incident = ? AND kind NOT IN ('context', 'changes', 'annotated')"
                " ORDER BY id",
                (number,),
            ).fetchall()
            told = [
                {
                    "at": moment(row["at"]),
                    "kind": row["kind"],
                    "source": row["source"],
                    "alert": row["episode"],
                    **_detail(row["detail"]),
                }
                for row in events
            ]
            reports = connection.execute("SELECT * FROM report WHERE incident = ? ORDER BY id", (number,))
            return {
                **{key: found[key] for key in _LISTED},
                "terms": found["terms"],
                "onset": moment(onset_of(events)),
                "context": _context(last_detail(connection, number, "context")),
                "changes": last_detail(connection, number, "changes"),
                "decisions": (decisions := _decisions(events)),
                "running": running(decisions, told),
                "escalation": self._escalations.of_incident(found, events),
                "approvals": [
                    {**_waiting(one, decisions), "escalation": self._escalations.told(found, one.episode, one.since)}
                    for one in requests(connection, number)
                    if one.state == "waiting"
                ],
                "alerts": found["members"],
                "events": told,
                "reports": [
                    {"at": moment(row["at"]), "by": row["source"], "service": row["service"], "text": row["text"]}
                    for row in reports
                ],
            }

    def open_by_priority(self) -> dict[str, int]:
        """Return how many incidents of each priority are open; of those without a score yet, it is empty."""
        with self.connected() as connection:
            rows = connection.execute(
                "SELECT coalesce(json_extract((SELECT detail FROM event WHERE event.incident = open_incident.incident"
                " AND kind = 'scored' ORDER BY id DESC LIMIT 1), '$.priority'), ''), count(*) FROM open_incident"
                " GROUP BY 1"
            )
            return {row[0]: row[1] for row in rows}

    def open_ones(self) -> dict[str, int]:
        """Return how many episodes and incidents are open. Raises JournalError."""
        with self.connected() as connection:
            return {
                kind: int(connection.execute(f"SELECT count(*) FROM open_{kind}").fetchone()[0])  # noqa: S608
                for kind in ("episode", "incident")
            }

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one state of the journal. Raises JournalError."""
        try:
            connection = read_only(self._path)
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise JournalError(f"The journal cannot be read: {error}{remedy(error)}") from error

    def _incident(self, connection: sqlite3.Connection, number: int) -> dict[str, Any] | None:
        row = connection.execute(
            "SELECT incident.*, joined_at, (SELECT max(event.at) FROM event WHERE event.incident = incident.id"
            " AND kind = 'incident_closed') AS closed_at"
            " FROM incident LEFT JOIN open_incident ON open_incident.incident = incident.id WHERE incident.id = ?",
            (number,),
        ).fetchone()
        if row is None:
            return None
        members = [
            _member(one)
            for one in connection.execute(
                "SELECT episode.*, muted, resolved_at, open_episode.starts_at AS moved_to,"
                " (SELECT detail FROM event WHERE event.episode = episode.id AND kind = 'closed') AS closed"
                " FROM episode LEFT JOIN open_episode ON open_episode.episode = episode.id"
                " WHERE incident = ? ORDER BY episode.id",
                (number,),
            )
        ]
        found = {one["labels"].get("severity", "") for one in members}
        return {
            "id": number,
            "state": "closed" if row["joined_at"] is None else "open",
            "opened_at": moment(row["at"]),
            "closed_at": moment(row["closed_at"]),
            "severity": next((one for one in SEVERITIES if one in found), ""),
            "services": sorted({one["labels"]["service"] for one in members if one["labels"].get("service")}),
            "teams": teams(connection, number),
            "alerts": len(members),
            "open_alerts": sum(one["state"] != "gone" for one in members),
            "cause": self._cause(members),
            "holder": holder(connection, number),
            **(last_detail(connection, number, "scored") or _UNSCORED),
            "members": members,
        }


def _context(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what surrounded the begin of an incident, None until that is known."""
    return {**told, "active_at": moment(told["active_at"])} if told else None


def onset_of(events: Sequence[sqlite3.Row]) -> float | None:
    """Return the earliest onset of its alerts, None while that of the one which was active first is unknown."""
    told = [json.loads(row["detail"]) for row in events if row["kind"] == "onset"]
    first: Mapping[str, Any] = min(
        (one for one in told if "active_at" in one), key=lambda one: float(one["active_at"]), default={}
    )
    return min(one["onset"] for one in told if "onset" in one) if "onset" in first else None


def _decisions(events: Sequence[sqlite3.Row]) -> list[dict[str, Any]]:
    """Return what was decided about alerts, each with what its verification found, once it has ended."""
    found: dict[int, dict[str, Any]] = {}
    for row in events:
        if row["kind"] == "decided":
            decided = {"at": moment(row["at"]), "alert": row["episode"], **json.loads(row["detail"])}
            own: dict[str, Any] = {"attempts": [], "dry_runs": [], "verification": None}
            found[row["id"]] = {"decision": row["id"], **decided, **own}
        elif row["kind"] == "step_started":
            told = json.loads(row["detail"])
            started = {key: told[key] for key in ("attempt", "step", "host", "name", "parameters")}
            found[told["decision"]]["attempts"].append({**started, "started_at": moment(row["at"]), "outcome": ""})
        elif row["kind"] == "step_ended":
            told = json.loads(row["detail"])
            attempt = next(one for one in found[told["decision"]]["attempts"] if one["attempt"] == told["attempt"])
            ended = {key: told[key] for key in ("outcome", "reason", "text")}
            attempt.update(ended, ended_at=moment(row["at"]))
        elif row["kind"] == "dry_run":
            told = json.loads(row["detail"])
            found[told.pop("decision")]["dry_runs"].append({**told, "at": moment(row["at"])})
        elif row["kind"] == "verified":
            told = json.loads(row["detail"])
            known = ("outcome", "reason", "samples", "good", "bad", "acted")
            shown = {key: told[key] for key in known if key in told}
            found[told["decision"]]["verification"] = {"at": moment(row["at"]), **shown}
    return list(found.values())


def _waiting(wanted: Request, decisions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a step that waits for an approval, as it would be run."""
    decided = next(one for one in decisions if one["decision"] == wanted.decision)
    step = decided["plan"][wanted.step - 1]
    return {"attempt": wanted.attempt, "until": moment(wanted.until), "hosts": decided["hosts"], **step}


def _member(row: sqlite3.Row) -> dict[str, Any]:
    """Return an episode as people see it, an alert."""
    muted = json.loads(row["muted"] or "{}")
    closed = json.loads(row["closed"] or "{}")
    state = "gone" if row["muted"] is None else "resolved" if row["resolved_at"] is not None else "firing"
    return {
        "id": row["id"],
        "state": state,
        "fingerprint": row["fingerprint"],
        "labels": json.loads(row["labels"]),
        "annotations": json.loads(row["annotations"]),
        "generator": row["generator"],
        "received_at": moment(row["at"]),
        "starts_at": moment(row["starts_at"]),
        "ended_at": moment(closed.get("ended_at")),
        "silenced_by": muted.get("silenced_by", []),
        "inhibited_by": muted.get("inhibited_by", []),
        "joined_because": row["joined_because"],
    }


def _detail(text: str) -> dict[str, Any]:
    """Return what an event says of itself, with its times as text."""
    told = json.loads(text)
    return {key: moment(value) if isinstance(value, float) else value for key, value in told.items()}
