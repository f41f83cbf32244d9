"""A loopback collector of spans that answers as a test wants, and what a test needs to start tracing against it."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from programs import PLENTY
from vigil_telemetry.settings import Settings, settings_from
from vigil_telemetry.tracing import RequestSpan, Tracing
from vigil_telemetry.tracing.ended import EndedSpan

__all__ = ["Plain", "StandinCollector", "begun", "collector", "requested", "settings", "shown", "unused_port"]


class Plain:
    """A redactor that finds nothing, so that a test sees what this part itself takes away."""

    def text(self, text: str) -> str:
        return text

    def attributes(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        return dict(attributes)


def shown(span: EndedSpan) -> str:
    """Return all texts of a span."""
    events = [(event.name, dict(event.attributes or {})) for event in span.events]
    return str((span.name, span.attributes, events, span.status.description))


@contextmanager
def requested(
    tracing: Tracing, method: str, route: str | None, carrier: Mapping[str, str], **attributes: Any
) -> Iterator[RequestSpan]:
    """Run a block within the span of a request, as the middleware does."""
    span = tracing.request(method, route, carrier, lambda: attributes)
    token = otel_context.attach(span.begin(otel_context.get_current()))
    try:
        yield span
    finally:
        otel_context.detach(token)
        span.end()


class StandinCollector(ThreadingHTTPServer):
    """Takes OTLP over HTTP as a collector does, and keeps it; statuses to answer first, and a delay, can be set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[bytes] = []
        self.requests: list[tuple[str, Mapping[str, str]]] = []  # paths and headers of all that was taken
        self.statuses: list[int] = []
        self.delay = 0.0
        self.rejected = 0
        self.tls: ssl.SSLContext | None = None
        self.strategies: Any = {"strategyType": "PROBABILISTIC", "probabilisticSampling": {"samplingRate": 0}}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.server_port}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands first, if it has TLS, in the thread of the connection."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with suppress(OSError), self.tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def spans(self) -> list[Any]:
        """Return all spans that were taken, in their order."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.received]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def await_spans(self, number: int, seconds: float = PLENTY) -> list[Any]:
        """Return the spans once there are as many."""
        until = time.monotonic() + seconds
        while len(self.spans()) < number and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.spans()) == number
        return self.spans()


class _Handler(BaseHTTPRequestHandler):
    server: StandinCollector
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.delay)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        answer = ExportTraceServiceResponse()
        if status == 200:
            self.server.requests.append((self.path, dict(self.headers)))
            self.server.received.append(body)
            answer.partial_success.rejected_spans = self.server.rejected
        self._answer(status, answer.SerializeToString())

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.requests.append((self.path, dict(self.headers)))
        strategies = self.server.strategies
        self._answer(200, strategies if isinstance(strategies, bytes) else json.dumps(strategies).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given: object) -> None:
        """Be silent."""


@contextmanager
def collector() -> Iterator[StandinCollector]:
    """Yield a collector that runs."""
    with StandinCollector() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()


def settings(**given: object) -> Settings:
    return settings_from({"service": "shop", "environment": "test", **given}, {})


@contextmanager
def begun(**given: object) -> Iterator[Tracing]:
    """Yield the tracing of a service that runs until the end of the block."""
    tracing = Tracing(settings(**given), Plain())
    tracing.start()
    try:
        yield tracing
    finally:
        tracing.stop(PLENTY)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
