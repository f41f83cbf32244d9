# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts of the engine for people: an incident that it could not solve, a step that waits for an approval.

Alertmanager delivers them as any other. Each ends soon after the engine has posted it last.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..journal.moments import moment
from ..journal.news import newest_event
from ..journal.reading import Reader, last_detail
from ..people.escalations import Escalations, Step
from ..people.state import holder
from ..repeating import repeated
from ..servers import Answers, Server, ahead, answer
from .approvals import requests
from .paths import path_of

__all__ = ["Pages"]

_LOG = logging.getLogger(__name__)
_SOON = 1.0  # seconds in which a new one is posted
_AGAIN = 30.0  # seconds after which it is posted again
_TERM = 120.0  # seconds after which it ends by itself
_UNSEEN_FOR = 86400.0  # seconds for which people are asked to look after what is closed already
_URGENT = ("critical", "high")
_LABELS = ("service", "team", "host")
_SAME = ("alertname", "incident", "attempt")  # by which alerts for several receivers are one
_RUNBOOKS = "https://github.com/vigil-observability/vigil.observability/blob/main/docs/runbooks/incidents.md"
_UNSOLVED = (
    "SELECT event.*, labels FROM event JOIN open_incident ON open_incident.incident = event.incident"
    " JOIN episode ON episode.id = event.episode WHERE event.kind = 'escalated' ORDER BY event.id"
)
# What ended without data, as the series may have ended with which its alert was about, until a person has seen it.
_UNSEEN = (
    "SELECT event.*, labels FROM event JOIN episode ON episode.id = event.episode"
    " WHERE event.kind = 'verified' AND event.at > ? AND json_extract(detail, '$.acted')"
    " AND json_extract(detail, '$.outcome') = 'unknown'"
    " AND json_extract(detail, '$.good') = 0 AND json_extract(detail, '$.bad') = 0"
    " AND event.incident NOT IN (SELECT incident FROM open_incident)"
    " AND NOT EXISTS (SELECT 1 FROM event AS later WHERE later.incident = event.incident AND later.id > event.id"
    " AND later.kind IN ('incident_closed', 'noted')) ORDER BY event.id"
)
_WAITING = (
    "SELECT DISTINCT event.incident FROM event JOIN open_incident ON open_incident.incident = event.incident"
    " WHERE event.kind = 'approval_wanted'"
)

Page = tuple[Mapping[str, str], Mapping[str, str], float]  # labels, annotations, and since when
Posted = tuple[Page, float, float]  # from when and until when it is posted


