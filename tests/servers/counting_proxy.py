"""A proxy on loopback that counts what goes through it, and how long the server behind it takes."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["CountingProxy", "Counts", "counting_proxy"]

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
    """Passes requests on to a server of loopback, one connection there for each one here."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = port
        self.counts = Counts()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """The address of the proxy."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take(self) -> Counts:
        """Return the counts, and begin anew."""
        with self.lock:
            counts, self.counts = self.counts, Counts()
        return counts


class _Handler(BaseHTTPRequestHandler):
    server: CountingProxy
    protocol_version = "HTTP/1.1"
    # Otherwise the end of an answer waits for the acknowledgement of its beginning, 40 ms each time.
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.upstream = http.client.HTTPConnection("127.0.0.1", self.server.behind)
        self.upstream.connect()
        with self.server.lock:
            self.server.counts.connections += 1

    def finish(self) -> None:
        self.upstream.close()
        super().finish()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        begun = time.perf_counter()
        self.upstream.request(self.command, self.path, body or None, headers)
        response = self.upstream.getresponse()
        answer = response.read()
        took = time.perf_counter() - begun
        with self.server.lock:
            self.server.counts.requests += 1
            self.server.counts.server_seconds += took
            self.server.counts.methods[self.command] += 1
        self.send_response_only(response.status, response.reason)
        for name, value in response.headers.items():
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _pass_on

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the bench clean."""


@contextmanager
def counting_proxy(port: int) -> Iterator[CountingProxy]:
    """A proxy before the server on this port of loopback, for the time of the block."""
    with CountingProxy(port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
