# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal knows of an incident at one time: its alerts, those of what it depends on, reports of users."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..incidents.correlation import Correlation

__all__ = ["KINDS", "RECENT", "Facts", "Surrounding", "facts", "open_incidents", "surrounding"]

RECENT = 1800.0  # seconds, before which alerts and reports do not count
KINDS = ("service", "dependency", "host", "other")  # of alerts: the same service, one it depends on, the same host
_SURROUNDING = 10  # of an incident, as the journal keeps them for ever
_ALERTS = (
    "SELECT episode.*, open_episode.episode IS NOT NULL AND resolved_at IS NULL AS fires, muted"
    " FROM episode LEFT JOIN open_episode ON open_episode.episode = episode.id"
)
_FIRES = "service = ? AND incident IN (SELECT incident FROM open_incident) AND fires"


@dataclass(frozen=True)
class Alert:
    """An episode, and whether it fires."""

    id: int
    incident: int
    fires: bool
    labels: Mapping[str, str]
    muted: Mapping[str, Any]
    starts_at: float
    received_at: float


@dataclass(frozen=True, kw_only=True)
class Facts:
    """An incident; `dependencies` have their firing alerts, `recent` are all alerts of half an hour."""

    incident: int
    alerts: tuple[Alert, ...]
    services: frozenset[str]
    dependencies: Mapping[str, tuple[Alert, ...]]
    recent: tuple[Alert, ...]
    reports: tuple[Mapping[str, Any], ...]

    @property
    def firing(self) -> tuple[Alert, ...]:
        """Return its alerts that fire, or all when none does."""
        return tuple(one for one in self.alerts if one.fires) or self.alerts

    @property
    def down(self) -> list[str]:
        """Return the dependencies that are down: those with a critical alert that fires."""
        found = self.dependencies.items()
        return sorted(name for name, alerts in found if any(_is_critical(one) for one in alerts))


@dataclass(frozen=True)
class Surrounding:
    """Alerts of other incidents, each with what it has to do with one: the nearest, and how many more there were.

    They are in the order of KINDS, those of the same kind in that of their times.
    """

    alerts: tuple[tuple[str, Alert], ...]
    more: int


def open_incidents(connection: sqlite3.Connection) -> list[int]:
    """Return the numbers of all that are open."""
    return [row[0] for row in connection.execute("SELECT incident FROM open_incident ORDER BY incident")]


def facts(connection: sqlite3.Connection, correlation: Correlation, number: int, at: float) -> Facts:
    """Return what is known of an incident."""
    alerts = tuple(_found(connection, "incident = ?", number))
    services = frozenset(one.labels["service"] for one in alerts if one.labels.get("service"))
    needed = sorted({below for one in services for below in correlation.needs(one)})
    of_services = f"service IN ({', '.join('?' * len(services))})"
    before = _last_before(connection, at - RECENT)
    return Facts(
        incident=number,
        alerts=alerts,
        services=services,
        dependencies={name: tuple(_found(connection, _FIRES, name)) for name in needed},
        recent=tuple(
            _found(connection, f"episode.id > ? AND (incident = ? OR {of_services})", before, number, *sorted(services))
        ),
        reports=tuple(
            {"at": row["at"], "by": row["source"], "service": row["service"], "text": row["text"]}
            for row in connection.execute(
                f"SELECT * FROM report WHERE incident = ? OR (incident IS NULL AND at > ? AND {of_services})"  # noqa: S608
                " ORDER BY id",
                (number, min((one.received_at for one in alerts), default=at) - RECENT, *sorted(services)),
            )
        ),
    )


def surrounding(connection: sqlite3.Connection, known: Facts, at: float) -> Surrounding:
    """Return the alerts of half an hour that are of other incidents."""
    hosts = {one.labels["host"] for one in known.alerts if one.labels.get("host")}
    near = (("service", sorted(known.services)), ("service", sorted(known.dependencies)), ("host", sorted(hosts)))
    ranks = (
        f"WHEN {column} IN ({', '.join('?' * len(names))}) THEN {rank}" for rank, (column, names) in enumerate(near)
    )
    rows = connection.execute(
        f"SELECT id, CASE {' '.join(ranks)} ELSE {len(near)} END AS rank, count(*) OVER () AS number"  # noqa: S608
        " FROM episode WHERE id > ? AND incident != ? ORDER BY rank, id DESC LIMIT ?",
        (
            *(name for _column, names in near for name in names),
            _last_before(connection, at - RECENT),
            known.incident,
            _SURROUNDING,
        ),
    ).fetchall()
    nearest = sorted((row["rank"], row["id"]) for row in rows)
    alerts = ((KINDS[rank], one) for rank, number in nearest for one in _found(connection, "episode.id = ?", number))
    return Surrounding(tuple(alerts), rows[0]["number"] - len(rows) if rows else 0)


def _last_before(connection: sqlite3.Connection, at: float) -> int:
    row = connection.execute("SELECT id FROM episode WHERE at <= ? ORDER BY id DESC LIMIT 1", (at,)).fetchone()
    return int(row[0]) if row else 0


def _found(connection: sqlite3.Connection, condition: str, *values: Any) -> Iterator[Alert]:
    for row in connection.execute(f"{_ALERTS} WHERE {condition} ORDER BY episode.id", values):
        yield Alert(
            row["id"], row["incident"], bool(row["fires"]), json.loads(row["labels"]), json.loads(row["muted"] or "{}"),
            row["starts_at"], row["at"],
        )  # fmt: skip


def _is_critical(alert: Alert) -> bool:
    return alert.labels.get("severity") == "critical"
