# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One unit of systemd: its state in one call, the verbs, its journal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._errors.sentence import OperatorError

__all__ = ["Systemd", "UnitState"]

_PROPERTIES = (
    "LoadState,ActiveState,SubState,UnitFileState,FragmentPath,InvocationID,NRestarts,NeedDaemonReload,"
    "Result,ExecMainCode,ExecMainStatus"
)
# Fields of a line of the process itself, and of one that the manager logs about it.
_INVOCATIONS = ("_SYSTEMD_INVOCATION_ID", "INVOCATION_ID")
_LOCALE = {"LC_ALL": "C", "LANG": "C"}


@dataclass(frozen=True)
class UnitState:
    """The state of a unit as the manager reports it."""

    loaded: str  # loaded, not-found, masked, ...
    active: str
    sub: str
    enabled: bool
    fragment: str  # path of the unit file in use, empty without one
    invocation: str  # changes with every start
    restarts: int
    stale: bool  # the file on disk is not the one the manager has read
    end: str  # how the last process ended, for messages

    @property
    def running(self) -> bool:
        return self.active in ("active", "reloading", "refreshing")

    @property
    def starting(self) -> bool:
        return self.active == "activating" and self.sub != "auto-restart"


class Systemd:
    """systemctl and journalctl for one unit."""

    def __init__(self, module: AnsibleModule, name: str, kind: str = "service") -> None:
        self._module = module
        self.unit = f"{name}.{kind}"

    def socket(self, name: str) -> Systemd:
        """Return the socket of that name."""
        return Systemd(self._module, name, "socket")

    def read(self) -> UnitState:
        """Return the state of the unit, read in one call. Raises OperatorError."""
        answer = self._systemctl("show", f"--property={_PROPERTIES}", self.unit)
        facts = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
        return UnitState(
            loaded=facts.get("LoadState", "not-found"),
            active=facts.get("ActiveState", "inactive"),
            sub=facts.get("SubState", "dead"),
            enabled=facts.get("UnitFileState") == "enabled",
            fragment=facts.get("FragmentPath", ""),
            invocation=facts.get("InvocationID", ""),
            restarts=int(facts.get("NRestarts") or 0),
            stale=facts.get("NeedDaemonReload") == "yes",
            end=_end_of(facts),
        )

    def verb(self, *words: str) -> None:
        """Ask for a verb on the unit, such as restart. Raises OperatorError."""
        self._systemctl(*words, self.unit)

    def read_units(self) -> None:
        """Make the manager read the unit files again. Raises OperatorError."""
        self._systemctl("daemon-reload")

    def journal(self, since: float, *, without: str = "", lines: int = 20) -> list[str]:
        """Return the last lines of the unit since then (seconds of the epoch), none where there is no journal.

        Lines of the invocation `without` are left out.
        """
        command = self._module.get_bin_path("journalctl")
        if command is None:
            return []
        # The journal lags behind: without this, the last lines of a process, which explain its exit, may be missing.
        self._module.run_command([command, "--sync"], environ_update=_LOCALE)
        # Backwards, because journalctl up to 253 otherwise prints the first lines since a time, not the last.
        options = [f"--unit={self.unit}", f"--since=@{int(since)}", f"--lines={lines}", "--reverse"]
        words = [command, *options, "--output=json", "--all"]
        code, out = self._module.run_command(words, environ_update=_LOCALE, errors="replace")[:2]
        if code:
            return []
        entries = [json.loads(line) for line in reversed(out.split("\n")) if line.startswith("{")]
        return [_text_of(entry) for entry in entries if not without or without not in map(entry.get, _INVOCATIONS)]

    def _systemctl(self, *words: str) -> str:
        command = self._module.get_bin_path("systemctl")
        asked = f"systemctl {' '.join(word for word in words if not word.startswith('--property'))}"
        if command is None:
            raise OperatorError(f"Cannot run {asked}: this host has no systemctl, and therefore no systemd.")
        code, out, err = self._module.run_command([command, *words], environ_update=_LOCALE)
        if code:
            raise OperatorError(f"{asked} failed: {(err or out).strip()}")
        return str(out)


def _text_of(entry: Mapping[str, Any]) -> str:
    text = entry.get("MESSAGE") or ""
    # The journal gives what is not plain text as a list of bytes.
    return text if isinstance(text, str) else bytes(text).decode(errors="replace")


def _end_of(facts: dict[str, str]) -> str:
    result, status = facts.get("Result", "success"), facts.get("ExecMainStatus", "0")
    # ExecMainCode is the si_code of SIGCHLD: 1 exited, 2 killed, 3 dumped core.
    ended = {"1": f"exit status {status}", "2": f"signal {status}", "3": f"signal {status}"}
    return ended.get(facts.get("ExecMainCode", "0"), f"result {result}")
