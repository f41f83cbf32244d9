# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Silences that a run does not need any more, also those of an engine that died before it could drop them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..decisions.history import Run, history
from ..journal.reading import Reader
from .progress import progress_of
from .rechecks import Rechecks
from .silences import Silences

__all__ = ["Leftovers"]


class Leftovers:
    """Drops the silences of runs that have ended, or that people were asked to see to."""

    def __init__(self, reader: Reader, rechecks: Rechecks, silences: Silences, clock: Callable[[], float]) -> None:
        self._reader, self._rechecks, self._silences, self._clock = reader, rechecks, silences, clock

    async def drop(self) -> None:
        """Find the silences of before a start, and drop those that are not needed."""
        await self._silences.find(self._clock())
        if found := self._silences.taken_over():
            for run in await asyncio.to_thread(self._of, found):
                await self.drop_of(run, run.outcome)

    async def drop_of(self, run: Run, outcome: str) -> None:
        """Drop the silence of a run, so that people get its alert while it fires."""
        # A recovery that has not got to Alertmanager yet would page people: there, the silence ends by itself.
        if outcome != "recovered" or not await self._rechecks.fires(run):
            await self._silences.drop(run)

    def _of(self, keys: set[str]) -> list[Run]:
        with self._reader.connected() as connection:
            known = [one for one in history(connection, self._clock()).runs if one.key in keys]
            return [one for one in known if one.outcome or progress_of(connection, one, idempotent=False).escalated]
