"""Parts that remember what the middleware gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.context import Context

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

    def begin(self, parent: Context) -> Context:
        return parent

    def complete(self, route: str | None, status: int, error: BaseException | None) -> None:
        self.route, self.status = route, status
        self.errors += [error] if error is not None else []

    def end(self) -> None:
        self.ended = True


@dataclass
class Seen:
    """Requests, spans and errors in the order in which they ended or, of spans, began.

    `foreseen` has the routes of requests as they were known when their spans began.
    """

    requests: list[Request] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    by_operation: bool = True
    foreseen: list[str | None] = field(default_factory=list)

    def observers(self) -> Observers:
        return Observers(self, self, self)

    def http(self, method: str, route: str | None, status: int, seconds: float, trace_id: str | None = None) -> None:
        self.requests.append(Request(method, route, status, seconds, trace_id))

    def unhandled(self, error: BaseException) -> None:
        self.errors.append(error)

    def request(
        self,
        method: str,  # noqa: ARG002
        route: str | None,
        carrier: Mapping[str, str],
        attributes: Callable[[], Mapping[str, Any]],
    ) -> Span:
        self.foreseen.append(route)
        self.spans.append(Span(carrier, attributes()))
        return self.spans[-1]

    @property
    def series(self) -> set[tuple[str, str | None, int]]:
        """The labels of all requests."""
        return {(one.method, one.route, one.status) for one in self.requests}
