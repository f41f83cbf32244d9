# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's side: it writes attempts, has systemd start them, and looks at how they are."""

from __future__ import annotations

import shutil
import socket
import tempfile
from pathlib import Path

from .output import Output, output_of
from .spec import NAME, Spec, StepError, write_spec
from .state import Kind, State, cancel, is_cancelled, state_of

__all__ = ["PLAYBOOKS", "SOCKET", "Attempts"]

SOCKET = Path("/run/incident_step.socket")
# Beside this package in its environment.
PLAYBOOKS = Path(__file__).parents[2] / "ansible_collections/vigil/observability/playbooks/steps"
_PATIENCE = 10.0  # seconds until the runner answers
_LONGEST_ANSWER = 4096


class Attempts:
    """The attempts in a directory, each in one of its own with its name."""

    def __init__(self, folder: Path, *, socket: Path = SOCKET, playbooks: Path = PLAYBOOKS) -> None:
        self._folder, self._socket, self._playbooks = folder, socket, playbooks

    def start(self, spec: Spec) -> State:
        """Start an attempt unless it has started before, and return its state.

        After a failure, `state` says whether it started all the same. Raises StepError, OSError.
        """
        self._write(spec)
        if self.state(spec.attempt).kind is Kind.NEVER_STARTED:
            answer = self._asked(spec.attempt)
            state = self.state(spec.attempt)
            if state.kind is Kind.NEVER_STARTED:
                raise StepError(answer or "As many steps run as may run at once.")
        return self.state(spec.attempt)

    def state(self, name: str) -> State:
        """Return the state of an attempt, whoever started it. Raises OSError, StepError."""
        return state_of(self.place(name))

    def place(self, name: str) -> Path:
        """Return the directory of an attempt. Raises StepError for what is no name of one."""
        if not NAME.fullmatch(name):
            raise StepError(f"{name!r} is not the name of an attempt.")
        return self._folder / name

    def cancel(self, name: str) -> State:
        """Have its runner end an attempt, or not start it, and return its state: it runs until all of it has ended.

        Raises OSError, StepError.
        """
        if (place := self.place(name)).is_dir() and not is_cancelled(place):
            cancel(place)
        return self.state(name)

    def output(self, name: str) -> Output:
        """Return what was done in an attempt, with diffs, and why it failed, if it says so."""
        return output_of(self.place(name))

    def forget(self, before: float) -> None:
        """Remove the attempts that ended before a time, in seconds since 1970. Raises OSError."""
        for place in self._folder.iterdir() if self._folder.is_dir() else ():
            if place.stat().st_mtime < before and state_of(place).kind is not Kind.RUNNING:
                shutil.rmtree(place)

    def _write(self, spec: Spec) -> None:
        """Write the directory of an attempt, whole or not at all; one that is there already is left as it is."""
        place, playbook = self.place(spec.attempt), self._playbooks / f"{spec.step}.yml"
        if place.is_dir():
            return
        if not spec.content and not playbook.is_file():
            raise StepError(f"There is no step {spec.step}.")
        self._folder.mkdir(mode=0o700, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=self._folder, prefix="."))
        try:
            write_spec(unfinished, spec, playbook)
            unfinished.rename(place)
        except OSError:
            shutil.rmtree(unfinished)
            raise

    def _asked(self, name: str) -> str:
        """Return what the runner answers, nothing if the connection is closed. Raises OSError."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect(str(self._socket))
            try:
                connection.sendall(f"{name}\n".encode())
                with connection.makefile("rb") as answer:
                    return answer.readline(_LONGEST_ANSWER).decode(errors="replace").strip()
            except (BrokenPipeError, ConnectionResetError):
                return ""
