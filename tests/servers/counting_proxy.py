"""A proxy on loopback that counts what goes through it, and how long the server behind it takes."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

__all__ = ["CountingProxy", "Counts", "Passed", "Passing", "counting_proxy", "serving"]

_Proxy = TypeVar("_Proxy", bound="CountingProxy")

_NOT_PASSED_ON = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass
class Counts:
    """What went through since it was made.

    `server_seconds` is the time from the moment that a request is on its way to the server until its answer is
    complete, all requests together.
    """

    requests: int = 0
    connections: int = 0
    server_seconds: float = 0.0
    methods: Counter[str] = field(default_factory=Counter)


class CountingProxy(ThreadingHTTPServer):
    """Passes requests on to a server of loopback, one connection there for each one here, with TLS if it is trusted."""

    daemon_threads = True

    def __init__(self, port: int, passing: type[Passing] | None = None, trusted: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), passing or Passing)
        self.behind, self.trusted = port, trusted
        self.counts = Counts()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address of the proxy."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection to the server, not opened yet."""
        if self.trusted:
            return http.client.HTTPSConnection("127.0.0.1", self.behind, context=self.trusted)
        return http.client.HTTPConnection("127.0.0.1", self.behind)

    def take(self) -> Counts:
        """Return the counts, and begin anew."""
        with self.lock:
            counts, self.counts = self.counts, Counts()
        return counts


@dataclass(frozen=True)
class Passed:
    """A request on its way to the server, or an answer on its way back, of which `line` is the status."""

    line: tuple[str, str]
    headers: Mapping[str, str]
    body: bytes


class Passing(BaseHTTPRequestHandler):
    """One connection."""

    server: CountingProxy
    protocol_version = "HTTP/1.1"
    # Otherwise the end of an answer waits for the acknowledgement of its beginning, 40 ms each time.
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.upstream = self.server.connection()
        self.upstream.connect()
        with self.server.lock:
            self.server.counts.connections += 1

    def finish(self) -> None:
        self.upstream.close()
        super().finish()

    def pass_on(self) -> None:
        """Pass a request on, and its answer back."""
        self.pass_back(self.answered(self.received()))

    def received(self) -> Passed:
        """Return the request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return Passed((self.command, self.path), _passed_on(self.headers), body)

    def answered(self, request: Passed) -> Passed:
        """Return the answer of the server."""
        begun = time.perf_counter()
        self.upstream.request(*request.line, request.body or None, dict(request.headers))
        response = self.upstream.getresponse()
        body = response.read()
        took = time.perf_counter() - begun
        with self.server.lock:
            self.server.counts.requests += 1
            self.server.counts.server_seconds += took
            self.server.counts.methods[request.line[0]] += 1
        return Passed((str(response.status), response.reason), _passed_on(response.headers), body)

    def pass_back(self, answer: Passed) -> None:
        """Pass an answer back."""
        self.send_response_only(int(answer.line[0]), answer.line[1])
        for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _serve(self) -> None:
        self.pass_on()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of tests and of the bench clean."""


def _passed_on(headers: Message) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON}


@contextmanager
def serving(proxy: _Proxy) -> Iterator[_Proxy]:
    """Let a proxy work for the time of the block."""
    with proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()


def counting_proxy(port: int) -> AbstractContextManager[CountingProxy]:
    """A proxy before the server on this port of loopback, for the time of the block."""
    return serving(CountingProxy(port))
