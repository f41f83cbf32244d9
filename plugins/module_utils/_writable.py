# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directories that a service writes to."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from pathlib import Path

from ._system_user import gid_of, uid_of
from ._tree import make_directory

__all__ = ["make_writable", "not_writable", "refused_directory"]

_MODE = 0o750


def not_writable(paths: Iterable[str], user: str) -> list[Path]:
    """Return those of the paths that are missing or belong to another than the user."""
    uid = uid_of(user)
    return [path for path in map(Path, paths) if not path.is_dir() or path.stat().st_uid != uid]


def refused_directory(paths: Iterable[str], user: str) -> str | None:
    """Return a sentence about the first path that cannot be given to the user, None when all can."""
    for path in not_writable(paths, user):
        if not path.exists():
            continue
        if not path.is_dir():
            return f"{path} is to be a directory of {user}, but is something else: move it away, then run again."
        # Root's is what a fresh mount point is; anyone else's is data of somebody.
        if path.stat().st_uid not in (0, os.geteuid()) and not _may_become(path.stat().st_uid, user):
            return (
                f"{path} is to be a directory of {user}, but belongs to UID {path.stat().st_uid}: give it and what is "
                f"in it to {user} (chown -R), or name another directory."
            )
    return None


def _may_become(uid: int, user: str) -> bool:
    """Say whether the user may get this UID when it is made: data of a former host are there before their user is."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return uid_of(user) is None
    return False


def make_writable(paths: Iterable[Path], user: str) -> None:
    """Make the directories, or take them over from root, for the user. Raises OSError."""
    for path in paths:
        make_directory(path, _MODE)
        os.chown(path, -1 if uid_of(user) is None else uid_of(user) or 0, gid_of(user) or -1)
        path.chmod(_MODE)
