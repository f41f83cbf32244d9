# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units beside that of a service: sockets, and what systemd starts for each connection to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from .._host.systemd import Systemd
from .._host.tree import write_atomically
from .program import command_line
from .unit import Unit, render, render_socket

__all__ = ["companions_of", "listen", "listens", "write_companions"]

_SOCKET = ".socket"


def companions_of(options: Mapping[str, Any], release: str) -> dict[str, str]:
    """Return the text of each unit by its path. Raises OperatorError."""
    folder, found = options["unit_dir"], {}
    for one in options["per_connection"]:
        unit = Unit(
            name=one["name"],
            user=options["user"],
            command=command_line(one, release),
            description=one["description"],
            documentation=options["documentation"],
            writable_paths=options["writable_paths"],
            resources=one["resources"],
            hardening_overrides=one["hardening_overrides"],
            per_connection=True,
        )
        found[f"{folder}/{unit.name}@.service"] = render(unit)
        found[f"{folder}/{unit.name}{_SOCKET}"] = render_socket(unit, f"/run/{unit.name}{_SOCKET}", one["at_once"])
    return found


def write_companions(systemd: Systemd, wanted: Mapping[str, str], known: Iterable[str]) -> set[str]:
    """Write the wanted units, and remove the other known ones. Return the paths of those that changed.

    What a connection has started goes on. Raises OSError, OperatorError.
    """
    changed = {path for path, text in wanted.items() if write_atomically(Path(path), text.encode())}
    for path in (Path(path) for path in known if path not in wanted):
        if path.exists():
            if path.suffix == _SOCKET:
                systemd.socket(path.stem).verb("disable", "--now")
            path.unlink()
            changed.add(str(path))
    return changed


def listen(systemd: Systemd, wanted: Iterable[str], changed: Collection[str]) -> None:
    """Have the sockets listen, now and after a restart of the host. Raises OperatorError."""
    for path in (path for path in wanted if path.endswith(_SOCKET)):
        unit = systemd.socket(Path(path).stem)
        state = unit.read()
        if not state.enabled:
            unit.verb("enable")
        if not state.running or path in changed:
            unit.verb("restart")


def listens(systemd: Systemd, path: str) -> bool:
    """Return whether a socket listens, now and after a restart of the host. Raises OperatorError."""
    state = systemd.socket(Path(path).stem).read()
    return state.running and state.enabled
