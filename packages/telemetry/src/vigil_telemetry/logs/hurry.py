"""Has a thread that waits go on before its time."""

from __future__ import annotations

import contextlib
import queue

__all__ = ["Hurry"]


class Hurry:
    """Like threading.Event, but a handler of a signal may ask for it while its own thread does so."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ask(self) -> None:
        """End the wait, or the next one. Never waits."""
        if self._asked.empty():
            self._asked.put(None)

    def wait(self, seconds: float) -> None:
        """Wait for so many seconds at most."""
        with contextlib.suppress(queue.Empty):
            self._asked.get(timeout=seconds)
