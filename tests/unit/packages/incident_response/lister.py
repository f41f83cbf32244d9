# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of an Alertmanager: what it lists is chosen by tests, and how it answers."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

__all__ = ["Handler", "Lister"]


class Lister(ThreadingHTTPServer):
    """Answers `GET /api/v2/alerts`, and that there are no silences."""

    daemon_threads = True

    def __init__(self, handler: type[Handler] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), handler or Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.alerts: Any = []
        self.status = 200
        self.ahead = 0  # seconds by which its clock is ahead of that of the tests
        self.asked: list[tuple[str, str]] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def told(self, path: str) -> Any:
        """Return what is answered at a path."""
        return [] if path == "/api/v2/silences" else self.alerts

    def status_of(self, _path: str) -> int:
        """Return the status of an answer."""
        return self.status

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers as the server of a test has chosen."""

    server: Lister

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        self.answer(self.server.told(self.path))

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time of an answer by the clock of the server."""
        return super().date_time_string((time.time() if timestamp is None else timestamp) + self.server.ahead)

    def answer(self, told: Any) -> None:
        """Answer with something as JSON, or with nothing."""
        text = b"" if told is None else json.dumps(told).encode()
        self.send_response(self.server.status_of(self.path))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""
