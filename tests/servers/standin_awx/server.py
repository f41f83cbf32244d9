"""The server: HTTP on a free port of loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .application import LostError, StandinAwx, asked_for

__all__ = ["running"]


@contextmanager
def running() -> Iterator[StandinAwx]:
    """Answer on a free port of loopback."""
    standin = StandinAwx()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            split = urlsplit(self.path)
            try:
                status, answer = standin.answer(
                    self.command, split.path, dict(parse_qsl(split.query)), body, self.headers.get("Authorization", "")
                )
            except LostError:
                self.close_connection = True
                return
            time.sleep(asked_for(standin.delays, self.command, split.path) or 0)
            self._send(status, answer)

        def _send(self, status: int, answer: Any) -> None:
            plain = isinstance(answer, str)
            text = b"" if answer is None else answer.encode() if plain else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if plain else "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Keep the output of the tests clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        standin.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield standin
        finally:
            server.shutdown()
            thread.join()
            standin.close()
