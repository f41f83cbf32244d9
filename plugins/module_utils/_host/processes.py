# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes as /proc shows them: their names, users and units."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["name_of", "processes", "processes_of", "text_of", "uid_of_process", "units_of"]


def processes(proc: Path = Path("/proc")) -> Iterator[Path]:
    """Yield the directory of each process."""
    return (path for path in proc.iterdir() if path.name.isdigit())


def processes_of(uid: int, proc: Path = Path("/proc")) -> list[Path]:
    """Return the processes of a user, without those of containers, in which the same number is another user."""
    here = _namespace_of(proc / "self")
    found = (process for process in processes(proc) if uid_of_process(process) == str(uid))
    return sorted(
        (process for process in found if _namespace_of(process) in (None, here)), key=lambda path: int(path.name)
    )


def name_of(process: Path) -> str:
    """Return the name of its program."""
    return text_of(process / "comm").strip() or "a process"


def uid_of_process(process: Path) -> str | None:
    """Return its effective UID, None when it is gone."""
    lines = [line.split() for line in text_of(process / "status").splitlines() if line.startswith("Uid:")]
    return lines[0][2] if lines else None


def units_of(process: Path) -> list[str]:
    """Return the units of its control group, outermost first."""
    parts = text_of(process / "cgroup").replace("\n", "/").split("/")
    return list(dict.fromkeys(part for part in parts if part.endswith(".service")))


def text_of(path: Path) -> str:
    """Return the text of a file in /proc, empty if it is gone or not readable."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _namespace_of(process: Path) -> str | None:
    try:
        return str((process / "ns/pid").readlink())
    except OSError:
        return None
