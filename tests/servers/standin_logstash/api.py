"""The part of Logstash's API that monitoring asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .errors import ConfigurationError

__all__ = ["serve"]


def serve(address: str, port: int, answer: Callable[[str], dict[str, Any] | None]) -> ThreadingHTTPServer:
    """Serve what `answer` returns for each path, 404 for None."""

    class Handler(BaseHTTPRequestHandler):
        """Answers a request."""

        def do_GET(self) -> None:
            found = answer(self.path.partition("?")[0].rstrip("/") or "/")
            body = json.dumps(found or {"status": 404, "error": "Not Found"}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: Any) -> None:
            """Log no request."""

    try:
        server = ThreadingHTTPServer((address, port), Handler)
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {address}:{port}: {error}") from error
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
