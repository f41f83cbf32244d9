# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds what changed shortly before each open incident, and keeps it in the journal."""

from __future__ import annotations

import asyncio
import logging
import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ..grafana import Grafana
from ..incidents.correlation import Correlation
from ..journal.entries import Entries
from ..journal.reading import Reader, last_detail
from ..journal.writer import Journal
from ..repeating import repeated
from .deployments import STEP, Scope, changes_of, deployments_query, noted_between, scope_of
from .facts import facts, open_incidents
from .prometheus import Prometheus, Series

__all__ = ["Changes"]

_LOG = logging.getLogger(__name__)
_SOON, _AGAIN = 5.0, 60.0  # seconds until a new incident is looked at, and until what is not known is asked again
_TOGETHER, _WITHIN = 100, 600.0  # incidents of one question, and seconds between their first alerts


class Changes:
    """Finds the changes before each open incident, beside the decisions: who does not answer delays none of them."""

    def __init__(
        self,
        journal: Journal,
        reader: Reader,
        correlation: Correlation,
        *,
        prometheus: Prometheus,
        grafana: Grafana | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal, self._reader, self._correlation = journal, reader, correlation
        self._prometheus, self._grafana, self._clock = prometheus, grafana, clock
        self._known: set[int] = set()
        self._again: dict[int, float] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        await repeated(self.once, _SOON, _LOG, "What changed before incidents could not be found")

    async def once(self) -> None:
        """Find what is not known yet, and write what the journal does not have. Raises JournalError."""
        at = self._clock()
        for some in _together(await asyncio.to_thread(self._scopes, at)):
            found = await self._found(some)
            await asyncio.wrap_future(self._journal.write(partial(_write, found, self._clock())))
            for number, detail in found.items():
                if detail["unknown"]:
                    self._again[number] = at + _AGAIN
                else:
                    self._known.add(number)

    def _scopes(self, at: float) -> list[Scope]:
        """Return the open incidents whose changes are not known, and may be asked for now."""
        with self._reader.connected() as connection:
            numbers = open_incidents(connection)
            self._known &= {*numbers}
            self._again = {number: until for number, until in self._again.items() if number in numbers}
            found = []
            for number in numbers:
                if number in self._known or at < self._again.get(number, 0):
                    continue
                before = last_detail(connection, number, "changes")
                if before and not before["unknown"]:
                    self._known.add(number)
                else:
                    found.append(scope_of(facts(connection, self._correlation, number, at)))
            return found

    async def _found(self, scopes: Sequence[Scope]) -> dict[int, dict[str, Any]]:
        """Return the changes of each incident, and what is not known of them."""
        begin, end = min(one.begin for one in scopes), max(one.end for one in scopes)
        unknown: list[str] = []
        series: Sequence[Series] | None = ()
        if self._prometheus.answered and (query := deployments_query(scopes)):
            # Its last point is that of the end, else what came just before it would be missing.
            start = end - math.ceil((end - begin) / STEP) * STEP
            series = await self._prometheus.series(query, start=start, end=end, step=STEP)
            unknown += ["no Prometheus answers"] if series is None else []
        noted: Sequence[Any] | None = ()
        if self._grafana:
            noted = await self._grafana.asked(partial(noted_between, begin, end))
            unknown += ["Grafana does not answer"] if noted is None else []
        return {one.incident: {**changes_of(one, series or (), noted or ()), "unknown": unknown} for one in scopes}


def _together(scopes: list[Scope]) -> Iterator[list[Scope]]:
    """Yield incidents that began at about the same time, so that one question is not about days."""
    left = sorted(scopes, key=lambda one: one.end)
    while left:
        some = [one for one in left[:_TOGETHER] if one.end <= left[0].end + _WITHIN]
        yield some
        left = left[len(some) :]


def _write(found: Mapping[int, Mapping[str, Any]], at: float, connection: sqlite3.Connection) -> None:
    """Add what the journal knows less of; the post-mortem of an incident that has ended stays as it is."""
    entries = Entries(connection, at, "decisions")
    for number in {*open_incidents(connection)} & found.keys():
        before, now = last_detail(connection, number, "changes"), found[number]
        if before is None or len(now["unknown"]) < len(before["unknown"]):
            entries.event("changes", incident=number, detail=now)
