# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal gets of a run that acts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from ..decisions.history import Run
from ..journal.entries import Entries
from ..journal.writer import Journal
from ..people.escalations import Escalations
from .moves import End
from .paths import path_told
from .progress import Progress

__all__ = ["Notes"]


class Notes:
    """The events of runs. Every method raises JournalError, and returns when they are on the disk."""

    def __init__(self, journal: Journal, escalations: Escalations, clock: Callable[[], float]) -> None:
        self._journal, self._escalations, self._clock = journal, escalations, clock

    async def write(self, run: Run, kind: str, detail: Mapping[str, Any]) -> None:
        """Write an event of a run."""
        await asyncio.wrap_future(self._journal.write(lambda connection: self._note(connection, run, kind, detail)))

    async def escalate(self, run: Run, reason: str) -> None:
        """Write that people have to see to a run."""
        await self.write(run, "escalated", _told(run, reason))

    async def end(self, progress: Progress, end: End, detail: Mapping[str, Any]) -> None:
        """Write the end of a run, and in the same commit that people have to see to it."""
        run = progress.run
        ended = {"outcome": end.outcome, "samples": progress.samples, "acted": progress.acted, **progress.counts(end)}

        def write(connection: sqlite3.Connection) -> None:
            self._note(connection, run, "verified", {**_told(run, end.reason), **ended, **detail})
            if end.escalated and not progress.escalated:
                self._note(connection, run, "escalated", _told(run, end.reason))

        await asyncio.wrap_future(self._journal.write(write))

    def _note(self, connection: sqlite3.Connection, run: Run, kind: str, detail: Mapping[str, Any]) -> None:
        entries = Entries(connection, self._clock(), "automation")
        own = {"incident": run.incident, "episode": run.episode}
        path = path_told(entries, self._escalations, **own) if kind == "escalated" else {}
        entries.event(kind, **own, detail={"decision": run.decision, **detail, **path})


def _told(run: Run, reason: str) -> dict[str, Any]:
    return {"runbook": run.runbook, "hosts": [*run.hosts], "reason": reason}
