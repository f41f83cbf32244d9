"""Has a thread that waits go on before its time."""

from __future__ import annotations

import contextlib
import threading

__all__ = ["Hurry"]


class Hurry:
    """Like threading.Event, but a handler of a signal may ask for it while its own thread does so.

    A lock that is free once it was asked for. SimpleQueue is no way to wait for so short: up to Python 3.10, its get()
    never ends when it is interrupted for longer than its timeout before it begins to wait.
    """

    def __init__(self) -> None:
        self._asked = threading.Lock()
        self._asked.acquire()

    def ask(self) -> None:
        """End the wait, or the next one. Never waits."""
        with contextlib.suppress(RuntimeError):  # it was asked for already
            self._asked.release()

    def wait(self, seconds: float) -> None:
        """Wait for so many seconds at most."""
        self._asked.acquire(timeout=seconds)
