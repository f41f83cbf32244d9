# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's side: ansible-playbook for one attempt, in a closed environment."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from .redacting.redaction import Redactor
from .spec import GRACE, NAME, Spec, StepError, read_spec, variables_of
from .state import cancelled, claim, finish, is_cancelled

__all__ = ["Runner"]

_PACKAGES = Path(__file__).resolve().parents[2]
_PARTS = "ansible_collections/vigil/observability/playbooks/parts"
_RELEASED = 20  # seconds for releasing the host after a failure; its lease ends by itself
_NOTICED = 0.2  # seconds until it is seen that an attempt has to end
_LONGEST_OUTPUT = 1 << 18
_SHELL_PATH = "/usr/local/bin:/usr/bin:/bin"
_SETTINGS = {
    "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
    "ANSIBLE_FORCE_COLOR": "false",
    "ANSIBLE_HOST_KEY_CHECKING": "true",
    "ANSIBLE_INVENTORY_ENABLED": "yaml",
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_NOCOLOR": "true",
    "ANSIBLE_PIPELINING": "true",
    "ANSIBLE_STDOUT_CALLBACK": "step_events",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True)
class Runner:
    """Where attempts are, where the SSH key and the keys of hosts are, and what Ansible finds its collections in."""

    attempts: Path
    ssh: Path
    collections: Path = _PACKAGES
    search_path: str = _SHELL_PATH

    def claimed(self, name: str) -> Claimed:
        """Return an attempt that starts now. Raises StepError if it cannot, or has started before; OSError."""
        folder = self.attempts / name
        if not NAME.fullmatch(name) or folder.is_symlink() or not folder.is_dir():
            raise StepError(f"There is no attempt {name!r}.")
        spec, playbook = read_spec(folder)
        if is_cancelled(folder):
            raise StepError(f"The attempt {name} was cancelled before it started.")
        return Claimed(self, folder, spec, playbook, claim(folder))


@dataclass(frozen=True)
class Claimed:
    """An attempt that nobody else starts, with its lock."""

    runner: Runner
    folder: Path
    spec: Spec
    playbook: Path
    lock: int

    def run(self) -> int | None:
        """Run the playbook and return its exit code, None if it was killed: it took too long, or was cancelled.

        Children in sessions of their own end with the unit, after this.
        """
        try:
            code, text = self._ended()
            if code is None and is_cancelled(self.folder):
                cancelled(self.folder, self._let_go())
            (self.folder / "output").write_text(Redactor().stack(text), encoding="utf-8")
            if code is not None:
                finish(self.folder, code)
            return code
        finally:
            os.close(self.lock)

    def _ended(self) -> tuple[int | None, str]:
        """Return the exit code, and what Ansible said beside the events.

        The operator's playbooks do not hold the host, so it is held around them. It is not released after one that was
        killed, of which something may still go on there.
        """
        part = self.runner.collections / _PARTS
        around = (part / "hold_host.yml", part / "release_host.yml") if self.spec.content else None
        playbooks = [around[0], self.playbook, around[1]] if around else [self.playbook]
        code, text = self._played(playbooks, self._seconds, str(self.folder / "events.jsonl"), self.folder)
        if code is None:
            why = "was cancelled" if is_cancelled(self.folder) else f"was not done after {self._seconds} seconds"
            text += f"Killed, because it {why}.\n"
        elif code and around:
            text += self._played([around[1]], _RELEASED, os.devnull)[1]
        return code, text

    def _let_go(self) -> str:
        """Release the host of an attempt that was cancelled, and return what is held still.

        What vigil-action does there for a step of the collection ends once the attempt does not hold the host. Nothing
        ends what a playbook of the operator has begun, so nobody else gets the host before its lease ends.
        """
        if self.spec.content:
            return "its host is not free before the lease ends, as something of its playbook may go on there"
        code, _text = self._played([self.runner.collections / _PARTS / "release_host.yml"], _RELEASED, os.devnull)
        return "its host was released" if code == 0 else "its host could not be released, so its lease has to end"

    @property
    def _seconds(self) -> int:
        """Return after how many seconds it is killed: the operator's playbook before its host is free for others."""
        lease: int = variables_of(self.spec)["step_seconds"]
        return lease if self.spec.content else self.spec.seconds + GRACE

    def _played(
        self, playbooks: Sequence[Path], seconds: int, events: str, cancellable: Path | None = None
    ) -> tuple[int | None, str]:
        """Return the exit code of playbooks, None if they were killed, and what Ansible said beside the events."""
        with tempfile.TemporaryDirectory(prefix="step-") as scratch, tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                self._command(playbooks),
                cwd=self.folder,
                env={**self._environment(scratch), "STEP_EVENTS": events},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                pass_fds=[self.lock],  # held as long as anything runs, whatever becomes of this process
            )
            code = _end_of(process, seconds, cancellable)
            said.seek(-min(said.tell(), _LONGEST_OUTPUT), os.SEEK_END)
            text = said.read().decode(errors="replace")
        return code, text

    def _command(self, playbooks: Sequence[Path]) -> list[str]:
        # Not by the link to the active release, which may be changed while the step runs.
        python = str(Path(sys.prefix).resolve() / "bin/python")
        check = ["--check"] if self.spec.check else []
        files = ["--inventory", "inventory.json", "--extra-vars", "@variables.json"]
        return [python, "-P", "-m", "ansible", "playbook", *files, "--diff", *check, *map(str, playbooks)]

    def _environment(self, scratch: str) -> Mapping[str, str]:
        """Return the environment, with nothing of the one that started this process."""
        ssh = self.runner.ssh
        options = [
            *("ControlMaster=auto", "ControlPersist=60s", "BatchMode=yes", "ConnectTimeout=10", "IdentitiesOnly=yes"),
            *("StrictHostKeyChecking=yes", f"UserKnownHostsFile={ssh}/known_hosts", "GlobalKnownHostsFile=/dev/null"),
        ]
        return {
            **_SETTINGS,
            "ANSIBLE_COLLECTIONS_PATH": str(self.runner.collections),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_HOME": f"{scratch}/ansible",
            # The path of a socket is short, so not below the attempt.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": scratch,
            "ANSIBLE_PRIVATE_KEY_FILE": str(ssh / ("id_ed25519_root" if self.spec.root else "id_ed25519")),
            "ANSIBLE_SSH_ARGS": shlex.join(["-F", "/dev/null", *(w for one in options for w in ("-o", one))]),
            "HOME": scratch,
            "PATH": self.runner.search_path,
            "PYTHONPATH": str(_PACKAGES),
        }


def _end_of(process: subprocess.Popen[bytes], seconds: int, cancellable: Path | None) -> int | None:
    until = monotonic() + seconds
    while True:
        try:
            return process.wait(min(_NOTICED, max(0.0, until - monotonic())))
        except subprocess.TimeoutExpired:
            if monotonic() >= until or (cancellable and is_cancelled(cancellable)):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return None
