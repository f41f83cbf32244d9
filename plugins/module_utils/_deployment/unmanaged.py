# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units and links that have the names of a service, but that this collection did not create."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from .._host.tree import origin_of
from .unit import MARK

__all__ = ["UNIT_DIRS", "foreign_link", "foreign_unit", "is_our_unit"]

UNIT_DIRS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)


def foreign_unit(name: str, folders: Iterable[Path], kind: str = ".service") -> str | None:
    """Return a sentence about the first unit of that name in these folders that this collection did not create."""
    for folder in folders:
        path = folder / f"{name}{kind}"
        if os.path.lexists(path) and not is_our_unit(path):
            masked = " (masked)" if path.is_symlink() and str(path.readlink()) == os.devnull else ""
            return f"{path}{masked} is a unit {_maker(path)}: {_remedy(path, f'disable {name}')}"
    return None


def foreign_link(link: Path, targets: Path | None, recorded: str | None = None) -> str | None:
    """Return a sentence about what is at link unless it points below targets or at what was recorded."""
    if not os.path.lexists(link):
        return None
    if link.is_symlink():
        target = link.readlink()
        if str(target) == recorded or (targets is not None and targets in target.parents):
            return None
        return f"{link} is a link to {target} {_maker(link)}: {_remedy(link, 'remove it')}"
    kind = "directory" if link.is_dir() else "file"
    return f"{link} is a {kind} {_maker(link)}: {_remedy(link, 'move it away')}"


def is_our_unit(path: Path) -> bool:
    """Return whether there is a unit at path that this collection wrote."""
    try:
        with path.open(errors="replace") as file:
            return file.readline().strip() == MARK
    except OSError:
        return False


def _maker(path: Path) -> str:
    package = origin_of(path)
    return f"from the package {package}" if package else "that this collection did not create"


def _remedy(path: Path, otherwise: str) -> str:
    package = origin_of(path)
    return "remove that package, then run again." if package else f"{otherwise}, then run again."
