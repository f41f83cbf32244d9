# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is there before an engine and after it was killed: its hosts, what they are asked to do, and the monitoring."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.moments import moment
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    listing,
    named,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lives import (
    Clock,
    Death,
    Reach,
    live,
    run_step,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.mesh import Mesh
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.step_socket import StepSocket

__all__ = ["Renewal", "World", "seconds"]

_DOWN = named("TargetDown", host="web1", job="node_exporter", instance="web1:9100", service="shop", team="sales")
_UP = 'up{job="node_exporter", instance="web1:9100"}'
_PEERS = 'max by (host) (up{job="node_exporter"})'
_RESTARTED = 5.0  # seconds until systemd has started an engine again
# Stands for Python with ansible-playbook: writes down for which attempt it runs, and does the step, which is a script.
_PROGRAM = """#!/bin/sh
for last; do :; done
case $last in */release_host.yml) exit 0;; esac
echo "${PWD##*-s}" >> ../../ran
while test -e "../../hold-${PWD##*-s}"; do sleep 0.005; done
exec /bin/sh "$last"
"""
# Processes without the threads of this one are forks of one server, which is much quicker than to start each anew.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([live.__module__, "httpcore", "anyio._backends._asyncio"])
_STARTING = threading.Lock()  # a process is waited for by whoever starts the next one, too


@dataclass(frozen=True)
class Renewal:
    """A silence that was posted at a time, until another one."""

    at: float
    until: float


class _Timed(Mesh):
    """An Alertmanager whose silences end, with the alert of the world while it fires."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self.renewals: list[Renewal] = []

    def told(self, path: str) -> Any:
        """Return what is answered at a path."""
        if path == "/api/v2/silences":
            return list(self._timed().values())
        if not self._world.fires:
            return []
        return [listing(_DOWN, ends_at=self._world.clock.now + 240, silenced_by=self.held())]

    def take(self, path: str, told: Any) -> Any:
        """Keep what is posted with the time, and return what is answered."""
        if path == "/api/v2/silences":
            self.renewals.append(Renewal(self._world.clock.now, seconds(told["endsAt"])))
        return super().take(path, told)

    def end(self, number: str) -> None:
        """End a silence at this time."""
        self.silences[number]["endsAt"] = moment(self._world.clock.now)
        super().end(number)

    def held(self) -> list[str]:
        """Return the silences that have not ended."""
        self._timed()
        return super().held()

    def _timed(self) -> dict[str, dict[str, Any]]:
        for one in self.silences.values():
            if seconds(one["endsAt"]) <= self._world.clock.now:
                one["status"]["state"] = "expired"
        return self.silences


class _Seen(Replica):
    """A Prometheus that sees what steps have done."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def told(self, path: str) -> Any:
        """Return what is answered at a path."""
        self.samples = {_UP: [({}, one) for one in self._world.values], _PEERS: [({"host": "web3"}, 1)]}
        self.fire(*([_DOWN] if self._world.fires else []))
        return super().told(path)


class World:
    """One incident whose alert is in the journal, and the servers and hosts around its engine."""

    def __init__(
        self,
        folder: Path,
        certificates: Certificates,
        runbook: Mapping[str, Any],
        steps: Mapping[str, str],
        *,
        stops: bool = False,
    ) -> None:
        """Take what each step does as a script, which writes the values that Prometheus sees then to ../../up.

        With `stops`, a person stops the run once a step has started.
        """
        folder.mkdir()
        if stops:
            (folder / "stops").touch()
        self.folder, self._runbook = folder, runbook
        self.clock = Clock(folder / "clock", NOW)
        self.mesh, self._replica = _Timed(self), _Seen(self)
        self.reach = Reach(folder, self._replica.url, self.mesh.url, certificates)
        self._runners: list[BaseProcess] = []
        self._up = folder / "up"
        self._up.write_text("0")
        for made in ("steps", "bin", "ssh"):
            (folder / made).mkdir()
        for name, script in steps.items():
            (folder / f"steps/{name}.yml").write_text(script)
        (folder / "bin/python").write_text(_PROGRAM)
        (folder / "bin/python").chmod(0o755)
        intake = Intake(folder)
        intake.notify(notified(_DOWN))
        intake.journal.close()
        self._socket = StepSocket(folder / "socket", self._start)

    def __enter__(self) -> Self:
        self.mesh.__enter__()
        self._replica.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        with _STARTING:
            for runner in self._runners:
                runner.join(10)
        self._replica.__exit__(kind, error, trace)
        self.mesh.__exit__(kind, error, trace)

    @property
    def values(self) -> list[float]:
        """Return the values of the series that are verified."""
        return [float(one) for one in self._up.read_text().split()]

    @property
    def fires(self) -> bool:
        """Return whether Prometheus fires the alert."""
        return 0 in self.values

    @property
    def ran(self) -> list[str]:
        """Return the end of the name of each attempt each time that it ran, such as 1-h1-a1."""
        file = self.folder / "ran"
        return file.read_text().split() if file.exists() else []

    def live(self, death: Death = Death()) -> list[str]:  # noqa: B008 - it is frozen
        """Have an engine live until it is killed or its run has ended; return its writes up to the end of the run."""
        if death.running:
            self.reach.held(death.running).touch()
        receiver, sender = _CONTEXT.Pipe(duplex=False)
        with receiver:
            process = _started(live, self.reach, self._runbook, death, sender)
            sender.close()
            try:
                writes: list[str] = receiver.recv()
            except EOFError:
                writes = []
        code = _ended(process)
        assert code == (0 if death == Death() else -signal.SIGKILL), f"{death}: {code}"
        self.clock.pass_(_RESTARTED)
        return writes

    def incident(self) -> dict[str, Any]:
        """Return the incident."""
        intake = Intake(self.folder)
        try:
            return intake.incident(1)
        finally:
            intake.journal.close()

    def _start(self, connection: socket.socket) -> None:
        self._runners.append(_started(run_step, connection, self.folder))


def _started(*what: Any) -> BaseProcess:
    process = _CONTEXT.Process(target=what[0], args=what[1:])
    with _STARTING:
        process.start()
    return process


def _ended(process: BaseProcess) -> int | None:
    wait([process.sentinel])
    with _STARTING:
        process.join()
    return process.exitcode


def seconds(text: str) -> float:
    """Return the seconds since 1970 of a time as APIs tell it."""
    return datetime.fromisoformat(text).timestamp()
