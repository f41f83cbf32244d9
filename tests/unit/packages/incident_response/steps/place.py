# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands for systemd and for the target, so that attempts run on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps import (
    Attempts,
    Host,
    Spec,
    State,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.runner import Runner
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import PACKAGE
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.step_socket import StepSocket

__all__ = ["Place"]

COLLECTIONS = PACKAGE.parent / "runbook_steps"
# Writes down how it is called, and runs the command here instead.
_SSH = """#!/bin/sh
printf '%s\\n' "$*" >> "{calls}"
for last; do :; done
exec sh -c "$last"
"""
_PLAY = """- hosts: "{{ step_hosts }}"
  gather_facts: false
  tasks:
"""


class Place:
    """A data directory, its steps, a target that is this machine, and a socket that starts runners."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.playbooks, self.folder_of_attempts, self.ssh = (folder / name for name in ("steps", "attempts", "ssh"))
        self.calls, self.marks = folder / "calls", folder / "marks"
        programs = folder / "bin"
        for made in (self.playbooks, self.folder_of_attempts, self.ssh, programs):
            made.mkdir()
        (programs / "ssh").write_text(_SSH.format(calls=self.calls))
        (programs / "ssh").chmod(0o755)
        (programs / "python3").symlink_to(sys.executable)
        self.runner = Runner(self.folder_of_attempts, self.ssh, COLLECTIONS, f"{programs}:/usr/bin:/bin")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.attempts = self.attempts_with(self.playbooks)
        self.start_runners = True
        self._socket = StepSocket(folder / "socket", self._start)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()

    def _start(self, connection: socket.socket) -> None:
        if self.start_runners:
            self.processes.append(self.started(connection.fileno()))

    def started(self, descriptor: int) -> subprocess.Popen[bytes]:
        """Start a runner as systemd does: its input and its answer are a connection."""
        program = [sys.executable, "-c", _PROGRAM, str(self.folder_of_attempts), str(self.ssh)]
        environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "COLLECTIONS": str(COLLECTIONS)}
        environment["SEARCH_PATH"] = self.runner.search_path
        return subprocess.Popen(program, stdin=descriptor, stdout=descriptor, env=environment)

    def attempts_with(self, playbooks: Path) -> Attempts:
        """Return the engine's side with these steps."""
        return Attempts(self.folder_of_attempts, socket=self.folder / "socket", playbooks=playbooks)

    def step(self, tasks: str, name: str = "mend") -> None:
        """Write a step with these tasks."""
        (self.playbooks / f"{name}.yml").write_text(_PLAY + "".join(f"    {line}\n" for line in tasks.splitlines()))

    def marking_step(self, then: str = "true") -> None:
        """Write a step that leaves a mark each time it runs."""
        self.step(f'- ansible.builtin.raw: echo once >> "{self.marks}"; {then}')

    def holding_step(self) -> Path:
        """Write a step that leaves a mark, ignores signals, and ends when a file is gone, or a minute later."""
        hold = self.folder / "hold"
        hold.touch()
        self.marking_step(f"trap '' TERM INT; for i in $(seq 600); do test -e '{hold}' || break; sleep 0.1; done")
        return hold

    def spec(self, attempt: str = "inc-1-s1-a1", **changed: Any) -> Spec:
        """Return an attempt."""
        told = {"runbook": "shop_down", "step": "mend", "holder": "mon1", "seconds": 60, **changed}
        return Spec(attempt=attempt, host=Host(name="web1", address="192.0.2.7"), **told)

    def state(self, attempt: str = "inc-1-s1-a1") -> State:
        """Return the state of an attempt."""
        return self.attempts.state(attempt)

    @staticmethod
    def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds."""
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, f"It does not hold within {seconds} seconds."
            time.sleep(0.02)


# The program of the runner, with the collections and the ssh of the test.
_PROGRAM = """
import os, sys
from pathlib import Path
from incident_response.steps import __main__, runner
own = runner.Runner
__main__.Runner = lambda attempts, ssh: own(attempts, ssh, Path(os.environ["COLLECTIONS"]), os.environ["SEARCH_PATH"])
sys.exit(__main__.main(["--attempts", sys.argv[1], "--ssh", sys.argv[2]]))
"""
