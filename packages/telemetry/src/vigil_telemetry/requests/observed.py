"""One request, from its first byte to the last of its answer: a context of its own, one span, one measurement."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from opentelemetry import context
from opentelemetry.context import Context

from ..context import Carried, carried_within

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["CANCELLED", "Incoming", "Measures", "Observed", "Observers", "Reports", "RequestSpan", "Traces"]

# Not of HTTP: the client went away before there was an answer. The number is nginx's.
CANCELLED = 499


class Incoming(NamedTuple):
    """A request as it arrives: all of it is untrusted. Headers are those that parts ask for, names in lower case.

    It is measured as its method, or as WEBSOCKET, whose hours would spoil the durations of GET. `route` finds the
    template that the request is going to be routed to.
    """

    method: str
    measured_as: str
    headers: Mapping[str, str]
    attributes: Callable[[], Mapping[str, str]]
    route: Callable[[], str | None]


class RequestSpan(Protocol):
    """The span of a request. `trace_id` is that of a sampled one in hexadecimal, else None."""

    @property
    def trace_id(self) -> str | None: ...

    def begin(self, parent: Context) -> Context:
        """Begin it, and return the context in which it is the current one."""

    def complete(self, route: str | None, status: int, error: BaseException | None) -> None:
        """Set the template of its route, the status of its answer, and what the application raised."""

    def end(self) -> None:
        """End it."""


class Traces(Protocol):
    """What the middleware asks of traces."""

    @property
    def by_operation(self) -> bool:
        """Whether the route of a request must be known when its span begins."""

    def request(
        self,
        method: str,
        route: str | None,
        carrier: Mapping[str, str],
        attributes: Callable[[], Mapping[str, Any]],
    ) -> RequestSpan:
        """Return the span of a request."""


class Measures(Protocol):
    """What the middleware asks of metrics, which keep methods, routes and statuses to closed sets."""

    def http(self, method: str, route: str | None, status: int, seconds: float, trace_id: str | None = None) -> None:
        """Count one request and its duration; no route: none matched; the trace id is its exemplar."""


class Reports(Protocol):
    """What the middleware asks of logs."""

    def unhandled(self, error: BaseException) -> None:
        """Write a line about an exception that the application did not handle."""


@dataclass(frozen=True)
class Observers:
    """The parts that see requests; those that are not there see none."""

    measures: Measures | None = None
    traces: Traces | None = None
    reports: Reports | None = None
    request_id_header: str = "X-Request-ID"


class Observed:
    """A request that is being answered. Enter it, then `end` it once its answer is complete; then leave it."""

    def __init__(self, observers: Observers, incoming: Incoming) -> None:
        self._observers = observers
        self._incoming = incoming
        self.request_id_header = observers.request_id_header
        self.ended = False
        self._span: RequestSpan | None = None
        self._began = 0.0
        self.carried: Carried

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        incoming, traces = self._incoming, self._observers.traces
        # A server may begin a request in the context of the one before it on the same connection.
        within, trace_id = Context(), None
        if traces:
            route = incoming.route() if traces.by_operation else None
            self._span = traces.request(incoming.method, route, incoming.headers, incoming.attributes)
            within = self._span.begin(within)
            trace_id = self._span.trace_id
        self.carried, within = carried_within(within, incoming.headers, self.request_id_header.lower(), trace_id)
        self._token = context.attach(within)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        context.detach(self._token)
        if self._span:
            self._span.end()

    def end(self, status: int, route: str | None, error: BaseException | None = None) -> None:
        """Count the request and complete its span; once, later calls only report an error."""
        if error is not None and self._observers.reports:
            self._observers.reports.unhandled(error)
        if self.ended:
            return
        self.ended = True
        seconds = time.perf_counter() - self._began
        route = self.carried.route or route
        if self._observers.measures:
            trace_id = self._span.trace_id if self._span else None
            self._observers.measures.http(self._incoming.measured_as, route, status, seconds, trace_id)
        if self._span:
            self._span.complete(route, status, error or self.carried.error)
