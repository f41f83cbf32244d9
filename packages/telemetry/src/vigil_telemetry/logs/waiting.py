"""What waits for the writer, and in which order it is taken."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import Any, NamedTuple, Union

from .lines import Event, Line

__all__ = ["Item", "Waited", "batch", "drained", "taken"]

_MOST_AT_ONCE = 500


class Waited(NamedTuple):
    """A line whose caller waits until it is on disk."""

    line: Line
    written: threading.Event


Item = Union[Line, Event, Waited, None]
"""None takes a place in the queue, or wakes the writer."""


def batch(head: Line | Event | None, later: queue.SimpleQueue[Any], first: queue.SimpleQueue[Any]) -> list[Item]:
    """Return what is written next, in the order in which it was logged unless much waits: then `first` comes first."""
    if later.qsize() > _MOST_AT_ONCE:
        return [*taken(first), head, *taken(later)]
    return [head, *taken(later), *taken(first)]


def taken(source: queue.SimpleQueue[Any]) -> list[Item]:
    """Return the first items of a queue, without them in it."""
    items: list[Item] = []
    with contextlib.suppress(queue.Empty):
        while len(items) < _MOST_AT_ONCE:
            items.append(source.get_nowait())
    return items


def drained(source: queue.SimpleQueue[Any]) -> int:
    """Empty a queue, and return how many lines it had."""
    lines = 0
    while items := taken(source):
        lines += sum(item is not None for item in items)
    return lines
