# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who listens on a port of this host, from /proc alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Listener", "listeners"]

_LISTENING = "0A"


@dataclass(frozen=True)
class Listener:
    """A process that listens on a TCP port; pid is None when /proc does not show whose socket it is."""

    port: int
    pid: int | None
    process: str
    units: tuple[str, ...]  # of its control group, outermost first

    def __str__(self) -> str:
        if self.pid is None:
            return "the kernel or a process of another container"
        unit = f" of {self.units[-1]}" if self.units else ""
        return f"{self.process} (pid {self.pid}{unit})"


def listeners(ports: Iterable[int], proc: Path = Path("/proc")) -> list[Listener]:
    """Return who listens on these TCP ports, by port and pid, on whatever address."""
    sockets = _sockets(set(ports), proc)
    if not sockets:
        return []
    found = {
        _listener(port, process)
        for process in proc.iterdir()
        if process.name.isdigit()
        for port in _ports_of(process, sockets)
    }
    shown = {one.port for one in found}
    hidden = {Listener(port, None, "", ()) for port in sockets.values() if port not in shown}
    return sorted(found | hidden, key=lambda one: (one.port, one.pid or 0))


def _sockets(ports: set[int], proc: Path) -> dict[str, int]:
    """Return the port of each listening socket by inode."""
    sockets = {}
    for table in ("net/tcp", "net/tcp6"):
        try:
            rows = (proc / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            # sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ...
            fields = row.split()
            local, state, inode = fields[1], fields[3], fields[9]
            port = int(local.rpartition(":")[2], 16)
            if state == _LISTENING and port in ports:
                sockets[inode] = port
    return sockets


def _ports_of(process: Path, sockets: dict[str, int]) -> set[int]:
    try:
        targets = [_target(handle) for handle in (process / "fd").iterdir()]
    except OSError:
        return set()
    inodes = (target[len("socket:[") : -1] for target in targets if target.startswith("socket:["))
    return {sockets[inode] for inode in inodes if inode in sockets}


def _target(handle: Path) -> str:
    try:
        return str(handle.readlink())
    except OSError:
        return ""


def _listener(port: int, process: Path) -> Listener:
    units = [
        part for row in _text(process / "cgroup").splitlines() for part in row.split("/") if part.endswith(".service")
    ]
    return Listener(port, int(process.name), _text(process / "comm").strip() or "a process", tuple(units))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
