# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server of an application, with mutual TLS where there are certificates."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import uvicorn

from .configuration import Tls

__all__ = ["listening", "serve"]

_BACKLOG = 512
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_GRACE = 10  # seconds that requests under way have when it stops


def listening(text: str) -> tuple[str, int]:
    """Return the parts of an address such as `:8443` or `[::1]:8443`. Raises ValueError."""
    address, _colon, port = text.rpartition(":")
    return address.strip("[]"), int(port)


def serve(app: Any, address: tuple[str, int], tls: Tls | None) -> None:
    """Serve an ASGI application until SIGTERM, with TLS to clients that present a certificate of the authority."""
    files: dict[str, Any] = {}
    if tls is not None:
        files = {"ssl_certfile": tls.certificate, "ssl_keyfile": tls.key, "ssl_ca_certs": tls.authority}
        files["ssl_cert_reqs"] = ssl.CERT_REQUIRED
    # Requests are logged by the application, with what they are about.
    config = uvicorn.Config(
        app, access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=_GRACE, **files
    )
    config.load()
    if tls is not None and config.ssl is not None:
        _restrict(config.ssl, tls.min_version)
    with _bound(address) as bound:
        uvicorn.Server(config).run(sockets=[bound])


def _restrict(context: ssl.SSLContext, min_version: str) -> None:
    """Admit what Mozilla's intermediate profile does."""
    context.minimum_version = _VERSIONS[min_version]
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.set_ecdh_curve("prime256v1")


def _bound(address: tuple[str, int]) -> socket.socket:
    """Return a socket with this address, that of both families where none is given."""
    both = not address[0] and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both or ":" in address[0] else socket.AF_INET
    return socket.create_server(address, family=family, backlog=_BACKLOG, dualstack_ipv6=both)
