# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a step is to do, and the files of its attempt that say so."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "GRACE",
    "NAME",
    "OWN_PLAYBOOK",
    "Host",
    "Spec",
    "StepError",
    "digest_of",
    "read_spec",
    "variables_of",
    "write_spec",
]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
"""An attempt, as vigil-action takes it: also the name of a directory, so no path."""
_STEP = re.compile(r"[a-z][a-z0-9_]{0,39}")
# No pattern of Ansible, no option of ssh and no path: one host.
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_ADDRESS = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_GROUPS = ("all", "ungrouped", "localhost")
_PORTS = range(1, 65536)
GRACE = 30
"""Seconds beyond those of an attempt: to connect, and to say what came of it."""
OWN_PLAYBOOK = "playbook.yml"
"""The operator's playbook in the directory of its attempt."""
_LONGEST = 3600  # seconds for which a host can be held
# Whose key is another one, and who is only on hosts that agree.
_ROOT_USER = "vigil-runbook-root"
_ON_WHICH_PYTHON = "auto_silent"


class StepError(Exception):
    """A step that is not started, for the reason in the message."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """A host by its name in the inventory, and how it is reached."""

    name: str
    address: str
    port: int = 22
    user: str = "vigil-runbook"

    def __post_init__(self) -> None:
        """Refuse what is not one host. Raises StepError."""
        if not _HOST.fullmatch(self.name) or self.name in _GROUPS:
            raise StepError(f"{self.name!r} is not the name of one host.")
        if not _ADDRESS.fullmatch(self.address):
            raise StepError(f"{self.address!r} is not the address of a host.")
        if self.port not in _PORTS or not _USER.fullmatch(self.user):
            raise StepError(f"{self.name} cannot be reached as {self.user!r} at port {self.port}.")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One attempt at a step of a runbook on one host.

    `content` is the playbook of a step that is the operator's own, empty for one of the collection; `root` is whether
    it may become root.
    """

    attempt: str
    runbook: str
    step: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    host: Host
    holder: str
    limit: Mapping[str, Any] = field(default_factory=dict)  # how often the runbook may run there, as the host takes it
    seconds: int = 300
    release: bool = True  # whether the host is released at the end, rather than held for the next step
    check: bool = False  # whether to ask only what would be done
    lease: str = ""  # the name by which the host knows it, if that is another
    content: str = ""
    root: bool = False

    def __post_init__(self) -> None:
        """Refuse what no attempt can be. Raises StepError."""
        for name in (self.attempt, self.lease or self.attempt):
            if not NAME.fullmatch(name):
                raise StepError(f"{name!r} is not the name of an attempt: use letters, digits and ._-")
        if not _STEP.fullmatch(self.step):
            raise StepError(f"{self.step!r} is not the name of a step.")
        if not 1 <= self.seconds <= _LONGEST:
            raise StepError(f"An attempt takes from 1 to {_LONGEST} seconds, not {self.seconds}.")
        if self.root and not self.content:
            raise StepError(f"{self.step} is a step of the collection, which never becomes root.")


def write_spec(folder: Path, spec: Spec, playbook: Path) -> None:
    """Write the files of an attempt, among them its playbook where that is the operator's own. Raises OSError."""
    if spec.content:
        playbook = Path(OWN_PLAYBOOK)  # in its directory, which gets its name when it is whole
        (folder / playbook).write_text(spec.content, encoding="utf-8")
    said = {**asdict(spec), "playbook": str(playbook), "playbook_sha256": digest_of(folder / playbook)}
    del said["content"]
    _write(folder / "spec.json", said)
    _write(folder / "inventory.json", {"all": {"hosts": {spec.host.name: _reached(spec)}}})
    _write(folder / "variables.json", {name: _as_data(value) for name, value in variables_of(spec).items()})
    # So that none of the host's own configuration files counts.
    (folder / "ansible.cfg").write_text("", encoding="utf-8")


def read_spec(folder: Path) -> tuple[Spec, Path]:
    """Return what an attempt is to do, and its playbook, which is still the same. Raises StepError."""
    try:
        said = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
        playbook, expected = folder / said.pop("playbook"), said.pop("playbook_sha256")
        own = playbook.read_text(encoding="utf-8") if playbook.parent == folder else ""
        spec = Spec(**{**said, "host": Host(**said["host"]), "content": own})
        found = digest_of(playbook)
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise StepError(f"The attempt {folder.name} cannot be read: {error}") from error
    if found != expected:
        raise StepError(f"{playbook} has changed since the attempt {folder.name} was made.")
    return spec, playbook


def variables_of(spec: Spec) -> dict[str, Any]:
    """Return the variables of a step, of which texts may come from labels.

    What a step of the collection has begun ends with its seconds. Nothing ends what a playbook of the operator has
    begun, so the host is held until the runner has ended the playbook.
    """
    return {
        "step_hosts": [spec.host.name],
        "step_parameters": spec.parameters,
        "step_attempt": spec.lease or spec.attempt,
        "step_holder": spec.holder,
        "step_runbook": spec.runbook,
        "step_limit": spec.limit,
        "step_seconds": min(spec.seconds + GRACE, _LONGEST) if spec.content else spec.seconds,
        "step_release": spec.release,
    }


def digest_of(path: Path) -> str:
    """Return the digest of a file. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _reached(spec: Spec) -> dict[str, Any]:
    host = spec.host
    return {
        "ansible_host": host.address,
        "ansible_port": host.port,
        "ansible_user": _ROOT_USER if spec.root else host.user,
        "ansible_python_interpreter": _ON_WHICH_PYTHON,
        # The key of a host is known by its name in the inventory, whatever its address.
        "ansible_ssh_extra_args": f"-o HostKeyAlias={host.name}",
    }


def _as_data(value: Any) -> Any:
    """Return a value whose texts Ansible takes as they are: some come from labels, which anybody may write."""
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, Mapping):
        return {str(key): _as_data(one) for key, one in value.items()}
    return [_as_data(one) for one in value] if isinstance(value, (list, tuple)) else value


def _write(path: Path, told: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
