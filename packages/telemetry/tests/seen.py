"""Parts that remember what the middleware gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from vigil_telemetry.requests.observed import Observers

__all__ = ["Request", "Seen", "Span"]


@dataclass
class Request:
    """A measured request."""

    method: str
    route: str | None
    status: int
    seconds: float
    trace_id: str | None


@dataclass
class Span:
    """A span of a request."""

    carrier: Mapping[str, str]
    attributes: Mapping[str, Any]
    trace_id: str | None = "ab" * 16
    route: str | None = None
    status: int = 0
    errors: list[BaseException] = field(default_factory=list)
    ended: bool = False

    def set_route(self, route: str) -> None:
        self.route = route

    def set_status(self, status: int) -> None:
        self.status = status

    def record_error(self, error: BaseException) -> None:
        self.errors.append(error)


@dataclass
class Seen:
    """Requests, spans and errors in the order in which they ended or, of spans, began."""

    requests: list[Request] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def observers(self) -> Observers:
        return Observers(self, self, self)

    def http(self, method: str, route: str | None, status: int, seconds: float, trace_id: str | None = None) -> None:
        self.requests.append(Request(method, route, status, seconds, trace_id))

    def unhandled(self, error: BaseException) -> None:
        self.errors.append(error)

    @contextmanager
    def request(
        self,
        method: str,  # noqa: ARG002
        route: str | None,  # noqa: ARG002
        carrier: Mapping[str, str],
        **attributes: Any,
    ) -> Iterator[Span]:
        span = Span(carrier, attributes)
        self.spans.append(span)
        try:
            yield span
        finally:
            span.ended = True

    @property
    def series(self) -> set[tuple[str, str | None, int]]:
        """The labels of all requests."""
        return {(one.method, one.route, one.status) for one in self.requests}
