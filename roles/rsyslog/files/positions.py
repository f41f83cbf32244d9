"""Keeps the positions in files and in the journal from which no line is lost, however rsyslog ends.

positions.py DATA FILE...: before rsyslog starts.

rsyslog notes how far it has read, but lines before that position may not have reached Elasticsearch: after a crash, and
after a stop for which it did not wait for an answer. So it always goes back to positions that were noted before its
queue was empty. Lines that it sends again have the same id.

It knows files by their inodes, which other files get once these are deleted. So positions are forgotten of files that
are gone, or do not begin as they did.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Intervals in which the queue has to be empty: lines may pass from one part of rsyslog to the next unseen.
_EMPTY = 2
# Bytes by which a file is recognized.
_HEAD = 512


class Positions:
    """The current positions, of which copies become safe ones."""

    def __init__(self, data: Path, patterns: list[str]) -> None:
        self.patterns = patterns
        self.current, self.safe, self.copied = data / "positions", data / "positions.safe", data / "positions.copied"
        self.intervals = 0

    def begin(self) -> None:
        """Make the directories, go back to safe positions, and forget those of other files."""
        for folder in (self.current, self.current.parent / "queue", self.current.parent / "refused"):
            folder.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(self.current)
        self._copy(self.safe, self.current)
        (self.current.parent / "rsyslogd.pid").unlink(missing_ok=True)
        shutil.rmtree(self.copied, ignore_errors=True)
        self._forget()

    def note(self, *, idle: bool) -> None:
        """Make the copied positions the safe ones if every line before them has been sent, and copy the current."""
        self.intervals = self.intervals + 1 if idle else 0
        heads = {inode: head(path, _HEAD) for inode, path in self._files()}
        (self.current / "heads.json").write_text(json.dumps(heads), encoding="utf-8")
        if self.copied.exists() and self.intervals >= _EMPTY:
            shutil.rmtree(self.safe, ignore_errors=True)
            self.copied.rename(self.safe)
        if not self.copied.exists():
            self._copy(self.current, self.copied)
            self.intervals = 0

    def _files(self) -> Iterator[tuple[str, Path]]:
        """Yield the log files that this user can read by their inodes."""
        found = (path for pattern in self.patterns for path in Path("/").glob(pattern.lstrip("/")))
        yield from ((str(path.stat().st_ino), path) for path in found if os.access(path, os.R_OK))

    def _forget(self) -> None:
        noted = self.current / "heads.json"
        heads: dict[str, Any] = json.loads(noted.read_text(encoding="utf-8")) if noted.exists() else {}
        files = dict(self._files())
        for state in self.current.glob("imfile-state:*"):
            inode, offset = state.name.split(":")[1], _offset(state)
            path, (length, digest) = files.get(inode), heads.get(inode, (0, head_digest(b"")))
            if not path or path.stat().st_size < offset or head(path, length) != [length, digest]:
                state.unlink()

    def _copy(self, source: Path, target: Path) -> None:
        new = target.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        for path in source.glob("*"):
            _copy_of_one(path, new / path.name)
        new.rename(target)


def _offset(state: Path) -> float:
    """Return how far a file was read, by a state that rsyslog may have written in part before a crash."""
    try:
        return int(json.loads(state.read_text(encoding="utf-8"))["curr_offs"])
    except (ValueError, KeyError):
        return math.inf


def _copy_of_one(path: Path, target: Path) -> None:
    try:
        shutil.copyfile(path, target)
    except FileNotFoundError:  # a file that is gone has no position
        target.unlink(missing_ok=True)


def head(path: Path, length: int) -> list[Any]:
    """Return the size of the beginning of a file, up to a length, and its digest."""
    with path.open("rb") as file:
        found = file.read(length)
    return [len(found), head_digest(found)]


def head_digest(found: bytes) -> str:
    """Return the digest of the beginning of a file."""
    return hashlib.sha256(found).hexdigest()


if __name__ == "__main__":
    Positions(Path(sys.argv[1]), sys.argv[2:]).begin()
