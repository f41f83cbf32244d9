# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at every open incident again when something has happened to it, and from time to time."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import Any

from ..incidents.correlation import Correlation
from ..journal.entries import Entries
from ..journal.reading import Reader, last_detail
from ..journal.schema import JournalError
from ..journal.writer import Journal
from .facts import Facts, facts, open_incidents
from .prometheus import Firing, Prometheus, Sample
from .score import Impact, Inputs, Score, scored
from .weights import Weights

__all__ = ["Cycle"]

_LOG = logging.getLogger(__name__)
_SOON = 1.0  # seconds in which a change is noticed
_TOGETHER = 100  # incidents that are looked at before the journal gets what was found
_WORTH = 5  # points by which a score has to differ from the last one in the journal
_OWN = ("scored",)
_LOSS = "BusinessMetricDrop"
_BAD = "sli:bad:ratio5m"
_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
_SILENT = "no Prometheus answers"


class Cycle:
    """The decisions about open incidents, all of which are in the journal."""

    def __init__(
        self,
        journal: Journal,
        reader: Reader,
        correlation: Correlation,
        *,
        prometheus: Prometheus,
        weights: Weights,
        interval: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal, self._reader, self._correlation = journal, reader, correlation
        self._prometheus, self._weights, self._interval, self._clock = prometheus, weights, interval, clock
        self._seen = (0, 0)
        self._next = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.once()
            except JournalError:
                pass  # which the journal logs
            except Exception:  # noqa: BLE001 - the next one may succeed
                _LOG.exception("Incidents could not be looked at")
            await asyncio.sleep(min(_SOON, self._interval))

    async def once(self) -> None:
        """Look at those that have changed, and at an interval at all. Raises JournalError."""
        seen, numbers = await asyncio.to_thread(self._changed, time.monotonic() >= self._next)
        if numbers:
            firing, bad = await asyncio.gather(self._prometheus.firing(), self._prometheus.query(_BAD))
            for first in range(0, len(numbers), _TOGETHER):
                some = numbers[first : first + _TOGETHER]
                found = await asyncio.to_thread(self._scores, some, firing, bad, self._clock())
                if found:
                    await asyncio.wrap_future(self._journal.write(_written(found, self._clock())))
        self._seen = seen
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._interval

    def _changed(self, every: bool) -> tuple[tuple[int, int], list[int]]:
        """Return up to where the journal was seen, and the open incidents that have changed since, or all."""
        with self._reader.connected() as connection:
            marks = [connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0] for table in ("event", "report")]  # noqa: S608
            numbers = open_incidents(connection)
            if not every:
                own = ", ".join("?" * len(_OWN))
                rows = connection.execute(
                    f"SELECT incident FROM event WHERE id > ? AND kind NOT IN ({own})"  # noqa: S608
                    " UNION SELECT incident FROM report WHERE id > ?",
                    (self._seen[0], *_OWN, self._seen[1]),
                )
                changed = {row[0] for row in rows}
                numbers = [one for one in numbers if one in changed]
            return (marks[0] or 0, marks[1] or 0), numbers

    def _scores(
        self,
        numbers: Iterable[int],
        firing: tuple[Firing, ...] | None,
        bad: tuple[Sample, ...] | None,
        at: float,
    ) -> dict[int, Score]:
        """Return the scores that differ from those in the journal."""
        found = {}
        with self._reader.connected() as connection:
            for number in numbers:
                known = facts(connection, self._correlation, number, at)
                score = scored(_inputs(known, firing, bad), self._weights)
                if _differs(score, last_detail(connection, number, "scored")):
                    found[number] = score
        return found


def _inputs(known: Facts, firing: tuple[Firing, ...] | None, bad: tuple[Sample, ...] | None) -> Inputs:
    return Inputs(
        severities=[one.labels.get("severity", "") for one in known.firing],
        loss=_loss(known.services, firing),
        bad=_worst(known.services, bad),
        down=known.down,
        recent=len(known.recent),
        reports=len(known.reports),
    )


def _loss(services: frozenset[str], firing: tuple[Firing, ...] | None) -> Impact:
    """Return what is lost a minute, the most of several metrics, as they may count the same loss."""
    if firing is None:
        return Impact(None, _SILENT)
    drops = [one for one in firing if one.labels.get("alertname") == _LOSS and one.labels.get("service") in services]
    amounts = [
        (float(amount[0]), one.labels.get("metric", ""))
        for one in drops
        if (amount := _AMOUNT.match(one.annotations.get("loss_per_minute", "")))
    ]
    if drops and not amounts:
        return Impact(None, "loss_per_unit of the metric is not set")
    return Impact(*max(amounts, default=(0.0, "")))


def _worst(services: frozenset[str], bad: tuple[Sample, ...] | None) -> Impact:
    """Return the share of bad requests of the worst objective."""
    if bad is None:
        return Impact(None, _SILENT)
    ratios = [(one.value, one.labels.get("slo", "")) for one in bad if one.labels.get("service") in services]
    return Impact(*max(ratios)) if ratios else Impact(None, "no objective of its services has samples")


def _differs(score: Score, last: dict[str, Any] | None) -> bool:
    """Return whether a score is worth an entry: small changes come every time."""
    if last is None or score.priority != last["priority"] or abs(score.score - last["score"]) >= _WORTH:
        return True
    return score.unknown != {name for name, term in last["terms"].items() if "unknown" in term}


def _written(found: dict[int, Score], at: float) -> Callable[[sqlite3.Connection], None]:
    def write(connection: sqlite3.Connection) -> None:
        entries = Entries(connection, at, "decisions")
        still = set(open_incidents(connection))
        for number, score in found.items():
            if number in still:
                detail = {"score": score.score, "priority": score.priority, "terms": score.terms}
                entries.event("scored", incident=number, detail=detail)

    return write
