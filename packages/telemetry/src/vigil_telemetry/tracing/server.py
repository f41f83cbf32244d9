"""The one span of a request: begun by the middleware, with the caller's context, named by the route's template."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from opentelemetry import context as otel_context
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

from .spans import record_error

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["METHODS", "Begins", "OnlyIds", "RequestSpan"]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"})
_LOWEST_ERROR = 500
_NOT_SAMPLED = TraceFlags(TraceFlags.DEFAULT)


class Begins(Protocol):
    """What is asked of a tracer."""

    def start_span(self, name: str, context: Context, kind: SpanKind, attributes: Mapping[str, Any], /) -> Span:
        """Return a span that has begun."""


class OnlyIds:
    """Begins spans that nobody records, for logs: each of its caller's trace, or of a new one.

    The SDK with a sampler that is always off gives the same, for three times the price.
    """

    def __init__(self) -> None:
        self._ids = RandomIdGenerator()

    def start_span(self, _name: str, context: Context, _kind: SpanKind, _attributes: Mapping[str, Any], /) -> Span:
        """Return a span that records nothing."""
        caller = trace.get_current_span(context).get_span_context()
        trace_id = caller.trace_id if caller.is_valid else self._ids.generate_trace_id()
        span_id = self._ids.generate_span_id()
        return NonRecordingSpan(SpanContext(trace_id, span_id, False, _NOT_SAMPLED, caller.trace_state))


class RequestSpan:
    """The span of a request, as a block: current within it; an exception that leaves the block is recorded.

    4xx is the client's error, so it is none of this span; 5xx is one.
    """

    span: Span

    def __init__(
        self, tracer: Begins, method: str, route: str | None, carrier: Mapping[str, str], attributes: Mapping[str, Any]
    ) -> None:
        self._tracer, self._route, self._carrier, self._attributes = tracer, route, carrier, attributes
        self._method = method if method in METHODS else "HTTP"

    def __enter__(self) -> Self:
        given = {**self._attributes, "http.request.method": self._method if self._method in METHODS else "_OTHER"}
        name = self._method
        if self._route:
            given["http.route"] = self._route
            name = f"{name} {self._route}"
        parent = propagate.extract(self._carrier) if "traceparent" in self._carrier else otel_context.get_current()
        self.span = self._tracer.start_span(name, parent, SpanKind.SERVER, given)
        self._token = otel_context.attach(trace.set_span_in_context(self.span, parent))
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.record_error(error)
        otel_context.detach(self._token)
        self.span.end()

    @property
    def trace_id(self) -> str | None:
        """Return the trace's id as 32 hexadecimal digits if the trace is sampled, for exemplars, else None."""
        context = self.span.get_span_context()
        return trace.format_trace_id(context.trace_id) if context.trace_flags.sampled else None

    def set_route(self, route: str) -> None:
        """Set the template of the route, such as /orders/{id}, once it is known."""
        if self.span.is_recording():
            self.span.set_attribute("http.route", route)
            self.span.update_name(f"{self._method} {route}")

    def set_status(self, status: int) -> None:
        """Set the status of the answer."""
        if self.span.is_recording():
            self.span.set_attribute("http.response.status_code", status)
            if status >= _LOWEST_ERROR:
                self.span.set_attribute("error.type", str(status))
                self.span.set_status(StatusCode.ERROR)

    def record_error(self, error: BaseException) -> None:
        """Record the exception that the application did not answer."""
        if self.span.is_recording():
            record_error(self.span, error)