class Pages:
    """What the engine posts to every Alertmanager."""

    def __init__(
        self,
        alertmanagers: Sequence[Server],
        answers: Answers,
        reader: Reader,
        url: str,
        escalations: Escalations,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take `url`, at which people find the engine."""
        self._alertmanagers, self._answers, self._reader = alertmanagers, answers, reader
        self._url, self._escalations, self._clock = url.rstrip("/"), escalations, clock
        self._posted: dict[str, Page] = {}
        self._known: list[Posted] = []
        self._seen = -1
        self._next = 0.0

    async def run(self) -> None:
        """Post until cancelled."""
        await repeated(self.once, _SOON, _LOG, "Alerts for people could not be posted")

    async def once(self) -> None:
        """Post what is new or has ended at once, and all again after some time. Raises JournalError."""
        at = self._clock()
        pages = {json.dumps(labels): (labels, annotations, since) for labels, annotations, since in await self._now(at)}
        ended = [page for key, page in self._posted.items() if key not in pages]
        # Not before it was posted last, as by a clock that has been set back since.
        if not ended and pages.keys() == self._posted.keys() and self._next - _AGAIN <= at < self._next:
            return
        told = [*((page, at + _TERM) for page in pages.values()), *((page, at) for page in ended)]
        if told:
            await asyncio.gather(*(self._answers.of(one, self._posting(told, at)) for one in self._alertmanagers))
        self._posted, self._next = pages, at + _AGAIN

    @property
    def posted(self) -> list[str]:
        """Return the name of each alert that is posted now, once for all receivers of its path."""
        every = [labels for labels, _annotations, _since in self._posted.values()]
        return list({tuple(one.get(key) for key in _SAME): one["alertname"] for one in every}.values())

    async def _now(self, at: float) -> list[Page]:
        return [page for page, begin, until in await asyncio.to_thread(self._read, at) if begin <= at < until]

    def _read(self, at: float) -> list[Posted]:
        """Return what the journal has for people, each with its times, which is read again after an event alone."""
        with self._reader.connected() as connection:
            if (seen := newest_event(connection)) != self._seen:
                self._known = [
                    *_escalated(connection, self._escalations),
                    *_unseen(connection, self._escalations, at),
                    *_unapproved(connection, self._escalations),
                ]
                self._seen = seen
            return self._known

    def _posting(self, told: Sequence[tuple[Page, float]], at: float) -> Callable[[Server], Any]:
        """Return what posts alerts that end at times, of which the clock of the server decides."""

        async def post(server: Server) -> None:
            later = ahead(server)
            body = [self._alert(page, min(page[2], at) + later, ends_at + later) for page, ends_at in told]
            await answer(server, "/api/v2/alerts", method="POST", body=body)

        return post

    def _alert(self, page: Page, starts_at: float, ends_at: float) -> dict[str, Any]:
        labels, annotations, _since = page
        link = f"{self._url}/incidents/{labels['incident']}"
        return {
            "labels": labels,
            "annotations": {**annotations, "incident_url": link},
            "startsAt": moment(starts_at),
            "endsAt": moment(ends_at),
            "generatorURL": link,
        }


def _escalated(connection: sqlite3.Connection, escalations: Escalations) -> Iterator[Posted]:
    """Yield the open incidents that automation did not solve and that nobody has."""
    last = {row["incident"]: row for row in connection.execute(_UNSOLVED)}
    for incident, row in last.items():
        if holder(connection, incident) is None:
            summary = f"Incident {incident} is not solved: {_what(row)} did not help"
            page = _page(connection, "IncidentEscalated", row, summary, json.loads(row["detail"])["reason"])
            path = path_of(connection, escalations, incident, row["episode"], row["at"])
            yield from _on_path(page, path, row["at"], math.inf)


def _unseen(connection: sqlite3.Connection, escalations: Escalations, at: float) -> Iterator[Posted]:
    """Yield the incidents whose alerts were gone before a verification ended that found no data."""
    for row in connection.execute(_UNSEEN, (at - _UNSEEN_FOR,)).fetchall():
        incident, reason = row["incident"], json.loads(row["detail"])["reason"]
        summary = (
            f"Incident {incident} may not be solved: its alert is gone, and nothing measures what {_what(row)} did"
        )
        page = _page(connection, "IncidentEscalated", row, summary, f"{reason}; a note on the incident ends this alert")
        path = path_of(connection, escalations, incident, row["episode"], row["at"])
        yield from _on_path(page, path, row["at"], row["at"] + _UNSEEN_FOR)


def _what(row: sqlite3.Row) -> str:
    """Return which runbook an event is about, and where it was run."""
    told = json.loads(row["detail"])
    return f"{told['runbook']} on {', '.join(told['hosts'])}"


def _unapproved(connection: sqlite3.Connection, escalations: Escalations) -> Iterator[Posted]:
    for incident in [row["incident"] for row in connection.execute(_WAITING)]:
        for one in requests(connection, incident):
            if one.state == "waiting":
                row = connection.execute(
                    "SELECT event.*, labels FROM event JOIN episode ON episode.id = episode WHERE event.id = ?",
                    (one.decision,),
                ).fetchone()
                told = json.loads(row["detail"])
                step, hosts = told["plan"][one.step - 1]["step"], ", ".join(told["hosts"])
                page = _page(
                    connection, "IncidentNeedsApproval", row,
                    f"Incident {incident} waits for an approval until {moment(one.until)}",
                    f"{told['runbook']} wants to run {step} on {hosts}",
                    attempt=one.attempt,
                )  # fmt: skip
                path = path_of(connection, escalations, incident, one.episode, one.since)
                yield from _on_path(page, path, one.since, one.until)


def _on_path(page: Page, path: Sequence[Step], at: float, until: float) -> Iterator[Posted]:
    """Yield an alert for each receiver of its path, who keeps it when the next one gets it, too."""
    labels, annotations, since = page
    if not path:
        yield page, -math.inf, until
    for step in path:
        begin = at + step.after if step.after else -math.inf
        yield ({**labels, "escalation": step.receiver}, annotations, max(begin, since)), begin, until


def _page(
    connection: sqlite3.Connection, name: str, row: sqlite3.Row, summary: str, description: str, **more: str
) -> Page:
    labels = json.loads(row["labels"])
    priority = (last_detail(connection, row["incident"], "scored") or {}).get("priority", "")
    named = {key: labels[key] for key in _LABELS if labels.get(key)}
    severity = "warning" if {priority, labels.get("severity")}.isdisjoint(_URGENT) else "critical"
    own = {"alertname": name, "incident": str(row["incident"]), "severity": severity}
    told = {"summary": summary, "description": description, "runbook_url": f"{_RUNBOOKS}#{name.lower()}"}
    return {**named, **own, **more}, told, row["at"]
