# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Staging a directory: beside those in use, moved to its place in one step, nothing left behind on failure."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .._errors.sentence import OperatorError
from .._host.tree import remove_tree, sync_directory

__all__ = [
    "leftovers",
    "plain_name",
    "reason_of",
    "remove_leftovers",
    "replace_tree",
    "scratch_directory",
]

_SCRATCH = ".unpack-"
_AT_CWD = -100
_EXCHANGE = 2
_ADVICE = {
    errno.ENOSPC: " Free up space there and run again.",
    errno.EDQUOT: " Raise the quota or free up space there and run again.",
    errno.EACCES: " Run as root, with become: true.",
    errno.EPERM: " Run as root, with become: true.",
    errno.EROFS: " Make that file system writable and run again.",
}


def plain_name(noun: str, name: str) -> str:
    """Return name when it can be one component of a path; raise OperatorError, calling it noun, when it cannot."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+~@-]*", name):
        raise OperatorError(f"The {noun} {name!r} cannot be the name of a directory: use letters, digits and ._+~@-.")
    return name


def remove_leftovers(parent: Path) -> None:
    """Remove the scratch directories that killed runs left below parent."""
    for leftover in leftovers(parent):
        remove_tree(leftover)


def leftovers(parent: Path) -> list[Path]:
    """Return the scratch directories below parent: of runs that were killed, or of one that is under way."""
    return list(parent.glob(f"{_SCRATCH}*"))


@contextlib.contextmanager
def scratch_directory(parent: Path) -> Iterator[Path]:
    """Provide a temporary directory below parent, which only its owner can enter and which is removed afterwards."""
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=parent))
    try:
        yield scratch
    finally:
        remove_tree(scratch)


def replace_tree(new: Path, path: Path) -> None:
    """Put the directory new at path in one step; what was at path lies at new afterwards."""
    if not os.path.lexists(path):
        new.rename(path)
    elif not _exchange(new, path):
        # Where the file system cannot exchange, a run killed between these lines leaves no directory: staged anew.
        old = new.with_name(f"{new.name}.old")
        path.rename(old)
        new.rename(path)
        old.rename(new)
    sync_directory(path.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Swap the two by renameat2(2), which Python does not have; False where system or file system cannot."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return call is not None and call(_AT_CWD, os.fsencode(one), _AT_CWD, os.fsencode(other), _EXCHANGE) == 0


def reason_of(error: OSError, directory: Path) -> str:
    """Return a sentence or two on why the system refused to write below directory, and what to do about it."""
    where = f" at {os.fsdecode(error.filename)}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        existing = next(path for path in (directory, *directory.parents) if path.exists())
        where += f" ({shutil.disk_usage(existing).free // 1024} KiB are free on the file system of {existing})"
    advice = _ADVICE.get(error.errno or 0, "")
    return f"{error.strerror or error}{where}.{advice}"
