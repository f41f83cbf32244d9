"""Events between inputs and output: few enough to stay in memory, and taken off only when acknowledged."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from .registry import Registry

__all__ = ["Event", "Queue"]


@dataclass
class Event:
    """A document, and what is known of its source once it has been shipped."""

    source: str
    state: dict[str, Any]
    document: dict[str, Any]
    acknowledged: bool = field(default=False)


class Queue:
    """A bounded queue whose acknowledgements reach the registry in the order in which events came."""

    def __init__(self, registry: Registry, events: int, flush: float) -> None:
        self._registry, self._most, self._flush = registry, events, flush
        self._waiting: deque[Event] = deque()
        self._unacknowledged: deque[Event] = deque()
        self._changed = threading.Condition()
        self._stopped = False
        self.counts: Counter[str] = Counter()

    def put(self, event: Event) -> bool:
        """Add an event as soon as there is room; return False when the shipper stops instead."""
        with self._changed:
            while len(self._unacknowledged) >= self._most and not self._stopped:
                self._changed.wait()
            if self._stopped:
                return False
            self._waiting.append(event)
            self._unacknowledged.append(event)
            self.counts["added"] += 1
            self._changed.notify_all()
            return True

    def take(self, most: int) -> list[Event]:
        """Return the next events, waiting until there are that many, the queue is full or the flush is due."""
        with self._changed:
            due = None
            while not self._stopped:
                if self._waiting and due is None:
                    due = time.monotonic() + self._flush
                full = len(self._waiting) >= most or len(self._unacknowledged) >= self._most
                if self._waiting and (full or time.monotonic() >= (due or 0)):
                    break
                self._changed.wait(None if due is None else max(0.0, due - time.monotonic()))
                due = due if self._waiting else None
            if self._stopped:
                return []
            return [self._waiting.popleft() for _count in range(min(most, len(self._waiting)))]

    def give_back(self, events: list[Event]) -> None:
        """Put events back that were not acknowledged, in front of the others."""
        with self._changed:
            self._waiting.extendleft(reversed(events))
            self.counts["failed"] += len(events)
            self._changed.notify_all()

    def acknowledge(self, events: list[Event]) -> None:
        """Note that events were received, and write how far each source has been shipped without a gap."""
        with self._changed:
            for event in events:
                event.acknowledged = True
            states: dict[str, dict[str, Any] | None] = {}
            while self._unacknowledged and self._unacknowledged[0].acknowledged:
                done = self._unacknowledged.popleft()
                states[done.source] = done.state
            self.counts["acked"] += len(events)
            if states:
                self._registry.update(states)
            self._changed.notify_all()

    def is_pending(self, source: str) -> bool:
        """Return whether events of a source have not been acknowledged."""
        with self._changed:
            return any(event.source == source for event in self._unacknowledged)

    @property
    def active(self) -> int:
        """The number of events that have not been acknowledged."""
        with self._changed:
            return len(self._unacknowledged)

    @property
    def stopped(self) -> bool:
        """Whether the shipper stops."""
        return self._stopped

    def stop(self) -> None:
        """Release everybody who waits."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait for some time, or until the shipper stops."""
        due = time.monotonic() + seconds
        with self._changed:
            while not self._stopped and (left := due - time.monotonic()) > 0:
                self._changed.wait(left)
