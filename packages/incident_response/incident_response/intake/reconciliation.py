# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks every Alertmanager for its alerts, also those that are silenced or inhibited, of which no webhook comes."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from dataclasses import dataclass, field

import httpx

from ..configuration import Alertmanager
from ..journal.schema import JournalError
from ..journal.writer import Journal
from .alert import Alert, AlertError, listed
from .episodes import Episodes, Kinds

__all__ = ["Answers", "Reconciliation"]

_LOG = logging.getLogger(__name__)
_PATIENCE = 10.0  # seconds for the whole answer of an Alertmanager


@dataclass
class Answers:
    """The failure of each Alertmanager, empty if it answered, and when it last did; what was found by it."""

    failures: dict[str, str] = field(default_factory=dict)
    answered_at: dict[str, float] = field(default_factory=dict)
    kinds: Kinds = field(default_factory=Kinds)


class Reconciliation:
    """A comparison of the journal with every Alertmanager, at an interval in seconds."""

    def __init__(
        self, alertmanagers: tuple[Alertmanager, ...], interval: float, journal: Journal, episodes: Episodes
    ) -> None:
        self._alertmanagers, self._interval, self._journal, self._episodes = alertmanagers, interval, journal, episodes
        self.answers = Answers()

    async def run(self) -> None:
        """Compare until cancelled."""
        while True:
            try:
                await self.once()
            except JournalError:
                pass  # which the journal logs
            except Exception:  # noqa: BLE001 - the next one may succeed
                _LOG.exception("A reconciliation failed")
            await asyncio.sleep(self._interval)

    async def once(self) -> None:
        """Compare with those that answer. Raises JournalError."""
        asked_at = time.time()
        found = await asyncio.gather(*(self._asked(one) for one in self._alertmanagers))
        lists = {one.name: alerts for one, alerts in zip(self._alertmanagers, found, strict=True) if alerts is not None}
        write = self._episodes.reconciled(lists, asked_at, time.time())
        self.answers.kinds.update(await asyncio.wrap_future(self._journal.write(write)))

    async def _asked(self, alertmanager: Alertmanager) -> tuple[Alert, ...] | None:
        """Return the alerts of one, or None if it does not answer."""
        try:
            async with asyncio.timeout(_PATIENCE):
                alerts = await _listed_by(alertmanager)
        except (httpx.HTTPError, OSError, ValueError, AlertError) as error:
            self._report(alertmanager.name, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
            return None
        self._report(alertmanager.name, "")
        self.answers.answered_at[alertmanager.name] = time.time()
        return alerts

    def _report(self, name: str, failure: str) -> None:
        """Log a failure when it begins, and its end."""
        before = self.answers.failures.get(name, "")
        self.answers.failures[name] = failure
        if failure and failure != before:
            _LOG.error("The Alertmanager %s does not list its alerts: %s", name, failure)
        elif before and not failure:
            _LOG.info("The Alertmanager %s lists its alerts again", name)


async def _listed_by(alertmanager: Alertmanager) -> tuple[Alert, ...]:
    # The authorities are read each time, as they change without a restart.
    verify = await asyncio.to_thread(ssl.create_default_context, cafile=alertmanager.ca_file)
    auth = (alertmanager.username, alertmanager.password)
    async with httpx.AsyncClient(verify=verify, auth=auth, timeout=_PATIENCE, trust_env=False) as client:
        answer = await client.get(f"{alertmanager.url}/api/v2/alerts")
        answer.raise_for_status()
        return await asyncio.to_thread(lambda: listed(json.loads(answer.content)))
