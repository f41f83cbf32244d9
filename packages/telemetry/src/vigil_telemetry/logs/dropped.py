"""Counts lines that were dropped."""

from __future__ import annotations

import threading
from collections.abc import Mapping

__all__ = ["Dropped"]


class Dropped:
    """Numbers of dropped lines by reason, since the start of this process.

    `queue_full`: more were logged than written. `write_failed`: the disk was full, or the file could not be opened.
    `unreadable`: no line could be made of an event.
    """

    def __init__(self) -> None:
        # A handler of a signal may log while its thread is in here.
        self._lock = threading.RLock()
        self._numbers = {"queue_full": 0, "write_failed": 0, "unreadable": 0}

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
