"""Counts lines that were dropped, and tells of those that the log cannot tell of."""

from __future__ import annotations

import contextlib
import select
import sys
import threading
from collections.abc import Mapping

__all__ = ["Dropped", "tell_in_the_end"]


class Dropped:
    """Numbers of dropped lines by reason, since the start of this process.

    `queue_full`: more were logged than written. `write_failed`: the disk was full, or the file could not be opened.
    `unreadable`: no line could be made of an event. `stopped`: they were not written when the time to stop was over.
    """

    def __init__(self) -> None:
        # A handler of a signal may log while its thread is in here.
        self._lock = threading.RLock()
        self._numbers = {"queue_full": 0, "write_failed": 0, "unreadable": 0, "stopped": 0}

    def add(self, reason: str, number: int = 1) -> None:
        """Count lines."""
        if number:
            with self._lock:
                self._numbers[reason] += number

    def numbers(self) -> Mapping[str, int]:
        """Return the numbers by reason."""
        return dict(self._numbers)

    def total(self) -> int:
        """Return the number for all reasons."""
        return sum(self._numbers.values())

    def forget(self) -> None:
        """Begin at 0 in a child, whose parent counts its own."""
        self._lock = threading.RLock()
        self._numbers = dict.fromkeys(self._numbers, 0)


def tell_in_the_end(left: int, why: object) -> None:
    """Tell on the standard error how many lines were not written, unless nobody reads that either."""
    is_read = True
    with contextlib.suppress(Exception):  # what an application has put in its place may be no file
        is_read = bool(select.select([], [sys.stderr], [], 0)[1])
    if left and is_read and sys.stderr is not None:
        with contextlib.suppress(Exception):
            sys.stderr.write(f"vigil-telemetry: {left} log lines were not written: {why}\n")
