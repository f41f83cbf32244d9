# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The post-mortem of an incident: what the journal knows, in a fixed order: the same journal gives the same bytes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ..journal.moments import moment
from ..journal.reading import Reader
from .figures import ANSWERS, lasted, lost
from .lessons import lessons
from .timeline import timeline

__all__ = ["post_mortem"]

_BEFORE = 1800.0  # seconds before an incident in which other alerts may have to do with it
_REMEMBERED = 30 * 86400.0  # seconds before an incident in which it recurs
_MOST = 50  # other alerts
_KEPT = ("id", "state", "severity", "priority", "score", "terms", "services", "teams", "cause", "reports")


def post_mortem(reader: Reader, incident: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of an incident. Raises JournalError."""
    with reader.connected() as connection:
        around = {"recurrences": _recurrences(connection, incident), **_along(connection, incident)}
    answered_at = next((one["at"] for one in incident["events"] if one["kind"] in ANSWERS), None)
    active_at = min(one["starts_at"] for one in incident["alerts"])
    entries = timeline(incident)
    found = {
        **{key: incident[key] for key in _KEPT},
        "times": {
            "onset": incident["onset"],
            "alert_active": active_at,
            "received": incident["opened_at"],
            "acknowledged": answered_at,
            "acted": _first(incident, "step_started"),
            "recovered": _first(incident, "step_verified", outcome="recovered"),
            "closed": incident["closed_at"],
        },
        "seconds": {
            "to_detect": _seconds(incident["onset"], incident["opened_at"]),
            "to_receive": _seconds(active_at, incident["opened_at"]),
            "to_acknowledge": _seconds(incident["opened_at"], answered_at),
            "to_resolve": _seconds(incident["opened_at"], incident["closed_at"]),
        },
        "lost": _lost(incident),
        "saved_seconds": sum(one.get("saved_seconds", 0) for one in incident["events"]),
        "alerts": [_alert(one) for one in incident["alerts"]],
        "muted": [_muted(one) for one in incident["events"] if one["kind"] == "muted"],
        "changes": incident["changes"],
        **around,
        "decisions": [asdict(one) for one in entries if one.group == "decision"],
        "tried": [asdict(one) for one in entries if one.group == "automation"],
        "timeline": [asdict(one) for one in entries],
    }
    return {**found, "action_items": lessons(found, incident)}


def _first(incident: Mapping[str, Any], kind: str, **values: str) -> str | None:
    """Return when an event of a kind with these values happened first, None if none did."""
    found = (one["at"] for one in incident["events"] if one["kind"] == kind and values.items() <= one.items())
    return next(found, None)


def _lost(incident: Mapping[str, Any]) -> dict[str, float | None]:
    """Return what was lost while the incident was open, or until its last event."""
    scores = [(_at(one["at"]), one["terms"]) for one in incident["events"] if one["kind"] == "scored"]
    return asdict(lost(scores, _at(incident["closed_at"] or incident["events"][-1]["at"])))


def _recurrences(connection: sqlite3.Connection, incident: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return earlier incidents with the alert that is the cause of this one."""
    fingerprint = next(one["fingerprint"] for one in incident["alerts"] if one["id"] == incident["cause"]["alert"])
    rows = connection.execute(
        "SELECT DISTINCT incident.id, incident.at FROM incident JOIN episode ON episode.incident = incident.id"
        " WHERE fingerprint = ? AND incident.id < ? AND incident.at > ? ORDER BY incident.id",
        (fingerprint, incident["id"], _at(incident["opened_at"]) - _REMEMBERED),
    )
    return [{"incident": row["id"], "at": moment(row["at"])} for row in rows]


def _along(connection: sqlite3.Connection, incident: Mapping[str, Any]) -> dict[str, Any]:
    """Return alerts of the same teams in other incidents, from shortly before this one until its end.

    These are the first of them, and how many came later.
    """
    last = incident["closed_at"] or incident["events"][-1]["at"]
    rows = connection.execute(
        "SELECT incident, at, labels, count(*) OVER () AS number FROM episode"
        " WHERE incident != ? AND at BETWEEN ? AND ?"
        " AND json_extract(labels, '$.team') IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?",
        (incident["id"], _at(incident["opened_at"]) - _BEFORE, _at(last), json.dumps(incident["teams"]), _MOST),
    ).fetchall()
    return {
        "along": [
            {"incident": row["incident"], "at": moment(row["at"]), **_named(json.loads(row["labels"]))} for row in rows
        ],
        "along_later": rows[0]["number"] - len(rows) if rows else 0,
    }


def _alert(alert: Mapping[str, Any]) -> dict[str, Any]:
    times = {key: alert[key] for key in ("starts_at", "received_at", "ended_at")}
    return {**_named(alert["labels"]), "state": alert["state"], **times, "joined_because": alert["joined_because"]}


def _named(labels: Mapping[str, str]) -> dict[str, str]:
    names = {"name": "alertname", "severity": "severity", "service": "service", "host": "host"}
    return {key: labels.get(label, "") for key, label in names.items()}


def _muted(event: Mapping[str, Any]) -> dict[str, Any]:
    keys: Iterable[str] = ("at", "alert", "silenced_by", "inhibited_by")
    return {key: event[key] for key in keys}


def _seconds(begin: str | None, end: str | None) -> float | None:
    return None if begin is None or end is None else lasted(_at(begin), _at(end))


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
