# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Annotations of incidents in Grafana, which dashboards show: from the onset until the incident is closed.

The journal has which annotation is whose, so what Grafana missed is written once it answers again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from http import HTTPStatus
from typing import Any

import httpx

from ..grafana import Ask, Grafana
from ..journal.entries import Entries
from ..journal.news import newest_event
from ..journal.reading import Reader
from ..journal.writer import Journal
from ..repeating import repeated

__all__ = ["Annotations"]

_LOG = logging.getLogger(__name__)
_SOON = 2.0  # seconds in which a change is noticed
_AGAIN = 60.0  # seconds after which a Grafana that did not answer is asked again
_REMEMBERED = 7 * 86400.0  # seconds after which an incident without an annotation gets none any more
_NEAR = 3_600_000  # milliseconds that an onset may move between a crash and a start
_LONGEST = 500  # characters that all tags of an annotation may have as JSON, in a Grafana with PostgreSQL
_LONGEST_TAG = 100
_NAMED, _LONGEST_NAME = 3, 100  # alerts in a text, and characters of each name
_PLACE = "/api/annotations"
_INCIDENTS = (
    "SELECT incident.id, joined_at, (SELECT max(at) FROM event WHERE event.incident = incident.id"
    " AND kind = 'incident_closed') AS closed_at, (SELECT detail FROM event WHERE event.incident = incident.id"
    " AND kind = 'annotated' ORDER BY id DESC LIMIT 1) AS last"
    " FROM incident LEFT JOIN open_incident ON open_incident.incident = incident.id"
    " WHERE CASE WHEN last IS NULL THEN incident.at > ? ELSE NOT json_extract(last, '$.ended') END"
)
_ALERTS = (
    "SELECT service, starts_at, json_extract(labels, '$.alertname') AS name FROM episode WHERE incident = ? ORDER BY id"
)


@dataclass(frozen=True)
class Due:
    """An incident whose annotation is not as it should be; its number in Grafana is 0 until it is known."""

    incident: int
    annotation: int
    wanted: Mapping[str, Any]
    ended: bool


class Annotations:
    """Writes them, one after the other, beside everything else: a Grafana that is slow delays nothing but them."""

    def __init__(
        self, journal: Journal, reader: Reader, grafana: Grafana, url: str, clock: Callable[[], float] = time.time
    ) -> None:
        """Take `url`, at which people find the engine."""
        self._journal, self._reader, self._grafana = journal, reader, grafana
        self._url, self._clock = url.rstrip("/"), clock
        self._seen = -1
        self._next = 0.0
        self._failed: Counter[int] = Counter()
        self.failures, self.waiting = 0, 0

    async def run(self) -> None:
        """Write until cancelled."""
        await repeated(self.once, _SOON, _LOG, "Annotations could not be written")

    async def once(self) -> None:
        """Write what is missing, until Grafana fails; it is asked again after some time. Raises JournalError."""
        at = self._clock()
        if at < self._next:
            return
        seen, due = await asyncio.to_thread(self._due, at)
        self.waiting = len(due)
        # What Grafana refuses comes last, so that it keeps nothing else waiting.
        for one in sorted(due, key=lambda one: (self._failed[one.incident], one.incident)):
            number = await self._grafana.asked(partial(_written, one))
            if number is None:
                self.failures += 1
                self._failed[one.incident] += 1
                self._next = self._clock() + _AGAIN
                return
            await self._note(one, number)
            self._failed.pop(one.incident, None)
            self.waiting -= 1
        self._seen = seen

    def _due(self, at: float) -> tuple[int, list[Due]]:
        """Return up to where the journal was read, and what is missing; nothing if the journal has not changed."""
        with self._reader.connected() as connection:
            seen = newest_event(connection)
            if seen == self._seen:
                return seen, []
            rows = connection.execute(_INCIDENTS, (at - _REMEMBERED,)).fetchall()
            found = (self._of(connection, row) for row in rows)
            return seen, [one for one in found if one]

    def _of(self, connection: sqlite3.Connection, row: sqlite3.Row) -> Due | None:
        alerts = connection.execute(_ALERTS, (row["id"],)).fetchall()
        services = dict.fromkeys(one["service"] for one in alerts if one["service"])
        if not services:
            return None
        begin = min(one["starts_at"] for one in alerts)
        end = max(begin, row["closed_at"] or begin) if row["joined_at"] is None else begin
        wanted = {
            "time": round(begin * 1000),
            "timeEnd": round(end * 1000),
            "tags": _tags(row["id"], services),
            "text": self._text(row["id"], [one["name"] or "an alert without a name" for one in alerts]),
        }
        last: dict[str, Any] = json.loads(row["last"]) if row["last"] else {"annotation": 0, "wanted": None}
        ended = row["joined_at"] is None
        return Due(row["id"], last["annotation"], wanted, ended) if ended or last["wanted"] != wanted else None

    def _text(self, incident: int, names: Iterable[str]) -> str:
        """Return what Grafana shows, which is HTML: names of alerts are text in it."""
        every = [*dict.fromkeys(names)]
        listed = ", ".join(escape(_printable(one[:_LONGEST_NAME])) for one in every[:_NAMED])
        more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
        return f'<a href="{escape(self._url)}/incidents/{incident}">Incident {incident}</a>: {listed}{more}'

    async def _note(self, one: Due, number: int) -> None:
        def write(connection: sqlite3.Connection) -> None:
            told = {"annotation": number, "wanted": one.wanted, "ended": one.ended}
            Entries(connection, self._clock(), "annotations").event("annotated", incident=one.incident, detail=told)

        await asyncio.wrap_future(self._journal.write(write))


def _tags(incident: int, services: Iterable[str]) -> list[str]:
    """Return the tags: `incident` and the services by which dashboards ask, and that of the incident.

    Grafana parts a tag at a colon, and counts each that begins with the one asked for: with `incident:1` beside it,
    `incident` would be found no more. So no tag has a colon.
    """
    found = ["incident", f"inc-{incident}"]
    for one in (service.strip() for service in services):
        fits = len(one) <= _LONGEST_TAG and len(json.dumps([*found, one]).encode()) <= _LONGEST
        if one and one.isprintable() and ":" not in one and one not in found and fits:
            found.append(one)
    return found


def _printable(text: str) -> str:
    """Return a text without characters that a database or a terminal may not take."""
    return "".join(one if one.isprintable() else " " for one in text)


async def _written(one: Due, ask: Ask) -> int:
    """Return the number of the annotation, once it is as it should be."""
    number = one.annotation or await _there(one, ask)
    if not number:
        return int((await ask("POST", _PLACE, body=one.wanted))["id"])
    try:
        await ask("PATCH", f"{_PLACE}/{number}", body=one.wanted)
    except httpx.HTTPStatusError as error:
        # People have deleted it, and do not want it.
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
    return number


async def _there(one: Due, ask: Ask) -> int:
    """Return the number of an annotation that was made before a crash, 0 if there is none.

    Another journal, of before a loss, had the same numbers, but not at that time.
    """
    near = {"from": str(one.wanted["time"] - _NEAR), "to": str(one.wanted["time"] + _NEAR)}
    found = await ask("GET", _PLACE, tags=["incident", f"inc-{one.incident}"], type="annotation", **near)
    return int(found[0]["id"]) if found else 0
