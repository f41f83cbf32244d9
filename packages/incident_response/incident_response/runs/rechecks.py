# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a run may go on: people, silences, its alert and the rest of its incident are looked at after each step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from ..decisions.guards import muted_by_people
from ..decisions.history import Run
from ..decisions.prometheus import Prometheus, may_fire
from ..decisions.rules import Rules
from ..journal.reading import Reader
from ..people.state import hands_off
from .moves import ROLLBACK
from .silences import Silences
from .surroundings import Surroundings

__all__ = ["Rechecks"]

_STATE = "SELECT muted, resolved_at FROM open_episode WHERE episode = ?"


class Rechecks:
    """What stops a run that was allowed."""

    def __init__(
        self, rules: Rules, reader: Reader, prometheus: Prometheus, silences: Silences, clock: Callable[[], float]
    ) -> None:
        self._rules, self._reader, self._clock = rules, reader, clock
        self._prometheus, self._silences = prometheus, silences
        self._surroundings = Surroundings(reader, prometheus, silences, rules.limits.peers_up)

    async def worse(self, run: Run, began: float | None) -> str:
        """Return why the incident is worse than when a run began to act, an empty text if it is not.

        Where people want nothing done they judge it themselves, and nothing is taken back.
        """
        if began is None:
            return ""
        if await asyncio.to_thread(self.people, run):
            return ""
        return await self._surroundings.worse(run, began)

    async def stopped(self, run: Run, step: int, *, worse: bool = False) -> str:
        """Return why a step is not to be started, an empty text if it may be.

        What made an incident worse is taken back even if the alert of the run is resolved.
        """
        if why := await asyncio.to_thread(self._left_to_people, run, worse):
            return why
        if step == ROLLBACK or await self.fires(run):
            return ""
        return "Prometheus does not fire the alert any more"

    def _left_to_people(self, run: Run, worse: bool) -> str:
        return self.people(run) if worse else self.left_alone(run)

    def left_alone(self, run: Run) -> str:
        """Return why people or the end of the alert stop a run, an empty text if they do not."""
        if why := self.people(run):
            return why
        with self._reader.connected() as connection:
            row = connection.execute(_STATE, (run.episode,)).fetchone()
        if row is None or row["resolved_at"] is not None:
            return "the alert is resolved"
        return muted_by_people(json.loads(row["muted"]), self._silences.own)

    def people(self, run: Run) -> str:
        """Return why people want nothing done for a run, an empty text if they do not say so."""
        if self._rules.stop_file.exists():
            return f"{self._rules.stop_file} exists"
        services = {run.labels["service"]} if run.labels.get("service") else set()
        with self._reader.connected() as connection:
            return hands_off(connection, run.incident, services, run.hosts, self._clock())

    async def fires(self, run: Run) -> bool:
        """Return whether Prometheus fires the alert of a run, or may."""
        return may_fire(await self._prometheus.firing(), run.labels)
