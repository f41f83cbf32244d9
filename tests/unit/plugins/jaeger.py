# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jaeger for tests of what asks it: what a real one answered, or a real one that answers now and is recorded.

tests/recordings/README.md describes how to record.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings/jaeger/2.13.0"
# Addresses of two real ones: below /jaeger, and below /heavy one that refuses to search for 50 traces at once.
RECORDED, LIVE = (os.environ.get(f"{name}_JAEGER", "").split() for name in ("RECORD", "LIVE"))
FIRST = 1_795_946_460_000_000_000  # 2026-11-29T10:01:00Z, when the first of the 30 requests starts
MINUTE, MS = 60_000_000_000, 1_000_000


class Jaeger(ThreadingHTTPServer):
    """A query of Jaeger on loopback: its answers by path, and the paths that it was asked for."""

    daemon_threads = True

    def __init__(self, answers: dict[str, dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """The address of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str) -> dict[str, Any]:
        """Return the status, type and text of an answer."""
        self.asked.append(path)
        if RECORDED or LIVE:
            self.answers[path] = _forwarded(path)
        return self.answers.get(path) or {"status": 418, "type": "text/plain", "text": "This was not recorded."}


def _forwarded(path: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection((RECORDED or LIVE)[path.startswith("/heavy")], timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = {"status": answer.status, "type": answer.headers["Content-Type"], "text": answer.read().decode()}
    connection.close()
    return found


def send(receiver: str) -> None:
    """Send a request to a shop in every other minute of an hour to a receiver, each with a call of a cart."""
    resources = []
    for service, kind, start, end, parent in (("shop", 2, 0, 90, ""), ("cart", 3, 20, 60, "1")):
        spans = [
            {
                "traceId": f"{number + 1:032x}",
                "spanId": f"{kind - 1:016x}",
                "parentSpanId": parent and parent.rjust(16, "0"),
                "name": f"GET /{service}",
                "kind": kind,
                "startTimeUnixNano": str(FIRST + 2 * number * MINUTE + start * MS),
                "endTimeUnixNano": str(FIRST + 2 * number * MINUTE + end * MS),
            }
            for number in range(30)
        ]
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
        resources.append({"resource": resource, "scopeSpans": [{"spans": spans}]})
    connection = http.client.HTTPConnection(receiver, timeout=30)
    content = json.dumps({"resourceSpans": resources})
    connection.request("POST", "/v1/traces", content, {"Content-Type": "application/json"})
    assert connection.getresponse().status == 200
    connection.close()


class _Handler(BaseHTTPRequestHandler):
    server: Jaeger

    def do_GET(self) -> None:
        answer = self.server.answer(self.path)
        text = answer["text"].encode()
        self.send_response(answer["status"])
        self.send_header("Content-Type", answer["type"])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def jaeger(request: pytest.FixtureRequest) -> Iterator[Jaeger]:
    """A Jaeger that answers as a real one did when the test was recorded."""
    recording = RECORDINGS / f"{request.node.originalname}.json"
    recorded = recording.exists() and not RECORDED and not LIVE
    answers = json.loads(recording.read_text(encoding="utf-8")) if recorded else {}
    with Jaeger(answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
    if RECORDED and server.answers:
        recording.parent.mkdir(parents=True, exist_ok=True)
        recording.write_text(json.dumps(server.answers, indent=0, sort_keys=True) + "\n", encoding="utf-8")
