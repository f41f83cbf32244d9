# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server that Prometheus scrapes, with the TLS settings of exporter-toolkit's configuration file."""

from __future__ import annotations

import logging
import socket
import ssl
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import yaml
from prometheus_client import CollectorRegistry, make_wsgi_app

__all__ = ["Server", "listening", "pages"]

_LOG = logging.getLogger(__name__)
_PATIENCE = 10.0  # seconds for a handshake and a request
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_INDEX = b"<html><head><title>log_exporter</title></head><body><a href='/metrics'>Metrics</a></body></html>\n"


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is that of the library
        """Log no requests: there is one every few seconds."""


class Server(ThreadingMixIn, WSGIServer):
    """Answers each connection in a thread of its own, so that none waits for the handshake of another."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], config_file: Path) -> None:
        self._config_file, self._host = config_file, address[0]
        self._tls()
        every = not address[0] and socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if every or ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind, to all addresses of both families where none is given, without a look-up of the host's name."""
        if self.address_family == socket.AF_INET6 and not self._host:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self._host, self.socket.getsockname()[1]
        self.setup_environ()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer a client that presents one of the admitted certificates."""
        context, names = self._tls()
        request.settimeout(_PATIENCE)
        with context.wrap_socket(request, server_side=True) as secured:
            certificate: Mapping[str, Any] = secured.getpeercert() or {}
            presented = {str(value) for _kind, value in certificate.get("subjectAltName", ())}
            if names is not None and not presented & names:
                raise ssl.SSLError(f"no name of its certificate is admitted: {', '.join(sorted(presented))}")
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as above
        """Log a client that is refused in one line: anybody can send anything."""
        _LOG.info("A request from %s failed: %s", client_address[0], sys.exc_info()[1])

    def _tls(self) -> tuple[ssl.SSLContext, frozenset[str] | None]:
        """Return the settings as the files are now, so that a renewed certificate needs no restart."""
        told = yaml.safe_load(self._config_file.read_text(encoding="utf-8"))["tls_server_config"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(told["cert_file"], told["key_file"])
        context.minimum_version = _VERSIONS[told["min_version"]]
        context.set_ecdh_curve("prime256v1")
        if suites := told.get("cipher_suites"):
            context.set_ciphers(":".join(map(_openssl_name, suites)))
        if "client_ca_file" in told:
            context.load_verify_locations(told["client_ca_file"])
            context.verify_mode = ssl.CERT_REQUIRED
        names = told.get("client_allowed_sans")
        return context, None if names is None else frozenset(map(str, names))


def listening(text: str) -> tuple[str, int]:
    """Return the parts of an address such as `:9479` or `[::1]:9479`. Raises ValueError."""
    address, _colon, port = text.rpartition(":")
    return address.strip("[]"), int(port)


def pages(registry: CollectorRegistry) -> Callable[[Mapping[str, Any], Any], Iterable[bytes]]:
    """Return the application: metrics, and a page that answers without a question to Elasticsearch."""
    metrics = make_wsgi_app(registry)

    def answer(environment: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        if environment["PATH_INFO"] == "/metrics":
            return metrics(dict(environment), start_response)  # type: ignore[no-any-return]  # it has no types
        found = environment["PATH_INFO"] == "/"
        start_response("200 OK" if found else "404 Not Found", [("Content-Type", "text/html; charset=utf-8")])
        return [_INDEX] if found else [b"Not found\n"]

    return answer


def _openssl_name(suite: str) -> str:
    """Return the name that OpenSSL has for a suite of TLS 1.2."""
    name = suite.replace("TLS_", "").replace("_WITH_", "-").replace("AES_", "AES").replace("_", "-")
    return name.replace("POLY1305-SHA256", "POLY1305")
