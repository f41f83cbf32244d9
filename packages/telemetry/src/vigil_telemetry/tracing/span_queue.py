"""Spans on their way to the collector: a bounded queue, and the thread that empties it.

The SDK's processor of batches waits for its exporter up to 30 seconds at exit and drops without a count. This one holds
nothing up: a span that finds the queue full is counted, a batch that nobody takes for half a minute is counted, and
what is left when the process has to end is counted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from opentelemetry import context as otel_context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from .collector import Collector, Refused
from .encoding import encoded
from .ended import EndedSpan, ended
from .outgoing import Outgoing

__all__ = ["Pace", "SpanQueue"]

SECONDS_BETWEEN_LINES = 60.0

_log = logging.getLogger("vigil_telemetry.tracing")


class Pace(NamedTuple):
    """How many spans wait at most and are sent at once; the seconds between batches, of a request, and of retries."""

    queue: int
    batch: int
    between: float
    request: float
    retries: float


class SpanQueue(SpanProcessor):
    """Takes ended spans and sends them. `dropped` counts those that were lost, by reason."""

    def __init__(self, collector: Callable[[], Collector], outgoing: Outgoing, pace: Pace) -> None:
        self._collector = collector
        self._pace = pace._replace(batch=min(pace.batch, pace.queue))
        self._outgoing = outgoing
        self.dropped: Counter[str] = Counter()
        # Attributes of spans that are ending, by the id of the span; those that a span has itself count more.
        self.beside: dict[int, dict[str, Any]] = {}
        self._begin()

    def _begin(self) -> None:
        """Make anew what a child of a fork must not share with its parent."""
        self._waiting: deque[EndedSpan] = deque()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ends: float | None = None
        self._in_hand = 0
        self._next_line = 0.0

    def after_fork_in_child(self) -> None:
        """Begin anew: what waits is the parent's to send, and what was dropped the parent's to count."""
        self.dropped = Counter()
        self._begin()

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span; never wait."""
        if not span.context.trace_flags.sampled:
            return
        self.take(ended(span, self.beside.pop(span.context.span_id, None)))

    def take(self, span: EndedSpan) -> None:
        """Take a span of which nothing changes any more; never wait."""
        if self._ends is not None:
            self._drop(1, "stopped")
        elif len(self._waiting) >= self._pace.queue:
            self._drop(1, "queue_full")
        else:
            self._waiting.append(span)
            if self._thread is None:
                self._start()
            elif len(self._waiting) == self._pace.batch:
                self._wake.set()

    def stop(self, timeout: float) -> None:
        """Send what waits, within these seconds, and count what is left."""
        if self._ends is not None:
            return
        self._ends = time.monotonic() + timeout
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)
        left = len(self._waiting) + self._in_hand
        if left:
            self._drop(left, "stopped")
            self._tell("the process ends", left)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="telemetry-spans", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        # A new context: that of the request which began this thread is not ours.
        otel_context.attach(otel_context.Context())
        with suppress_instrumentation():
            collector = self._collector()
            while self._ends is None:
                self._wake.wait(self._pace.between)
                self._wake.clear()
                self._send_all(collector)
            self._send_all(collector)
            collector.close()

    def _send_all(self, collector: Collector) -> None:
        while self._waiting and self._remaining() > 0:
            batch = [self._waiting.popleft() for _number in range(min(self._pace.batch, len(self._waiting)))]
            self._in_hand = len(batch)
            try:
                self._send(collector, batch)
            except Exception as error:  # noqa: BLE001 - one span that cannot be encoded must not end the thread
                self._lose(len(batch), "unreadable", type(error).__name__)
            self._in_hand = 0

    def _remaining(self) -> float:
        return self._pace.request if self._ends is None else self._ends - time.monotonic()

    def _send(self, collector: Collector, batch: list[EndedSpan]) -> None:
        body = encoded(map(self._outgoing.span, batch))
        until, pause = time.monotonic() + self._pace.retries, 0.5
        while True:
            try:
                answer = collector.request("POST", collector.url, body=body, timeout=max(0.1, self._remaining()))
            except Refused as refused:  # noqa: PERF203 - each is waited for
                if not refused.retry or self._ends is not None or time.monotonic() + pause > until:
                    self._lose(len(batch), refused.reason, refused.found)
                    return
                self._tell(refused.found, 0)
                self._wake.wait(pause)
                self._wake.clear()
                pause = min(pause * 2, 8.0)
            else:
                self._read(answer)
                return

    def _read(self, answer: bytes) -> None:
        """Count the spans that a collector took without storing them, which it says in a 200."""
        response = ExportTraceServiceResponse()
        response.ParseFromString(answer)
        if response.partial_success.rejected_spans:
            found = self._outgoing.text(response.partial_success.error_message[:200])
            self._lose(response.partial_success.rejected_spans, "rejected", found)

    def _drop(self, number: int, reason: str) -> None:
        with self._lock:
            self.dropped[reason] += number

    def _lose(self, number: int, reason: str, found: str) -> None:
        self._drop(number, reason)
        self._tell(found, number)

    def _tell(self, found: str, lost: int) -> None:
        """Log what was found, once a minute at most; the counter has the rest."""
        now = time.monotonic()
        if now < self._next_line:
            return
        self._next_line = now + SECONDS_BETWEEN_LINES
        total = sum(self.dropped.values())
        _log.warning(
            "Spans are not taken by the collector: %s; %d dropped since the start, %d of them now, %d waiting.",
            *(found, total, lost, len(self._waiting)),
        )
