# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal with an intake, of which tests choose the time."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.packages.incident_response.incident_response.configuration import (
    Application,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.incidents.cause import (
    cause_among,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.incidents.correlation import (
    Correlation,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.intake.alert import (
    listed,
    notification,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.intake.episodes import (
    Episodes,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.reading import Reader
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.writer import Journal
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.accounts import (
    Accounts,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.actions import Actions
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.escalations import (
    Escalations,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import NOW, webhook
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import ACCOUNTS

__all__ = ["Intake"]

# The web shop needs its cart, and that needs the database.
_APPLICATIONS = {
    "shop": Application("sales", ("cart",)),
    "cart": Application("sales", ("database",)),
    "database": Application("storage", ()),
    "wiki": Application("office", ()),
}


class Intake:
    """What the service does with what it gets, at the time `now`."""

    def __init__(self, folder: Path, now: float = NOW) -> None:
        self.now = now
        self.journal = Journal(folder)
        self.correlation = Correlation(_APPLICATIONS, 1800)
        self.episodes = Episodes(self.correlation, started_at=now)
        self.actions = Actions(Accounts(ACCOUNTS), {name: one.team for name, one in _APPLICATIONS.items()})
        self.cause = partial(cause_among, self.correlation)
        self.reader = Reader(self.journal.path, self.cause, Escalations())

    def notify(self, *alerts: Mapping[str, Any], sender: str = "http://mon1:9093") -> dict[str, int]:
        """Return what a notification of these alerts was, by kind."""
        told = notification(webhook(*alerts, sender=sender))
        return dict(self.journal.write(self.episodes.notified(told, self.now)).result(10))

    def reconcile(
        self, *lists: list[dict[str, Any]] | None, asked_ago: float = 1, fires: bool = True
    ) -> dict[str, int]:
        """Return what was new in the list of each Alertmanager; None is one that does not answer."""
        answered = {f"mon{number}": listed(one) for number, one in enumerate(lists, 1) if one is not None}
        write = self.episodes.reconciled(answered, self.now - asked_ago, self.now, lambda _labels: fires)
        return dict(Counter(self.journal.write(write).result(10)))

    def act(self, action: str, person: str = "anna", incident: int = 1, **fields: str) -> dict[str, Any]:
        """Return what is true after a person has done something with an incident."""
        return self._done(self.actions.on_incident(action, incident, person, fields, self.now))

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Give a list that gets each statement by which the journal is read."""
        whole, found = self.reader.connected, list[str]()

        @contextmanager
        def connected() -> Iterator[sqlite3.Connection]:
            with whole() as connection:
                found.append("BEGIN")
                connection.set_trace_callback(found.append)
                yield connection

        self.reader.connected = connected  # type: ignore[method-assign]
        try:
            yield found
        finally:
            self.reader.connected = whole  # type: ignore[method-assign]

    def automate(self, action: str, person: str = "anna", **fields: str) -> dict[str, Any]:
        """Return what is true after a person has stopped or resumed automation."""
        return self._done(self.actions.on_automation(action, person, fields, self.now))

    def trust(self, runbook: str, person: str = "anna", **fields: str) -> dict[str, Any]:
        """Return what is true after a person has trusted a runbook again."""
        return self._done(self.actions.on_runbook(runbook, person, fields, self.now))

    def open_window(self, person: str = "anna", **fields: Any) -> int:
        """Return the number of a window that a person has opened."""
        told = {"kind": "maintenance", "reason": "new disks", "minutes": 60, **fields}
        return int(self._done(self.actions.windows.open(person, told, self.now))["window"])

    def end_window(self, number: int, person: str = "anna") -> None:
        """Have a person end a window."""
        self._done(self.actions.windows.end(number, person, {}, self.now))

    def _done(self, write: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return self.journal.write(write).result(10)

    def incidents(self, state: str = "open") -> list[dict[str, Any]]:
        """Return the incidents of a state, the newest first."""
        return self.reader.incidents(state=state, before=2**62, limit=100)

    def incident(self, number: int) -> dict[str, Any]:
        """Return an incident that there is."""
        found = self.reader.incident(number)
        assert found is not None
        return found

    def open(self) -> tuple[int, int]:
        """Return how many episodes and how many incidents are open."""
        found = self.reader.open_ones()
        return found["episode"], found["incident"]
