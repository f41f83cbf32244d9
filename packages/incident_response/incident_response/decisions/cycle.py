# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at every open incident again when something has happened to it, and from time to time."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..incidents.correlation import Correlation
from ..journal.entries import Entries
from ..journal.reading import Reader, last_detail
from ..journal.writer import Journal
from ..repeating import repeated
from .choice import Candidate, Choices
from .context import Contexts
from .facts import Facts, Surrounding, facts, open_incidents, surrounding
from .history import History, history
from .prometheus import Firing, Prometheus, Sample
from .score import scored
from .scoring import BAD, differs, inputs
from .watching import Watches
from .weights import Weights

__all__ = ["Cycle"]

_LOG = logging.getLogger(__name__)
_SOON = 1.0  # seconds in which a change is noticed
_TOGETHER = 100  # incidents that are looked at before the journal gets what was found
_OWN = (
    *("context", "scored", "decided", "verified", "escalated", "annotated", "changes", "onset"),
    *("step_started", "step_ended", "step_verified", "approval_wanted", "approved", "dry_run"),
    *("worsened", "stop_wanted"),
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the journal gets."""

    kind: str
    incident: int
    episode: int | None = None
    detail: Mapping[str, Any]


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
        contexts: Contexts,
        choices: Choices,
        watches: Watches,
        interval: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal, self._reader, self._correlation = journal, reader, correlation
        self._prometheus, self._weights, self._interval, self._clock = prometheus, weights, interval, clock
        self._contexts, self._choices, self._watches = contexts, choices, watches
        self._seen = (0, 0)
        self._before: History | None = None
        self._next = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        await repeated(self.once, min(_SOON, self._interval), _LOG, "Incidents could not be looked at")

    async def once(self) -> None:
        """Look at those that have changed, and at an interval at all; verify what runs. Raises JournalError."""
        every = time.monotonic() >= self._next
        seen, numbers, before = await asyncio.to_thread(self._changed, every)
        if every or seen != self._seen:
            await self._lower(before)
        # At the interval also without an incident: that no Prometheus answers is known before one comes.
        if numbers or every:
            firing, bad = await asyncio.gather(self._prometheus.firing(), self._prometheus.query(BAD))
            for first in range(0, len(numbers), _TOGETHER):
                some, at = numbers[first : first + _TOGETHER], self._clock()
                new, found, candidates = await asyncio.to_thread(self._scores, some, firing, bad, before, at)
                for number, detail in await self._contexts.found(new, at):
                    found.append(Finding(kind="context", incident=number, detail=detail))
                for one in await self._choices.decided(candidates, firing, before, at):
                    alert = one.alert
                    found.append(Finding(kind="decided", incident=alert.incident, episode=alert.id, detail=one.detail))
                await self._write(found)
                if candidates:
                    before = await asyncio.to_thread(self._history)
        await self._write(
            Finding(kind="verified", incident=run.incident, episode=run.episode, detail=detail)
            for run, detail in await self._watches.ended(before.going_on(), self._clock())
        )
        self._seen = seen
        if every:
            self._next = time.monotonic() + self._interval

    async def _lower(self, before: History) -> None:
        """Lower the runbooks whose runs failed, or too seldom helped; only people raise them again."""
        lowered, at = self._choices.lowered(before), self._clock()

        def write(connection: sqlite3.Connection) -> None:
            for name, reason in lowered.items():
                Entries(connection, at, "decisions").event("lowered", detail={"runbook": name, "reason": reason})
                connection.execute("INSERT OR REPLACE INTO open_trust VALUES (?, ?, 1, ?)", (name, at, reason))

        if lowered:
            await asyncio.wrap_future(self._journal.write(write))

    def _changed(self, every: bool) -> tuple[tuple[int, int], list[int], History]:
        """Return up to where the journal was seen, open incidents that have changed since or all, and what runs."""
        with self._reader.connected() as connection:
            marks = [connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0] for table in ("event", "report")]  # noqa: S608
            seen = (marks[0] or 0, marks[1] or 0)
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
            # Nothing new: what was read last is read again at the interval alone, as it may be thousands of runs.
            if every or self._before is None or seen != self._seen:
                self._before = history(connection, self._clock())
            return seen, numbers, self._before

    def _history(self) -> History:
        with self._reader.connected() as connection:
            return history(connection, self._clock())

    def _scores(
        self,
        numbers: Iterable[int],
        firing: tuple[Firing, ...] | None,
        bad: tuple[Sample, ...] | None,
        before: History,
        at: float,
    ) -> tuple[list[tuple[Facts, Surrounding]], list[Finding], list[Candidate]]:
        """Return what is new, scores that differ from those in the journal, and alerts for which there are runbooks."""
        found: list[Finding] = []
        new: list[tuple[Facts, Surrounding]] = []
        known: list[Facts] = []
        with self._reader.connected() as connection:
            for number in numbers:
                known.append(facts(connection, self._correlation, number, at))
                score = scored(inputs(known[-1], firing, bad), self._weights)
                if last_detail(connection, number, "context") is None:
                    new.append((known[-1], surrounding(connection, known[-1], at)))
                if differs(score, last_detail(connection, number, "scored")):
                    detail = {"score": score.score, "priority": score.priority, "terms": score.terms}
                    found.append(Finding(kind="scored", incident=number, detail=detail))
            return new, found, self._choices.candidates(connection, known, before, at)

    async def _write(self, found: Iterable[Finding]) -> None:
        """Add to the journal what was found; what is of an incident that has ended meanwhile only if it ran."""
        listed, at = list(found), self._clock()

        def write(connection: sqlite3.Connection) -> None:
            entries = Entries(connection, at, "decisions")
            still = set(open_incidents(connection))
            for one in listed:
                if one.incident in still or one.kind == "verified":
                    entries.event(one.kind, incident=one.incident, episode=one.episode, detail=one.detail)

        if listed:
            await asyncio.wrap_future(self._journal.write(write))
