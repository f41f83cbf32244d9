# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Episodes: an alert is open from its first sight until it is gone, whatever is sent of it meanwhile.

Two replicas, and restarts of Prometheus or Alertmanager, send the same alert with other times of its start, again,
late, or not at all. It is gone when it was resolved or its end has passed, or it is silenced and Prometheus fires it no
more, and no Alertmanager that answers lists it.
When none answers, nothing is known and everything stays open.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping

from ..incidents.correlation import Correlation
from ..journal.entries import Entries
from .alert import Alert, Notification, causes_first
from .rows import OPEN, happened, labels_of, moved, open_row, resolved

__all__ = ["Episodes"]

# Alertmanager's resolve_timeout: how long an alert whose end nobody gave lasts.
_UNKNOWN_END = 300.0
# How long after the end of an episode a notification of it may still be on its way.
_ON_ITS_WAY = 300.0
# How long an Alertmanager may list an alert that another one has resolved.
_GOSSIP = 60.0
# Seconds from a question until what was noticed meanwhile is in the journal; more by a clock that was set back alone.
_SET_BACK = 60.0
# Alerts that always fire, such as a dead man's switch, are for nobody.
_FOR_NOBODY = "none"


Kinds = Counter[str]


class Episodes:
    """What the journal gets for notifications and for lists of alerts. Its writes run in the journal's thread."""

    def __init__(self, correlation: Correlation, started_at: float) -> None:
        self._correlation, self._started_at = correlation, started_at
        self._ends: dict[str, float] = {}

    def notified(self, told: Notification, at: float) -> Callable[[sqlite3.Connection], Kinds]:
        """Return the write of a notification, which returns how many of its alerts were of what kind."""

        def write(connection: sqlite3.Connection) -> Kinds:
            entries = Entries(connection, at, f"webhook {told.sender}")
            return Counter(self._notified(entries, one) for one in told.alerts if _is_for_somebody(one))

        return write

    def reconciled(
        self,
        lists: Mapping[str, tuple[Alert, ...]],
        asked_at: float,
        at: float,
        fires: Callable[[Mapping[str, str]], bool] = lambda _labels: True,
    ) -> Callable[[sqlite3.Connection], Kinds]:
        """Return the write of what every Alertmanager that answered lists, of which one asked at this time.

        `fires` is whether Prometheus may fire an alert with these labels.
        """
        seen: dict[str, list[tuple[str, Alert]]] = {}
        for name, alerts in lists.items():
            for one in filter(_is_for_somebody, alerts):
                seen.setdefault(one.fingerprint, []).append((name, one))
        inhibited_by = {key: [by for _name, one in found for by in one.inhibited_by] for key, found in seen.items()}
        order = causes_first(inhibited_by)

        def write(connection: sqlite3.Connection) -> Kinds:
            connection.execute("INSERT OR REPLACE INTO open_heartbeat VALUES (1, ?)", (at,))
            kinds: Kinds = Counter()
            for found in map(seen.__getitem__, order):
                names = " ".join(name for name, _alert in found)
                kinds.update(self._listed(Entries(connection, at, f"reconciliation {names}"), found))
            if lists:
                entries = Entries(connection, at, f"reconciliation {' '.join(lists)}")
                for row in connection.execute(OPEN).fetchall():
                    if row["fingerprint"] not in seen and (why := self._gone(row, asked_at, fires)):
                        kinds.update([self._close(entries, row, why)])
            return kinds

        return write

    def _notified(self, entries: Entries, alert: Alert) -> str:
        """Write one alert of a notification, and return what it is."""
        row = open_row(entries, alert.fingerprint)
        if row is None:
            return self._unexpected(entries, alert)
        if labels_of(alert) != row["labels"]:
            detail = {"labels": alert.labels, "reason": "its labels are not those of the episode"}
            return happened(entries, "mismatched", row, detail)
        if alert.resolved:
            return resolved(entries, row, alert)
        self._note_end(alert)
        entries.connection.execute(
            "UPDATE open_episode SET noticed_at = ?, resolved_at = NULL, starts_at = ? WHERE episode = ?",
            (entries.at, alert.starts_at, row["episode"]),
        )
        if row["resolved_at"] is not None:
            return happened(entries, "fires_again", row, {"reason": "it was resolved, and not yet gone"})
        if alert.starts_at != row["starts_at"]:
            return moved(entries, row, alert.starts_at)
        return happened(entries, "repeated", row, {"reason": "the episode is open"})

    def _unexpected(self, entries: Entries, alert: Alert) -> str:
        """Write an alert of which no episode is open: a new one, unless it comes from before the end of the last."""
        if alert.resolved:
            return happened(
                entries, "unknown", None, {"fingerprint": alert.fingerprint, "reason": "no episode is open"}
            )
        last = entries.connection.execute(
            "SELECT episode.id AS episode, episode.incident, event.at, event.detail FROM episode"
            " JOIN event ON event.episode = episode.id AND event.kind = 'closed'"
            " WHERE fingerprint = ? ORDER BY episode.id DESC LIMIT 1",
            (alert.fingerprint,),
        ).fetchone()
        if (
            last
            and entries.at - last["at"] < _ON_ITS_WAY
            and alert.starts_at <= json.loads(last["detail"])["starts_at"]
        ):
            reason = "it started before the last episode ended; if an Alertmanager lists it, it is a new one"
            return happened(entries, "late", last, {"starts_at": alert.starts_at, "reason": reason})
        return self._open(entries, alert)

    def _listed(self, entries: Entries, found: list[tuple[str, Alert]]) -> list[str]:
        """Write what is new of an alert that Alertmanagers list, and return of what kinds that is."""
        alerts = [alert for _name, alert in found]
        for alert in alerts:
            self._note_end(alert)
        row = open_row(entries, alerts[0].fingerprint)
        kinds: list[str] = []
        if row is None:
            kinds.append(self._open(entries, alerts[0]))
            row = open_row(entries, alerts[0].fingerprint)
        elif row["starts_at"] not in {alert.starts_at for alert in alerts}:
            start = min(alert.starts_at for alert in alerts)
            entries.connection.execute(
                "UPDATE open_episode SET starts_at = ? WHERE episode = ?", (start, row["episode"])
            )
            kinds.append(moved(entries, row, start))
        if row is not None:
            kinds += self._still(entries, row, alerts)
        return kinds

    def _still(self, entries: Entries, row: sqlite3.Row, alerts: list[Alert]) -> list[str]:
        """Write that an alert fires although it was resolved, and who has muted it, where that has changed."""
        kinds = []
        if (ended := row["resolved_at"]) is not None and (
            entries.at - row["noticed_at"] > _GOSSIP or any(alert.starts_at > ended for alert in alerts)
        ):
            entries.connection.execute(
                "UPDATE open_episode SET noticed_at = ?, resolved_at = NULL WHERE episode = ?",
                (entries.at, row["episode"]),
            )
            kinds.append(happened(entries, "fires_again", row, {"reason": "it was resolved, and is still listed"}))
        muted = {
            "silenced_by": sorted({one for alert in alerts for one in alert.silenced_by}),
            "inhibited_by": sorted({one for alert in alerts for one in alert.inhibited_by}),
        }
        text = json.dumps({key: names for key, names in muted.items() if names})
        if text != row["muted"]:
            entries.connection.execute("UPDATE open_episode SET muted = ? WHERE episode = ?", (text, row["episode"]))
            kinds.append(happened(entries, "muted" if text != "{}" else "unmuted", row, muted))
        return kinds

    def _open(self, entries: Entries, alert: Alert) -> str:
        """Write a new episode, into the incident that it belongs to."""
        self._note_end(alert)
        service, host = alert.labels.get("service", ""), alert.labels.get("host", "")
        incident, reason = self._correlation.join(entries, service, host, alert.inhibited_by)
        number = entries.add(
            "episode",
            incident=incident,
            fingerprint=alert.fingerprint,
            labels=labels_of(alert),
            annotations=json.dumps(alert.annotations, ensure_ascii=False),
            generator=alert.generator,
            starts_at=alert.starts_at,
            service=service,
            host=host,
            joined_because=reason,
        )
        entries.connection.execute(
            "INSERT INTO open_episode VALUES (?, ?, ?, ?, NULL, '{}')",
            (alert.fingerprint, number, alert.starts_at, entries.at),
        )
        entries.event("opened", incident=incident, episode=number, detail={"starts_at": alert.starts_at})
        return "opened"

    def _gone(self, row: sqlite3.Row, asked_at: float, fires: Callable[[Mapping[str, str]], bool]) -> str:
        """Return why an episode has ended that nobody listed when asked at this time, or nothing if it has not."""
        # Much later than now: the clock was set back.
        if 0 <= row["noticed_at"] - asked_at <= _SET_BACK:
            return ""
        if row["resolved_at"] is not None:
            return "it was resolved, and no Alertmanager lists it"
        # A silence hides that the alert is resolved.
        if "silenced_by" in row["muted"] and not fires(json.loads(row["labels"])):
            return "Prometheus does not fire it, and no Alertmanager lists it"
        return "its end has passed, and no Alertmanager lists it" if self._end_of(row) <= asked_at else ""

    def _close(self, entries: Entries, row: sqlite3.Row, why: str) -> str:
        """Write the end of an episode, and that of its incident with its last episode."""
        ended_at = row["resolved_at"] if row["resolved_at"] is not None else min(self._end_of(row), entries.at)
        self._ends.pop(row["fingerprint"], None)
        incident = entries.connection.execute("SELECT incident FROM episode WHERE id = ?", (row["episode"],)).fetchone()
        detail = {"starts_at": row["starts_at"], "ended_at": ended_at, "reason": why}
        entries.event("closed", incident=incident[0], episode=row["episode"], detail=detail)
        entries.connection.execute("DELETE FROM open_episode WHERE episode = ?", (row["episode"],))
        left = entries.connection.execute(
            "SELECT 1 FROM open_episode JOIN episode ON episode.id = open_episode.episode WHERE incident = ?", incident
        ).fetchone()
        if left is None:
            entries.event("incident_closed", incident=incident[0], detail={"reason": "its last alert is gone"})
            entries.connection.execute("DELETE FROM open_incident WHERE incident = ?", incident)
        return "closed"

    def _note_end(self, alert: Alert) -> None:
        """Remember when an alert ends unless it is sent again. This is in no journal: it changes every minute."""
        if alert.ends_at is not None:
            self._ends[alert.fingerprint] = max(alert.ends_at, self._ends.get(alert.fingerprint, 0.0))

    def _end_of(self, row: sqlite3.Row) -> float:
        """Return when an alert ends unless it is sent again: a notification gives no end, a list does."""
        listed = self._ends.get(row["fingerprint"], 0.0)
        return listed if listed > row["noticed_at"] else max(row["noticed_at"], self._started_at) + _UNKNOWN_END


def _is_for_somebody(alert: Alert) -> bool:
    return alert.labels.get("severity") != _FOR_NOBODY
