# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What processes do that are really killed: an engine from its start to its end, and the runner of an attempt."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.packages.incident_response.incident_response.intake.reconciliation import (
    Reconciliation,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.fields import (
    ActionError,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.servers import Server
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps import (
    Attempts,
    __main__,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.state import (
    Kind,
    state_of,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking

__all__ = ["AFTERWARDS", "Clock", "Death", "Mortal", "Reach", "live", "mortal", "run_step"]

_WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT")
_TICK = 10.0  # seconds that pass between two looks
_RECONCILED = 30.0
AFTERWARDS = 200.0  # seconds that an engine lives on after the end of its run, in which any silence ends
_PATIENCE = 60.0  # seconds, real ones, in which a step ends


@dataclass(frozen=True)
class Death:
    """When a process is killed: before or after a write of its journal, or while an attempt runs; or not at all."""

    write: int = 0
    side: str = ""
    running: str = ""


class Mortal(sqlite3.Connection):
    """A connection that ends its process before or after one of its writes."""

    death = Death()
    writes: list[str] = []  # noqa: RUF012 - of the process

    def execute(self, statement: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Execute a statement, and count it if it writes."""
        counts = statement.startswith(_WRITES)
        Mortal.writes += [statement.partition(" ")[0]] * counts
        number = len(Mortal.writes) if counts else -1
        if (number, "before") == (Mortal.death.write, Mortal.death.side):
            os.kill(os.getpid(), signal.SIGKILL)
        cursor = super().execute(statement, parameters)
        if (number, "after") == (Mortal.death.write, Mortal.death.side):
            os.kill(os.getpid(), signal.SIGKILL)
        return cursor


def mortal(death: Death) -> None:
    """Have the journals of this process be written by connections that end it."""
    Mortal.death = death
    setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Mortal))  # noqa: B010 - it has overloads


class Clock:
    """A time that all processes share, which passes when one of them says so."""

    def __init__(self, file: Path, now: float = 0) -> None:
        self._file = file
        if now:
            self._keep(now)

    @property
    def now(self) -> float:
        """Return the seconds since 1970."""
        return float(self._file.read_text())

    def pass_(self, seconds: float) -> None:
        """Have time pass."""
        self._keep(self.now + seconds)

    def _keep(self, now: float) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(repr(now))
        new.replace(self._file)


@dataclass(frozen=True)
class Reach:
    """Where an engine finds its journal and its attempts, a Prometheus by its URL, and an Alertmanager by its own."""

    folder: Path
    url: str
    alertmanager: str
    certificates: Certificates

    def held(self, attempt: str) -> Path:
        """Return the file which an attempt waits for to be gone, by the end of its name such as 1-h1-a1."""
        return self.folder / f"hold-{attempt}"


def live(reach: Reach, runbook: Mapping[str, Any], death: Death, told: Connection) -> None:
    """Be an engine until some time after the end of its run, and tell what was written until then."""
    mortal(death)
    life = _Life(reach, runbook, death)
    while not life.is_over():
        life.look()
        if life.ended_at and not told.closed:
            told.send(Mortal.writes)
            told.close()
    life.end()


class _Life:
    """An engine that looks at its only incident as its clock has it."""

    def __init__(self, reach: Reach, runbook: Mapping[str, Any], death: Death) -> None:
        folder, authority = reach.folder, str(reach.certificates.authority)
        self._reach, self._death, self._clock = reach, death, Clock(folder / "clock")
        self._next = 0.0
        self.ended_at = 0.0
        self._runner = asyncio.Runner()
        self.intake = Intake(folder, self._clock.now)
        self._looking = Looking(self.intake, reach, reach.certificates, folder)
        self._looking.alertmanagers = [Server("mon1", reach.alertmanager, "me", "word", authority)]
        self._attempts = Attempts(folder / "attempts", socket=folder / "socket", playbooks=folder / "steps")
        self._looking.run = self._runner.run
        self._looking.known["service"] = self._attempts
        self._looking.follow(dict(runbook), interval=3600)
        self._reconciliation = Reconciliation(
            tuple(self._looking.alertmanagers),
            _RECONCILED,
            self.intake.journal,
            self.intake.episodes,
            self._looking.prometheus.firing,
            clock=lambda: self.intake.now,
        )

    def look(self) -> None:
        """Do once what the tasks of the service do, and what people do, and then let time pass."""
        self.intake.now = self._clock.now
        if self.intake.now >= self._next:
            self._next = self.intake.now + _RECONCILED
            self._runner.run(self._reconciliation.once())
        self._looking.act()
        self._looking.page()
        kinds = self._kinds()
        if "approval_wanted" in kinds:
            self._act("approve")
        if "step_started" in kinds and (self._reach.folder / "stops").exists():
            self._act("stop")
        if "verified" in kinds and not self.ended_at:
            self.ended_at = self.intake.now
        self._wait()
        self._clock.pass_(AFTERWARDS if self.ended_at else _TICK)

    def is_over(self) -> bool:
        """Return whether it has lived for long enough after the end of its run."""
        return bool(self.ended_at) and self._clock.now > self.ended_at + AFTERWARDS

    def end(self) -> None:
        """End as a service does that is stopped."""
        self._runner.close()
        self.intake.journal.close()

    def _kinds(self) -> set[str]:
        with self.intake.reader.connected() as connection:
            return {row["kind"] for row in connection.execute("SELECT DISTINCT kind FROM event")}

    def _act(self, action: str) -> None:
        """Do something as a person does, who tries again while the engine has not acknowledged it."""
        acknowledged = self._reach.folder / "acknowledged"
        if not acknowledged.exists():
            with suppress(ActionError):  # it was, and the answer got lost
                self.intake.act(action)
            acknowledged.touch()

    def _wait(self) -> None:
        """Die while an attempt runs if that is to be, or wait for its end."""
        if self._death.running and any(one.match(f"*-s{self._death.running}") for one in self._running()):
            os.kill(os.getpid(), signal.SIGKILL)
        if not self._death.running:
            for one in self._reach.folder.glob("hold-*"):
                one.unlink()
        until = time.monotonic() + _PATIENCE
        while any(self._ends(one) for one in self._running()):
            assert time.monotonic() < until, "A step does not end."
            time.sleep(0.002)

    def _ends(self, attempt: Path) -> bool:
        """Return whether an attempt ends by itself, or because it has been cancelled by now."""
        return not (self._reach.folder / "stops").exists() or (attempt / "cancel").exists()

    def _running(self) -> list[Path]:
        places = (self._reach.folder / "attempts").glob("inc-*")
        return [one for one in places if state_of(one).kind is Kind.RUNNING]


def run_step(connection: socket.socket, folder: Path) -> None:
    """Be the runner of an attempt, as systemd starts it for each connection, with a program in place of Ansible."""
    for descriptor in (0, 1):
        os.dup2(connection.fileno(), descriptor)
    connection.close()
    sys.stdin = os.fdopen(0)
    sys.prefix = str(folder)  # where it finds bin/python
    sys.exit(__main__.main(["--attempts", str(folder / "attempts"), "--ssh", str(folder / "ssh")]))
