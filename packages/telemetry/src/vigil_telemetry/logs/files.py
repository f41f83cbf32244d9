"""A log file that several processes append to, and that is rotated by them or by logrotate.

A batch of lines is one `write` with O_APPEND, under a lock on the file. A disk that is full may cut a line off: its
rest is kept, with the lock, and written before anything else, so that no line is torn and none that a shipper has
already read is taken back. A process that dies loses its lock; the next one finds that the file does not end with a
line, and ends it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections import deque
from pathlib import Path

__all__ = ["LogFile"]

_MODE = 0o640
_LARGEST_WRITE = 1 << 20
_SECONDS_FOR_LOCK = 0.25
_SECONDS_BETWEEN_TRIES = 0.0005
# What ends by itself; after anything else, the file is opened anew.
_PASSES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EAGAIN, errno.EINTR)


class LogFile:
    """Appends lines; of `rotate_bytes` 0, something else rotates. `lost` counts lines cut off for good."""

    def __init__(self, path: Path, *, rotate_bytes: int, rotate_files: int) -> None:
        self.path = path
        self._rotate_bytes, self._rotate_files = rotate_bytes, rotate_files
        self._file = -1
        self._end = -1
        self._is_locked = False
        self._rest = b""
        self._is_dirty = False
        self.lost = 0

    def open(self) -> None:
        """Open the file, and create it if there is none. Raises OSError."""
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        self._end = -1
        if not os.fstat(self._file).st_size:
            _sync_directory(self.path.parent)

    def append(self, waiting: deque[bytes]) -> None:
        """Write these lines and take them from the queue. Raises OSError; what is left in the queue was not written."""
        while waiting or self._rest:
            self._append_some(waiting)

    def _append_some(self, waiting: deque[bytes]) -> None:
        try:
            self._lock()
            self._finish()
            if waiting:
                self._write(waiting)
        except OSError as error:
            if error.errno not in _PASSES:
                self.close()
            raise
        finally:
            if not self._rest:
                self._unlock()

    def sync(self) -> None:
        """Have the disk hold what was written. Raises OSError."""
        if self._file >= 0 and self._is_dirty:
            os.fsync(self._file)
            self._is_dirty = False

    def refresh(self) -> None:
        """Close a file that was renamed or removed, so that its space is free once others have read it."""
        if self._file >= 0 and not self._rest and not self._is_current():
            self.close()

    def close(self) -> None:
        """Close the file, and with it its lock."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.close(self._file)
        self.lost += bool(self._rest)
        self._file, self._is_locked, self._rest = -1, False, b""

    def forget(self) -> None:
        """Begin anew in a forked child: the parent finishes its lines itself."""
        self._rest = b""
        self.close()
        self.lost = 0

    def _lock(self) -> None:
        """Lock the file that has this name now: another process may have rotated it."""
        ends = time.monotonic() + _SECONDS_FOR_LOCK
        while not self._is_locked:
            if self._file < 0:
                self.open()
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > ends:
                    raise
                time.sleep(_SECONDS_BETWEEN_TRIES)
                continue
            self._is_locked = True
            if not self._is_current():
                self.close()

    def _unlock(self) -> None:
        if self._is_locked:
            self._is_locked = False
            with contextlib.suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _is_current(self) -> bool:
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(self._file))

    def _finish(self) -> None:
        while self._rest:
            self._rest = self._rest[os.write(self._file, self._rest) :]
            self._end = -1 if self._rest else os.fstat(self._file).st_size

    def _write(self, waiting: deque[bytes]) -> None:
        size = os.fstat(self._file).st_size
        if size and size != self._end and os.pread(self._file, 1, size - 1) != b"\n":
            size += os.write(self._file, b"\n")
        if self._rotate_bytes and size and size + len(waiting[0]) > self._rotate_bytes:
            self._rotate()
            return
        most = self._rotate_bytes - size if self._rotate_bytes else _LARGEST_WRITE
        lines = _first(waiting, min(_LARGEST_WRITE, most))
        self._is_dirty = True
        written = os.write(self._file, b"".join(lines))
        self._end = size + written
        for line in lines:
            if written <= 0:
                break
            waiting.popleft()
            self._rest = line[written:]
            written -= len(line)

    def _rotate(self) -> None:
        """Rename the file, after those before it; the next write opens a new one like it."""
        old = os.fstat(self._file)
        self.sync()
        for number in range(self._rotate_files - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self.path}.{number}").replace(f"{self.path}.{number + 1}")
        self.path.replace(f"{self.path}.1")
        self.close()
        self.open()
        with contextlib.suppress(OSError):
            os.fchown(self._file, -1, old.st_gid)
        with contextlib.suppress(OSError):
            os.fchmod(self._file, old.st_mode & 0o777)


def _sync_directory(directory: Path) -> None:
    with contextlib.suppress(OSError):
        opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _first(waiting: deque[bytes], most: int) -> list[bytes]:
    """Return the first lines that have no more than so many bytes together, and at least one."""
    lines: list[bytes] = []
    for line in waiting:
        most -= len(line)
        if most < 0 and lines:
            break
        lines.append(line)
    return lines
