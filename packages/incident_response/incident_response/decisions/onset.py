# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the conditions of alerts began to hold: the expressions of their rules, evaluated for the time before."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..journal.entries import Entries
from ..journal.reading import Reader
from ..journal.writer import Journal
from ..repeating import repeated
from .facts import open_incidents
from .prometheus import Active, Prometheus

__all__ = ["Onsets"]

_LOG = logging.getLogger(__name__)
_SOON = 1.0  # seconds in which a new incident is noticed
_AGAIN = 30.0  # seconds after which a Prometheus that did not answer is asked again
_BEFORE, _STEP = 7200.0, 30.0
_TOGETHER = 1800.0  # seconds after the first alert in which others have become active that are searched with it
# Rules are of people who may write costly ones: so many alerts are searched by one query, so many queries at once.
_ALERTS, _INCIDENTS, _LONGEST = 5, 4, 5.0
_NEW = (
    "SELECT incident FROM open_incident WHERE incident > ? AND NOT EXISTS"
    " (SELECT 1 FROM event WHERE event.incident = open_incident.incident AND kind = 'onset')"
    " ORDER BY incident LIMIT ?"
)
_NEWEST = "SELECT max(?, coalesce(max(incident), 0)) FROM open_incident"
_LABELS = "SELECT id, labels FROM episode WHERE incident = ? ORDER BY id LIMIT ?"
_NO_RULE = {"unknown": "no rule of Prometheus has it"}
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Onsets:
    """Searches the onset of new incidents, beside the decisions about them, which do not wait for it."""

    def __init__(
        self, journal: Journal, reader: Reader, prometheus: Prometheus, clock: Callable[[], float] = time.time
    ) -> None:
        self._journal, self._reader, self._prometheus, self._clock = journal, reader, prometheus, clock
        self._last = 0
        self._next = 0.0

    async def run(self) -> None:
        """Search until cancelled."""
        await repeated(self.once, _SOON, _LOG, "The onset of incidents could not be searched")

    async def once(self) -> None:
        """Search that of a few new incidents, once for each that Prometheus answers. Raises JournalError."""
        at = self._clock()
        if at < self._next or not (new := await asyncio.to_thread(self._new)):
            return
        active = await self._prometheus.active()
        if active is None:
            self._next = at + _AGAIN
            return
        await asyncio.gather(*(self._search(number, alerts, active) for number, alerts in new.items()))
        self._last = max(new)

    def _new(self) -> dict[int, dict[int, Mapping[str, str]]]:
        """Return the labels of the first alerts of each incident whose onset was not searched yet."""
        with self._reader.connected() as connection:
            numbers = [row[0] for row in connection.execute(_NEW, (self._last, _INCIDENTS))]
            if not numbers:
                self._last = connection.execute(_NEWEST, (self._last,)).fetchone()[0]
            return {
                number: {one["id"]: json.loads(one["labels"]) for one in connection.execute(_LABELS, (number, _ALERTS))}
                for number in numbers
            }

    async def _search(self, incident: int, alerts: Mapping[int, Mapping[str, str]], active: Sequence[Active]) -> None:
        known = {one: first for one, labels in alerts.items() if (first := _first(labels, active))}
        found: dict[int, Mapping[str, Any]] = dict.fromkeys(alerts.keys() - known.keys(), _NO_RULE)
        if known:
            begin = min(one.active_at for one in known.values())
            known = {number: one for number, one in known.items() if one.active_at <= begin + _TOGETHER}
            series = await self._prometheus.series(
                " or ".join(_named(number, one) for number, one in known.items()),
                start=begin - _BEFORE,
                end=max(one.active_at for one in known.values()) + _STEP,
                step=_STEP,
                at_most=_LONGEST,
            )
            points = {one.labels.get("alert"): one.points for one in series or ()}
            for number, one in known.items():
                told = _onset(points.get(str(number), ()), one.active_at, begin - _BEFORE)
                found[number] = {"active_at": one.active_at, **told}
        await asyncio.wrap_future(self._journal.write(self._writing(incident, found)))

    def _writing(self, incident: int, found: Mapping[int, Mapping[str, Any]]) -> Callable[[sqlite3.Connection], None]:
        """Return what writes what was found, unless the incident has ended meanwhile."""

        def write(connection: sqlite3.Connection) -> None:
            if incident in open_incidents(connection):
                entries = Entries(connection, self._clock(), "decisions")
                for number, detail in sorted(found.items()):
                    entries.event("onset", incident=incident, episode=number, detail=detail)

        return write


def _first(labels: Mapping[str, str], active: Sequence[Active]) -> Active | None:
    """Return the alert of a rule that an alert of Alertmanager is, as the replica has it that saw it first."""
    own = (one for one in active if one.labels.items() <= labels.items())
    return min(own, key=lambda one: one.active_at, default=None)


def _named(number: int, alert: Active) -> str:
    """Return an expression of one series, which is there when that of the rule has the series of the alert.

    What a rule adds to the labels is not in its expression. So the answer is as short for a rule with thousands of
    series.
    """
    own = sorted(one for one in alert.labels if one not in alert.added and _NAME.fullmatch(one))
    only = "vector(1)"
    for name in own:
        value = json.dumps(alert.labels[name].replace("$", "$$"), ensure_ascii=False)
        only = f'label_replace({only}, "{name}", {value}, "", "")'
    counted = f"count(({alert.expression}) and on ({', '.join(own)}) {only})" if own else f"count({alert.expression})"
    return f'label_replace({counted}, "alert", "{number}", "", "")'


def _onset(points: Sequence[tuple[float, float]], active_at: float, earliest: float) -> dict[str, Any]:
    """Return when the points that end at a time without a gap begin, or why that is unknown."""
    if not points:
        return {"unknown": "Prometheus could not evaluate its expression for the time before"}
    found = active_at
    for at in (at for at, _value in reversed(points) if at < active_at + 1):
        if found - at > 1.5 * _STEP:
            break
        found = min(found, at)
    if found < earliest + 1:
        return {"unknown": f"its expression held for all of the {_BEFORE / 3600:g} hours before it was active"}
    return {"onset": found}
