"""A port of its own for metrics, with mutual TLS, that no stranger can keep busy."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ..errors import TelemetryError
from ..settings import Settings
from .exposition import Render
from .files import Renewed, TlsFiles, Token

__all__ = ["Port", "checked"]

_SECONDS = 10.0  # for the handshake, and for each read and write
_AT_ONCE = 8


def checked(settings: Settings) -> None:
    """Raise TelemetryError when the settings of the port contradict each other or show metrics to everyone."""
    pair = (settings.metrics_certificate_file, settings.metrics_key_file)
    if any(pair) and not all(pair):
        raise TelemetryError(
            "Start of telemetry: metrics_certificate_file and metrics_key_file belong together; set both or neither."
        )
    if settings.metrics_authority_file and not any(pair):
        raise TelemetryError(
            "Start of telemetry: metrics_authority_file is set, but there is no certificate of this server; "
            "set metrics_certificate_file and metrics_key_file."
        )
    if any(pair) and settings.metrics_port is None:
        raise TelemetryError("Start of telemetry: metrics_certificate_file is set without metrics_port; set the port.")
    protected = settings.metrics_authority_file or settings.metrics_token_file
    if settings.metrics_port is not None and not protected and not _is_loopback(settings.metrics_address):
        raise TelemetryError(
            f"Start of telemetry: metrics_address {settings.metrics_address} shows the metrics to everyone; set "
            "metrics_authority_file, or metrics_token_file, or use 127.0.0.1."
        )


def _is_loopback(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return address == "localhost"


class Port:
    """The port of these settings: `/metrics` on it is what `render` returns."""

    def __init__(self, settings: Settings, render: Render, token: Token | None) -> None:
        self._address = (settings.metrics_address, settings.metrics_port or 0)
        self._server: _Server | None = None
        self._render = render
        certificate, key = settings.metrics_certificate_file, settings.metrics_key_file
        files = TlsFiles(certificate, key, settings.metrics_authority_file) if certificate and key else None
        self._contexts = files.contexts() if files else None
        self._token = token

    def open(self) -> None:
        """Listen and serve, in threads. Raises OSError when the port cannot be had."""
        if self._server is None:
            self._server = _Server(self._address, self._render, self._contexts, self._token)
            threading.Thread(target=self._server.serve_forever, args=(0.2,), name="metrics-port", daemon=True).start()

    def close(self) -> None:
        """Serve no longer."""
        if self._server is not None:
            self._server.shutdown()
            self.forget()

    def forget(self) -> None:
        """Close what was inherited from the process that serves."""
        if self._server is not None:
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        address: tuple[str, int],
        render: Render,
        contexts: Renewed[ssl.SSLContext] | None,
        token: Token | None,
    ) -> None:
        self.render, self.token = render, token
        self._contexts = contexts
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for the name of this host."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread, or close it when too many are open."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, whatever becomes of it."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the thread of the connection, with the certificate that is there now."""
        request.settimeout(_SECONDS)
        if self._contexts is None:
            super().finish_request(request, client_address)
            return
        with self._contexts().wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave alone what strangers send."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "metrics"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with the metrics."""
        token = self.server.token
        if token and not token.fits(self.headers.get("Authorization", "")):
            self._send(401, "text/plain; charset=utf-8", b"The token is missing or wrong.\n")
        elif self.path.partition("?")[0] != "/metrics":
            self._send(404, "text/plain; charset=utf-8", b"The metrics are at /metrics.\n")
        else:
            self._send(200, *self.server.render(self.headers.get("Accept", "")))

    def do_HEAD(self) -> None:
        """Answer like GET, without a body."""
        self.do_GET()

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        if status == 401:  # noqa: PLR2004 - of HTTP
            self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the class
        """Log nothing: a scrape every few seconds is no event."""
