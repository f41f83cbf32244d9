"""Spans of requests, as light as most of them are: ids, a name, two times, and what is known of each request.

What the SDK makes for a span is some twelve objects and sixty calls, whose code is not in the processor's caches after
a request that works: a quarter of all that the library costs. A span of which somebody records more becomes one of the
SDK's at that moment, so that all that is recorded has the SDK's meaning and limits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status

from .ended import EndedSpan
from .provider import provider_like
from .span_queue import SpanQueue

__all__ = ["PlainSpan", "PlainSpans"]

_SCOPE = "vigil_telemetry"
_UNSET = Status()
# Newer releases of OpenTelemetry tell of an id that it is random.
_RANDOM = getattr(TraceFlags, "RANDOM_TRACE_ID", 0)
_SAMPLED_AND_NEW = TraceFlags(TraceFlags.SAMPLED | _RANDOM)


class _GivenIds(RandomIdGenerator):
    """Gives a span of the SDK the ids that it has already."""

    def __init__(self) -> None:
        self.given = threading.local()

    def generate_trace_id(self) -> int:
        """Return the id of the trace."""
        return int(self.given.context.trace_id)

    def generate_span_id(self) -> int:
        """Return the id of the span."""
        return int(self.given.context.span_id)


class PlainSpans:
    """Begins spans in place of a tracer, for this queue; `all_new`: the sampler keeps each that has no parent."""

    def __init__(self, provider: TracerProvider, queue: SpanQueue, *, all_new: bool) -> None:
        self.queue, self.resource = queue, provider.resource
        self.scope = InstrumentationScope(_SCOPE)
        self._sampler, self._all_new = provider.sampler, all_new
        self._ids, self._given = RandomIdGenerator(), _GivenIds()
        self._tracer = provider_like(provider, queue, self._given).get_tracer(_SCOPE)

    def start_span(self, name: str, context: Context, kind: SpanKind, attributes: dict[str, Any]) -> Span:
        """Return a span that has begun; its attributes are the caller's to change until it ends."""
        caller = trace.get_current_span(context).get_span_context() if context else None
        if caller is not None and caller.is_valid:
            trace_id = caller.trace_id
        else:
            caller, trace_id = None, self._ids.generate_trace_id()
        flags, state = _SAMPLED_AND_NEW, None
        if caller is not None or not self._all_new:
            found = self._sampler.should_sample(context, trace_id, name, kind, attributes, ())
            random = _RANDOM if caller is None else caller.trace_flags & _RANDOM
            sampled = found.decision is sampling.Decision.RECORD_AND_SAMPLE
            flags = TraceFlags(random | (TraceFlags.SAMPLED if sampled else 0))
            state = found.trace_state
        begun = SpanContext(trace_id, self._ids.generate_span_id(), False, flags, state)
        return PlainSpan(self, name, begun, caller, kind, attributes) if flags.sampled else NonRecordingSpan(begun)

    def whole(self, span: PlainSpan) -> Span:
        """Return the span as one of the SDK's."""
        self._given.given.context = span.get_span_context()
        parent = NonRecordingSpan(span.parent) if span.parent is not None else trace.INVALID_SPAN
        within = trace.set_span_in_context(parent, Context())
        return self._tracer.start_span(span.name, within, span.kind, start_time=span.start_time)


class PlainSpan(Span):
    """A span of which no more is known than what is `known` of each request, or one of the SDK's in its place."""

    _whole: Span | None = None

    def __init__(
        self,
        spans: PlainSpans,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        known: dict[str, Any],
    ) -> None:
        self._spans, self.name, self._context, self.parent, self.kind = spans, name, context, parent, kind
        self.known = known
        self.start_time = time.time_ns()
        self._has_ended = False

    def get_span_context(self) -> SpanContext:
        """Return the ids of the span."""
        return self._context

    def is_recording(self) -> bool:
        """Whether it has not ended."""
        return not self._has_ended

    def update_name(self, name: str) -> None:
        """Name it anew."""
        if not self._has_ended:
            self.name = name
            if self._whole is not None:
                self._whole.update_name(name)

    def end(self, end_time: int | None = None) -> None:
        """End it, once. What somebody recorded counts more than what is known of each request."""
        if self._has_ended:
            return
        self._has_ended = True
        queue, context = self._spans.queue, self._context
        if self._whole is not None:
            queue.beside[context.span_id] = self.known
            self._whole.end(end_time)
            return
        queue.take(
            EndedSpan(
                *(self.name, context, self.parent, self.kind, _UNSET, self.start_time, end_time or time.time_ns()),
                *(self.known, (), (), self._spans.resource, self._spans.scope),
            )
        )

    def __getattr__(self, name: str) -> Any:
        """Return what else a span of the SDK has."""
        return getattr(self._recorded(), name)

    def _recorded(self) -> Span:
        if self._whole is None and not self._has_ended:
            # Two threads may get here at once.
            self.__dict__.setdefault("_whole", self._spans.whole(self))
        return self._whole or trace.INVALID_SPAN

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set attributes."""
        self._recorded().set_attributes(attributes)

    def set_attribute(self, key: str, value: Any) -> None:
        """Set an attribute."""
        self._recorded().set_attribute(key, value)

    def add_event(self, *given: Any, **named: Any) -> None:
        """Add an event."""
        self._recorded().add_event(*given, **named)

    def add_link(self, *given: Any, **named: Any) -> None:
        """Add a link."""
        self._recorded().add_link(*given, **named)

    def set_status(self, *given: Any, **named: Any) -> None:
        """Set the status."""
        self._recorded().set_status(*given, **named)

    def record_exception(self, *given: Any, **named: Any) -> None:
        """Record an exception."""
        self._recorded().record_exception(*given, **named)
