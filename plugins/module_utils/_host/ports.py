# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who listens on a port of this host, from /proc alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .processes import name_of, processes, text_of, uid_of_process, units_of

__all__ = ["Listener", "listeners", "silent"]

# The tables of each protocol, and the state of a socket there that takes what others send.
_TABLES = {"tcp": (("net/tcp", "net/tcp6"), "0A"), "udp": (("net/udp", "net/udp6"), "07")}


@dataclass(frozen=True)
class Listener:
    """A process that listens on a port; pid is None when /proc does not show whose socket it is."""

    port: int
    pid: int | None
    process: str
    units: tuple[str, ...]  # of its control group, outermost first
    protocol: str = "tcp"

    def __str__(self) -> str:
        if self.pid is None:
            return "the kernel or a process of another container"
        unit = f" of {self.units[-1]}" if self.units else ""
        return f"{self.process} (pid {self.pid}{unit})"


def listeners(ports: Iterable[int], proc: Path = Path("/proc"), *, udp: Iterable[int] = ()) -> list[Listener]:
    """Return who listens on these TCP and UDP ports, by port and pid, on whatever address."""
    sockets = {**_sockets("tcp", set(ports), proc), **_sockets("udp", set(udp), proc)}
    if not sockets:
        return []
    found: set[Listener] = set()
    seen: set[str] = set()
    closed: list[Path] = []
    for process in processes(proc):
        inodes = _inodes_of(process)
        if inodes is None:
            closed.append(process)
            continue
        held = inodes & sockets.keys()
        seen |= held
        found |= {_listener(sockets[inode], [process]) for inode in held}
    found |= {_guess(socket, closed) for inode, socket in sockets.items() if inode not in seen}
    return sorted(found, key=lambda one: (one.port, one.pid or 0))


def silent(services: Iterable[Mapping[str, Any]], proc: Path = Path("/proc")) -> list[str]:
    """Return the names of the services, each a mapping, that have TCP `ports` and listen on none of them."""
    known = {service["name"]: set(service["ports"]) for service in services if service["ports"]}
    found = {socket.port for socket in _sockets("tcp", set().union(*known.values()), proc).values()}
    return [name for name, ports in known.items() if ports.isdisjoint(found)]


@dataclass(frozen=True)
class _Socket:
    protocol: str
    port: int
    uid: str


def _sockets(protocol: str, ports: set[int], proc: Path) -> dict[str, _Socket]:
    """Return each listening socket by inode."""
    sockets: dict[str, _Socket] = {}
    tables, listening = _TABLES[protocol]
    for table in tables if ports else ():
        for row in text_of(proc / table).splitlines()[1:]:
            # sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ...
            fields = row.split()
            local, state, uid, inode = fields[1], fields[3], fields[7], fields[9]
            port = int(local.rpartition(":")[2], 16)
            if state == listening and port in ports:
                sockets[inode] = _Socket(protocol, port, uid)
    return sockets


def _inodes_of(process: Path) -> set[str] | None:
    """Return the inodes of the sockets that the process holds, None when it does not show what it holds."""
    try:
        targets = [_target(handle) for handle in (process / "fd").iterdir()]
    except OSError:
        return None
    return {target[len("socket:[") : -1] for target in targets if target.startswith("socket:[")}


def _target(handle: Path) -> str:
    try:
        return str(handle.readlink())
    except FileNotFoundError:
        return ""


def _guess(socket: _Socket, closed: Iterable[Path]) -> Listener:
    """Return whose the socket is likely to be.

    Inside of a container not even root sees what processes of other users hold; what is left is the user of the socket.
    """
    return _listener(socket, [process for process in closed if uid_of_process(process) == socket.uid])


def _listener(socket: _Socket, held_by: list[Path]) -> Listener:
    if not held_by:
        return Listener(socket.port, None, "", (), socket.protocol)
    units = dict.fromkeys(unit for process in held_by for unit in units_of(process))
    first = min(held_by, key=lambda process: int(process.name))
    return Listener(socket.port, int(first.name), name_of(first), tuple(units), socket.protocol)
