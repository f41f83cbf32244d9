"""The one span of a request: begun by the middleware, with the caller's context, named by the route's template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
)

from .plain_span import PlainSpan
from .spans import record_error

__all__ = ["METHODS", "Begins", "RequestSpan"]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"})
_LOWEST_ERROR = 500
_NOT_SAMPLED = TraceFlags(TraceFlags.DEFAULT)
_ids = RandomIdGenerator()


class Begins(Protocol):
    """What is asked of a tracer."""

    def start_span(self, name: str, context: Context, kind: SpanKind, attributes: dict[str, Any], /) -> Span:
        """Return a span that has begun."""


class RequestSpan:
    """The span of a request: `begin` it, run the request in the context that this returns, `complete` and `end` it.

    4xx is the client's error, so it is none of this span; 5xx is one.
    """

    trace_id: str | None = None
    """The trace's id as 32 hexadecimal digits if the trace is sampled, for exemplars, else None."""

    def __init__(
        self,
        tracer: Begins | None,
        method: str,
        route: str | None,
        carrier: Mapping[str, str],
        attributes: Callable[[], Mapping[str, Any]],
    ) -> None:
        """Without a tracer, nobody records it, and it has ids only for logs."""
        self._tracer, self._route, self._carrier, self._attributes = tracer, route, carrier, attributes
        self._method = method if method in METHODS else "HTTP"

    def begin(self, parent: Context) -> Context:
        """Return a context in which the span is current; its parent is the caller's span, else that of this context."""
        if "traceparent" in self._carrier:
            parent = propagate.extract(self._carrier, parent)
        self._span = _unrecorded(parent) if self._tracer is None else self._begun(self._tracer, parent)
        return trace.set_span_in_context(self._span, parent)

    def _begun(self, tracer: Begins, parent: Context) -> Span:
        given = {**self._attributes(), "http.request.method": self._method if self._method in METHODS else "_OTHER"}
        if self._route:
            given["http.route"] = self._route
        span = tracer.start_span(self._name(self._route), parent, SpanKind.SERVER, given)
        context = span.get_span_context()
        if context.trace_flags.sampled:
            self.trace_id = trace.format_trace_id(context.trace_id)
        return span

    def _name(self, route: str | None) -> str:
        return f"{self._method} {route}" if route else self._method

    def complete(self, route: str | None, status: int, error: BaseException | None = None) -> None:
        """Record the template of the route, such as /orders/{id}, the status, and what was raised and not answered."""
        span = self._span
        if not span.is_recording():
            return
        given: dict[str, Any] = {"http.response.status_code": status}
        if route and route != self._route:
            given["http.route"] = route
            span.update_name(self._name(route))
        if status >= _LOWEST_ERROR:
            given["error.type"] = str(status)
            span.set_status(StatusCode.ERROR)
        if isinstance(span, PlainSpan):
            span.known.update(given)
        else:
            span.set_attributes(given)
        if error is not None:
            record_error(span, error)

    def end(self) -> None:
        """End the span."""
        self._span.end()


def _unrecorded(parent: Context) -> Span:
    """Return a span that nobody records: of its caller's trace, or of a new one.

    The SDK with a sampler that is always off gives the same, for three times the price.
    """
    caller = trace.get_current_span(parent).get_span_context()
    trace_id = caller.trace_id if caller.is_valid else _ids.generate_trace_id()
    return NonRecordingSpan(SpanContext(trace_id, _ids.generate_span_id(), False, _NOT_SAMPLED, caller.trace_state))
