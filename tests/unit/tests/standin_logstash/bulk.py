"""A server that takes bulk requests as Elasticsearch does, with prepared refusals, and notes the documents."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["BulkServer", "bulk_server", "certificates", "until"]


class BulkServer(ThreadingHTTPServer):
    """`requests` are the statuses of whole requests to come, `refusals` those of documents by their message."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[int] = []
        self.refusals: dict[str, list[int]] = {}
        self.documents: list[tuple[str, dict[str, Any]]] = []
        self.asked = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.server_address[1]}"

    def answer(self, lines: list[bytes]) -> dict[str, Any]:
        """Take the documents that are not refused and return what each has become."""
        items = []
        for action, source in zip(lines[::2], lines[1::2], strict=True):
            document = json.loads(source)
            statuses = self.refusals.get(str(document.get("message")), [])
            status = statuses.pop(0) if statuses else 201
            if status == 201:
                self.documents.append((json.loads(action)["create"]["_index"], document))
            error = {} if status == 201 else {"error": {"type": "refused", "reason": "as prepared"}}
            items.append({"create": {"_index": "", "status": status} | error})
        return {"took": 1, "errors": any("error" in item["create"] for item in items), "items": items}


class _Handler(BaseHTTPRequestHandler):
    """Answers what Logstash asks."""

    protocol_version = "HTTP/1.1"
    server: BulkServer

    def do_GET(self) -> None:
        self._answer(200, {"cluster_uuid": "u", "version": {"number": "8.19.20"}, "license": {"status": "active"}})

    def do_HEAD(self) -> None:
        self._answer(200, {})

    def do_POST(self) -> None:
        lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
        self.server.asked += 1
        status = self.server.requests.pop(0) if self.server.requests else 200
        self._answer(status, self.server.answer(lines) if status == 200 else {})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *words: Any) -> None:
        """Log no request."""


@contextmanager
def bulk_server(tls: Path) -> Iterator[BulkServer]:
    """Run the server with the certificate in a directory."""
    server = BulkServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "tls.crt", tls / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificates(folder: Path) -> Path:
    """Make an authority, and with it a certificate of 127.0.0.1; return their directory."""
    extensions = "subjectAltName=IP:127.0.0.1,DNS:localhost"
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    key = ["-keyout", f"{folder}/ca.key", "-out", f"{folder}/authorities.crt"]
    subprocess.run(["openssl", "req", "-x509", *made, "-subj", "/CN=authority", *key], check=True, capture_output=True)
    issued = ["-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.crt", "-addext", extensions]
    signer = ["-CA", f"{folder}/authorities.crt", "-CAkey", f"{folder}/ca.key", "-subj", "/CN=peer"]
    subprocess.run(["openssl", "req", "-x509", *made, *signer, *issued], check=True, capture_output=True)
    return folder


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until a condition holds; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} seconds in vain until {what}"
        time.sleep(0.05)
