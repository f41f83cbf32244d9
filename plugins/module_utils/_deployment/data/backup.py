# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of the stored data of a service, made while it is stopped, and restored."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..._errors.sentence import OperatorError
from ..._host.system_user import gid_of, uid_of
from ..._host.tree import make_directory, remove_tree, sync_directory
from ..._staging.directory import remove_leftovers, replace_tree, scratch_directory

__all__ = ["DataCopy"]

_KEPT = 2
# What SQLite keeps beside a database that was not closed well: of these the copy needs the ones with data in them.
_BESIDE, _WITH_DATA = ("-wal", "-shm", "-journal"), ("-wal", "-journal")

Run = Callable[[Sequence[str]], "tuple[int, str, str]"]


@dataclass(frozen=True)
class DataCopy:
    """The copies of one service in `folder`: of the SQLite database `path`, or by commands that the operator provides.

    In the commands, {dir} stands for the directory of the copy; `run` runs one and returns its code, output and errors.
    """

    folder: Path
    user: str
    path: Path | None
    command: Sequence[str]
    restore: Sequence[str]
    run: Run

    @classmethod
    def from_options(cls, options: Mapping[str, Any], *, folder: Path, user: str, run: Run) -> DataCopy | None:
        """Return the copies that these options of the module describe, None for none."""
        path, command = options.get("path"), options.get("command") or ()
        if not path and not command:
            return None
        return cls(folder, user, Path(path) if path else None, command, options.get("restore") or (), run)

    @property
    def what(self) -> str:
        """What is copied, for messages."""
        return str(self.path) if self.path else f"what {self.command[0]} writes"

    @property
    def can_restore(self) -> bool:
        return bool(self.path or self.restore)

    def is_needed(self) -> bool:
        """Return whether there is anything to copy."""
        return self.path is None or self.path.exists()

    def refusal(self) -> str | None:
        """Return a sentence if there is not enough space for a copy or for restoring it, None otherwise."""
        for folder, needed in self._needed().items():
            free = shutil.disk_usage(folder).free
            if needed > free:
                return (
                    f"Another release may change the data, and there is not enough space to copy {self.path} to "
                    f"{self.folder} and back: this requires {_mib(needed)}, but only {_mib(free)} are free on the "
                    f"file system of {folder}. Free up space there and run again."
                )
        return None

    def make(self, release: str) -> Path:
        """Copy the data that this release has left, and return the directory of the copy; it is whole or not there.

        Raises OSError and OperatorError.
        """
        make_directory(self.folder, 0o700)
        remove_leftovers(self.folder)
        copy = self.folder / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{Path(release).name}"
        with scratch_directory(self.folder) as scratch:
            new = scratch / "copy"
            make_directory(new, 0o700)
            if self.path is None:
                self._ask(self.command, new, "copy")
            for source in self._files():
                _write(source, new / source.name)
            sync_directory(new)
            replace_tree(new, copy)
        return copy

    def put_back(self, copy: Path) -> None:
        """Restore the data from the copy; the service must not be running. Raises OSError, OperatorError.

        If killed midway, it must be repeated before anything reads the data.
        """
        if self.path is None:
            self._ask(self.restore, copy, "restore")
            return
        for suffix in _BESIDE:
            remove_tree(Path(f"{self.path}{suffix}"))
        for source in sorted(copy.iterdir()):
            target = self.path.with_name(source.name)
            new = target.with_name(f".{target.name}.new")
            remove_tree(new)
            _write(source, new)
            os.chown(new, -1 if uid_of(self.user) is None else uid_of(self.user) or 0, gid_of(self.user) or -1)
            new.replace(target)
        sync_directory(self.path.parent)

    def prune(self) -> None:
        """Remove all copies but the last ones."""
        copies = sorted(path for path in self.folder.glob("*") if not path.name.startswith("."))
        for path in copies[:-_KEPT]:
            remove_tree(path)

    def _files(self) -> list[Path]:
        named = [Path(f"{self.path}{suffix}") for suffix in ("", *_WITH_DATA)] if self.path else []
        return [path for path in named if path.exists()]

    def _needed(self) -> dict[Path, int]:
        """Return the bytes that are needed by the directory on whose file system they are."""
        size = sum(path.stat().st_size for path in self._files())
        needed: dict[int, tuple[Path, int]] = {}
        for folder in (self.folder, *([self.path.parent] if self.path else [])):
            there = next(path for path in (folder, *folder.parents) if path.exists())
            known = needed.get(there.stat().st_dev, (there, 0))
            needed[there.stat().st_dev] = (known[0], known[1] + size)
        return dict(needed.values())

    def _ask(self, command: Sequence[str], copy: Path, verb: str) -> None:
        words = [word.replace("{dir}", str(copy)) for word in command]
        code, out, err = self.run(words)
        if code:
            said = "; ".join((err or out).strip().splitlines()[-3:])
            raise OperatorError(f"the command to {verb} the data, {shlex.join(words)}, failed: {said}")


def _write(source: Path, target: Path) -> None:
    """Copy a file so that it survives a power cut, and only its owner may read it. Raises OSError, which names it."""
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as written, source.open("rb") as read:
            shutil.copyfileobj(read, written, 1 << 20)
            written.flush()
            os.fsync(handle)
    except OSError as error:
        remove_tree(target)
        raise OSError(error.errno, error.strerror, str(target)) from error


def _mib(size: int) -> str:
    return f"{-(-size // 2**20)} MiB"
