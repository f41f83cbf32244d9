"""The thread that makes lines of events and writes them, so that no caller waits for a disk.

Lines are made here because the code that makes them is not in the processor's caches after a request, but stays there
from one event to the next: that saves a third of what a line costs.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence

from .dropped import Dropped, tell_in_the_end
from .hurry import Hurry
from .lines import Event, Line
from .sinks import Sink
from .waiting import Item, Waited, batch, drained, taken

__all__ = ["SECONDS_FOR_SECURITY", "Writer"]

SECONDS_FOR_SECURITY = 5.0
"""How long the caller of a security event waits for the disk at most."""

# Lines of these seconds are written together: each time that the thread wakes costs the application some 80 µs.
# Where so many come that callers would have to make them, they are written sooner.
_GATHER = 0.25
_IDLE = 5.0
_TELL_AGAIN = 1.0
# When so much waits, callers make their lines themselves, which slows them down, and little is left to do at the exit.
_MUCH = 1_000
_RETRY, _RETRY_LONGEST = 0.05, 1.0
_RETRY_AT_STOP = 1.0
# A line takes a place in the queue for each so many bytes, so that the queue's memory is bounded too.
_PLACE_BITS = 12


class Writer:
    """Takes lines of all threads. The first sink has all lines; while it cannot be written, the queue fills."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        limit: int,
        dropped: Dropped,
        made: Callable[[Event], Line],
        told: Callable[[dict[str, int]], Line],
    ) -> None:
        """`made` makes the line of an event, `told` the one that tells how many lines were dropped."""
        self._sinks, self._limit, self._dropped, self._made, self._told = sinks, limit, dropped, made, told
        self._much = min(_MUCH, limit >> 1)
        self._told_number, self._told_at = 0, 0.0
        self._closed = False
        self._begin_anew()

    def put(self, logged: Line | Event) -> None:
        """Have a line written; drop it when too many wait. Never waits, and may be called by handlers of signals."""
        waiting = self._queue.qsize()
        if waiting >= self._limit and not self._closed:
            self._dropped.add("queue_full")
            return
        if waiting == self._much >> 1:
            self._hurry.ask()
        if waiting >= self._much:
            self._hurry.ask()
            logged = self._made(logged) if isinstance(logged, Event) else logged
        self._add(logged, len(logged.combined) if isinstance(logged, Line) else 0)

    def put_on_disk(self, line: Line) -> bool:
        """Write a line, and return whether the disk has it within SECONDS_FOR_SECURITY; if not, it is written later."""
        waited = Waited(line, threading.Event())
        self._first.put(waited)
        self._add(None, 0)
        self._hurry.ask()
        if threading.current_thread() is self._thread:
            return False
        return waited.written.wait(0 if self._closed else SECONDS_FOR_SECURITY)

    def stop(self, timeout: float) -> None:
        """Write all that waits, within these seconds; from then on, each line is written by who logs it."""
        self._ends = time.monotonic() + min(timeout, max(_RETRY_AT_STOP, timeout / 2))
        self._stopping.set()
        self._hurry.ask()
        self._queue.put(None)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        if thread is not None and thread.is_alive():
            # It hangs in a write: no caller may follow it there.
            self._limit = 0
            self._abandon()
            return
        self._closed = True
        self._write_directly()
        self._report()

    def forked(self) -> None:
        """Go on in a child: with an empty queue and own files; lines that wait are the parent's to write."""
        for sink in self._sinks:
            sink.waiting.clear()
            sink.failure = None
            sink.target.forget()
        self._told_number = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._queue: queue.SimpleQueue[Line | Event | None] = queue.SimpleQueue()
        # Security events do not wait for the lines before them.
        self._first: queue.SimpleQueue[Waited] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ends = 0.0
        self._waited: list[Waited] = []
        self._making = 0
        self._lock = threading.RLock()
        self._begun = threading.Lock()
        self._stopping = threading.Event()
        self._hurry = Hurry()

    def _add(self, logged: Line | Event | None, size: int) -> None:
        self._queue.put(logged)
        if size >> _PLACE_BITS:
            for _place in range(size >> _PLACE_BITS):
                self._queue.put(None)
        if self._closed:
            self._write_directly()
        elif self._thread is None:
            self._begin()

    def _begin(self) -> None:
        # A handler of a signal may get here while its own thread is in here; there must not be two writers.
        if not self._begun.acquire(blocking=False):
            return
        thread = threading.Thread(target=self._run, args=[self._begun], name="telemetry-logs", daemon=True)
        try:
            self._thread = thread
            thread.start()
        except RuntimeError:
            # At the end of the interpreter, no thread can start: what waits is written by stop().
            self._ended(self._begun)

    def _run(self, begun: threading.Lock) -> None:
        try:
            self._write_all()
        finally:
            # Should it ever fail, the next line starts another one.
            self._ended(begun)

    def _ended(self, begun: threading.Lock) -> None:
        self._thread = None
        begun.release()

    def _write_all(self) -> None:
        while not (self._stopping.is_set() and self._queue.empty()):
            untold = self._dropped.total() > self._told_number
            for sink in self._sinks:
                sink.target.refresh()
            with contextlib.suppress(queue.Empty):
                head = self._gathered(_TELL_AGAIN if untold else _IDLE)
                self._write(batch(head, self._queue, self._first))
            self._tell()
            if self._stopping.is_set() and time.monotonic() > self._ends:
                break

    def _gathered(self, seconds: float) -> Line | Event | None:
        """Return the first of the lines that wait, once others had time to come too. Raises queue.Empty.

        As long as lines come, this thread does not wait for the first one: who logs it would have to wake it.
        """
        self._gather()
        with contextlib.suppress(queue.Empty):
            return self._queue.get_nowait()
        head = self._queue.get(timeout=seconds)
        self._gather()
        return head

    def _gather(self) -> None:
        self._hurry.wait(0 if self._stopping.is_set() else _GATHER)

    def _write(self, items: Sequence[Item]) -> None:
        """Write these lines; as long as the first sink cannot be written, try again, and take no others."""
        self._take(items)
        delay = _RETRY
        while not self._flushed():
            if self._stopping.is_set() and time.monotonic() > self._ends:
                return
            self._stopping.wait(delay) if not self._stopping.is_set() else time.sleep(_RETRY)
            delay = min(2 * delay, _RETRY_LONGEST)

    def _take(self, items: Sequence[Item]) -> None:
        waited = [item for item in items if isinstance(item, Waited)]
        self._making = sum(item is not None for item in items)
        lines = [line for line in map(self._line, items) if line is not None]
        self._waited += waited
        for sink in self._sinks:
            sink.take(lines)
        self._making = 0

    def _line(self, item: Item) -> Line | None:
        """Return the line to be written; of an event that cannot be read there is none, and the next one follows."""
        if isinstance(item, Waited):
            return item.line
        if not isinstance(item, Event):
            return item
        try:
            return self._made(item)
        except Exception:  # noqa: BLE001 - nobody else writes lines
            self._dropped.add("unreadable")
            return None

    def _flushed(self) -> bool:
        """Write what waits for all sinks, and return whether the first one has written all."""
        written = [sink.flush(sync=bool(self._waited)) for sink in self._sinks]
        if self._waited and all(written):
            for waited in self._waited:
                waited.written.set()
            self._waited = []
        return written[0]

    def _tell(self) -> None:
        """Write how many lines were dropped since it was told last; not more often than each second."""
        total, now = self._dropped.total(), time.monotonic()
        late = now - self._told_at >= _TELL_AGAIN or self._stopping.is_set()
        if total > self._told_number and late and self._sinks[0].failure is None:
            self._sinks[0].take([self._told({**self._dropped.numbers(), "now": total - self._told_number})])
            self._told_number, self._told_at = total, now
            self._sinks[0].flush()

    def _write_directly(self) -> None:
        """Write what waits in the thread of the caller, when there is no other any more."""
        with self._lock:
            while not (self._first.empty() and self._queue.empty()):
                self._take([*taken(self._first), *taken(self._queue)])
            self._flushed()
            for sink in self._sinks:
                if sink.failure is not None:
                    sink.give_up()

    def _abandon(self) -> None:
        """Drop what waits when the time is over, and what is in hand, of which nobody knows whether it arrives."""
        in_hand = self._making + len(self._sinks[0].waiting)
        self._dropped.add("stopped", in_hand + drained(self._first) + drained(self._queue))
        tell_in_the_end(self._dropped.total() - self._told_number, "the time to write them is over")

    def _report(self) -> None:
        """Tell of lines that were dropped in the end, in the log or, if that is impossible, on the standard error."""
        self._tell()
        failures = [sink.failure for sink in self._sinks if sink.failure is not None]
        if failures:
            tell_in_the_end(self._dropped.total() - self._told_number, failures[0])
