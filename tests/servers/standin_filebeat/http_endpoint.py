"""The HTTP endpoint: who this is, and what it has shipped."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from .queue import Queue

__all__ = ["serve", "stats"]

Answer = Callable[[], dict[str, Any]]


def stats(queue: Queue, open_files: int) -> dict[str, Any]:
    """Return the part of /stats that the stand-in has."""
    counts = queue.counts
    acked, active = counts["acked"], queue.active
    return {
        "filebeat": {
            "events": {"active": active, "added": counts["added"], "done": acked},
            "harvester": {"open_files": open_files, "running": open_files},
        },
        "libbeat": {
            "output": {
                "type": "logstash",
                "events": {"acked": acked, "batches": counts["batches"], "failed": counts["failed"]},
                "write": {"errors": counts["errors"]},
            },
            "pipeline": {"events": {"active": active, "published": counts["added"]}},
        },
    }


def serve(place: tuple[str, int] | str, answers: dict[str, Answer]) -> None:
    """Answer at a host and port, or at the path of a socket, in the background."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path.partition("?")[0])
            body = json.dumps(answer() if answer else {"error": "not found"}).encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "client"

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(socketserver.ThreadingTCPServer):
        address_family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
        allow_reuse_address = True
        daemon_threads = True

    if isinstance(place, str):
        Path(place).unlink(missing_ok=True)
    threading.Thread(target=Server(place, Handler).serve_forever, daemon=True).start()  # type: ignore[arg-type]
