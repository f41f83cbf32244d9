# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks every Alertmanager for its alerts, also those that are silenced or inhibited, of which no webhook comes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from ..decisions.prometheus import Firing, may_fire
from ..journal.writer import Journal
from ..repeating import repeated
from ..servers import Answers, Server, answer
from .alert import Alert, listed
from .episodes import Episodes

__all__ = ["Reconciliation"]

_LOG = logging.getLogger(__name__)


class Reconciliation:
    """A comparison of the journal with every Alertmanager, at an interval in seconds."""

    def __init__(
        self,
        alertmanagers: tuple[Server, ...],
        interval: float,
        journal: Journal,
        episodes: Episodes,
        firing: Callable[[], Awaitable[Sequence[Firing] | None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take what Prometheus fires, None if that is not known."""
        self._alertmanagers, self._interval, self._journal, self._episodes = alertmanagers, interval, journal, episodes
        self._firing, self._clock = firing, clock
        self.answers = Answers("Alertmanager")

    async def run(self) -> None:
        """Compare until cancelled."""
        await repeated(self.once, self._interval, _LOG, "A reconciliation failed")

    async def once(self) -> None:
        """Compare with those that answer. Raises JournalError."""
        asked_at = self._clock()
        asked = asyncio.gather(*(self.answers.of(one, _listed_by) for one in self._alertmanagers))
        firing, found = await asyncio.gather(self._firing(), asked)
        lists = {one.name: alerts for one, alerts in zip(self._alertmanagers, found, strict=True) if alerts is not None}
        write = self._episodes.reconciled(lists, asked_at, self._clock(), partial(may_fire, firing))
        await asyncio.wrap_future(self._journal.write(write))


async def _listed_by(alertmanager: Server) -> tuple[Alert, ...]:
    found = await answer(alertmanager, "/api/v2/alerts")
    return await asyncio.to_thread(listed, found)
