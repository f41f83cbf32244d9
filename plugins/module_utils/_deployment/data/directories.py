# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directories that a service writes to: made for it, or taken over from root where nothing of others is lost."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..._host.system_paths import system_directory
from ..._host.system_user import gid_of, uid_of
from ..._host.tree import make_directory
from .products import strange_entries

__all__ = ["make_writable", "not_writable", "refused_directory"]

_MODE = 0o750
_NAMED = 3


def not_writable(paths: Iterable[str], user: str) -> list[Path]:
    """Return those of the paths that are missing or belong to another than the user."""
    uid = uid_of(user)
    return [path for path in map(Path, paths) if not path.is_dir() or path.stat().st_uid != uid]


def refused_directory(paths: Iterable[str], user: str, product: str, *, coming: int | None = None) -> str | None:
    """Return a sentence about the first path that the user cannot have, None if it can have all.

    A directory of root's can when it is empty, or holds nothing but data of the product. `coming` is the UID that a
    user who is not there yet is going to have; None where nobody knows.
    """
    found = (_of_the_system(Path(path), user) for path in paths)
    others = (_of_others(path, user, product, coming) for path in not_writable(paths, user))
    return next((sentence for sentence in (*found, *others) if sentence), None)


def _of_the_system(path: Path, user: str) -> str | None:
    real = os.path.realpath(path)
    for place in (str(path), real):
        reason = system_directory(place)
        if reason:
            leads = f" is a link to {real}, which" if place != str(path) else ""
            return f"{path} cannot be the directory of {user}: it{leads} {reason}. Choose a separate directory."
    return None


def _of_others(path: Path, user: str, product: str, coming: int | None) -> str | None:
    if not os.path.lexists(path):
        return None
    if not path.is_dir():
        return f"{path} is not a directory, but is configured as one for {user}. Move it away, then run again."
    owner = path.stat().st_uid
    if owner in (0, os.geteuid()):
        return _in_use(path, user, product)
    if coming in (None, owner) and _may_become(owner, user):
        return None
    wanted = f", set {product}_uid to {owner}" if _may_become(owner, user) else ""
    return (
        f"{path} is configured as a directory of {user}, but belongs to UID {owner}. Change its owner to {user} "
        f"(chown -R){wanted}, or choose another directory."
    )


def _in_use(path: Path, user: str, product: str) -> str | None:
    """Return a sentence if the directory, which belongs to root, contains anything but data of the product."""
    strange = strange_entries(product, (each.name for each in path.iterdir()))
    if not strange:
        return None
    more = f" and {len(strange) - _NAMED} more" if len(strange) > _NAMED else ""
    return (
        f"{path} is configured as a directory of {user}, but belongs to root and contains files that are not data of "
        f"{product} ({', '.join(strange[:_NAMED])}{more}). Choose an empty or new directory. If everything in it "
        f"belongs to {product}, change its owner to {user} (chown -R), then run again."
    )


def _may_become(uid: int, user: str) -> bool:
    """Return whether the user can be created with this UID: data of a former host may exist before their user."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return uid_of(user) is None
    return False


def make_writable(paths: Iterable[Path], user: str) -> None:
    """Make the directories, or take them over from root with the data in them, for the user. Raises OSError.

    What belongs to anyone but root keeps its owner, and no directory gets a wider mode than it had.
    """
    uid, gid = uid_of(user), gid_of(user) or -1
    for path in paths:
        if make_directory(path, _MODE):
            path.chmod(_MODE)
        else:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & _MODE | stat.S_IRWXU)
        for each in [*_below(path), path]:
            if each.lstat().st_uid in (0, os.geteuid()) or each == path:
                os.chown(each, -1 if uid is None else uid, gid, follow_symlinks=each == path)


def _below(path: Path) -> Iterator[Path]:
    """Yield what lies below the directory on its own file system, without what a file system puts into its root."""
    device = path.stat().st_dev
    for folder, folders, files in os.walk(path):
        there = [Path(folder, name) for name in folders + files if name != "lost+found"]
        folders[:] = [each.name for each in there if each.name in folders and each.lstat().st_dev == device]
        yield from (each for each in there if each.lstat().st_dev == device)
