"""Where lines go: files and the standard output, each with the lines that wait for it."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from .dropped import Dropped
from .lines import Line

__all__ = ["Sink", "Stream", "Target", "combined", "error"]


class Target(Protocol):
    """What lines are appended to."""

    lost: int

    def append(self, waiting: deque[bytes]) -> None: ...
    def sync(self) -> None: ...
    def refresh(self) -> None: ...
    def close(self) -> None: ...
    def forget(self) -> None: ...


class Stream:
    """A stream that is open already, such as the standard output; another process may be slow to read it."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._rest = b""
        self.lost = 0

    def append(self, waiting: deque[bytes]) -> None:
        """Write these lines and take them from the queue. Raises OSError."""
        while self._rest or waiting:
            if not self._rest:
                self._rest = waiting.popleft()
            self._rest = self._rest[os.write(self._file, self._rest) :]

    def sync(self) -> None:
        """Sync a stream that is a file."""
        with contextlib.suppress(OSError):
            os.fsync(self._file)

    def refresh(self) -> None:
        """Leave it as it is: others have opened it."""

    def close(self) -> None:
        """Leave it open, for others."""

    def forget(self) -> None:
        """Leave to the parent what it has begun to write."""
        self._rest = b""


def combined(line: Line) -> bytes | None:
    """Return what is written of a line to where all of them go."""
    return line.combined


def error(line: Line) -> bytes | None:
    """Return what is written of a line to where errors go."""
    return line.error


class Sink:
    """A target with the lines that wait for it; when it cannot be written, no more than `limit` of them wait."""

    def __init__(self, target: Target, chosen: Callable[[Line], bytes | None], limit: int, dropped: Dropped) -> None:
        self.target = target
        self._chosen, self._limit, self._dropped = chosen, limit, dropped
        self.waiting: deque[bytes] = deque()
        self.failure: OSError | None = None

    def take(self, lines: Iterable[Line]) -> None:
        """Have these lines wait."""
        for line in lines:
            chosen = self._chosen(line)
            if chosen is None:
                continue
            if self.failure is not None and len(self.waiting) >= self._limit:
                self._dropped.add("write_failed")
            else:
                self.waiting.append(chosen)

    def flush(self, *, sync: bool = False) -> bool:
        """Write what waits, and return whether all of it was written; if not, `failure` is why."""
        try:
            self.target.append(self.waiting)
            if sync:
                self.target.sync()
            self.failure = None
        except OSError as failure:
            self.failure = failure
        if self.target.lost:
            self._dropped.add("write_failed", self.target.lost)
            self.target.lost = 0
        return self.failure is None

    def give_up(self) -> int:
        """Drop what waits, and return how many lines that were."""
        left = len(self.waiting)
        self.waiting.clear()
        self._dropped.add("write_failed", left)
        return left
