# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks, so that one run at a time works on a service of a host. A lock ends with the process that holds it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .._errors.sentence import OperatorError
from .._host.tree import make_directory
from .._staging.directory import reason_of

__all__ = ["LOCK_OPTIONS", "LockError", "locked"]

# Below /run, where only root may write and a boot leaves nothing: an unchanged run writes to no disk.
LOCK_OPTIONS = {
    "lock_timeout": {"type": "int", "default": 300},
    "locks_dir": {"type": "path", "default": "/run/vigil"},
}
_PAUSE = 0.1


class LockError(OperatorError):
    """A lock that is not available; the text is a sentence or two for the operator."""


@contextlib.contextmanager
def locked(module: AnsibleModule, services: Iterable[str]) -> Iterator[None]:
    """Hold the lock of each of the services; in check mode, which writes nothing, of none. Raises LockError."""
    with contextlib.ExitStack() as held:
        if not module.check_mode:
            deadline = time.monotonic() + module.params["lock_timeout"]
            # In one order: two runs that want the same ones do not wait for each other.
            for service in sorted(set(services)):
                held.callback(os.close, _lock(module, service, deadline))
        yield


def _lock(module: AnsibleModule, service: str, deadline: float) -> int:
    """Return the open file that holds the lock of the service as long as it is open. Raises LockError."""
    path = Path(module.params["locks_dir"], f"{service.replace('/', '-')}.lock")
    try:
        make_directory(path.parent, 0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LockError(f"Cannot lock {service}: {reason_of(error, path.parent)}") from error
    if not _taken(handle, deadline):
        os.close(handle)
        raise LockError(_refusal(service, path, module.params["lock_timeout"]))
    _sign(handle, module)
    return handle


def _taken(handle: int, deadline: float) -> bool:
    """Lock the file as soon as nobody else does; return False when that takes too long."""
    while not _free(handle):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _free(handle: int) -> bool:
    """Lock the file unless somebody else does."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(handle: int, module: AnsibleModule) -> None:
    """Write the holder of the lock into the file, for the message of a run that times out."""
    user = os.environ.get("SUDO_USER") or os.environ.get("USER") or f"UID {os.getuid()}"
    note = {"pid": os.getpid(), "command": module._name or "a module", "user": user, "since": int(time.time())}
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(note).encode(), 0)


def _refusal(service: str, path: Path, timeout: int) -> str:
    try:
        note = json.loads(path.read_bytes())
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(note["since"]))
        holder = (
            f"{note['command']} (pid {note['pid']}, started by {note['user']}) has been working on it since {since}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        holder = f"an unidentified process holds {path}"
    return (
        f"Another run is working on {service} and did not finish within {timeout} s: {holder}. Run again when it has "
        "finished. If it hangs, kill that process; this releases the lock."
    )
