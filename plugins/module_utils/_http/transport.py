# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address of a server, the login, and what its certificate is checked with."""

from __future__ import annotations

import base64
import http.client
import select
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from .._errors.sentence import OperatorError

__all__ = ["Endpoint", "HttpError", "Node", "authorisation", "is_dropped", "nodes_of", "url_parts"]


class HttpError(OperatorError):
    """A server that gives no answer; the text is a sentence for the operator.

    `again` is set if a run may help, `slow` if the server took the request and did not answer in time.
    """

    def __init__(self, sentence: str, *, again: bool = False, slow: bool = False) -> None:
        super().__init__(sentence)
        self.again = again
        self.slow = slow


@dataclass(frozen=True)
class Endpoint:
    """The address of a server and how to query it: times in seconds, files as paths, `token` instead of a username."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""
    validate_certs: bool = True
    check_hostname: bool = True
    timeout: float = 30.0
    deadline: float = 300.0
    retries: int = 3
    more_urls: Sequence[str] = ()
    scheme: str = "Bearer"

    @property
    def urls(self) -> tuple[str, ...]:
        """Return the URLs of all nodes in the order in which they are tried."""
        return (self.url, *self.more_urls)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no message may show."""
        login = f"{self.username}:{self.password}" if self.password else ""
        return tuple(filter(None, (self.password, self.token, login)))


def url_parts(url: str) -> SplitResult:
    """Return the parts of a URL that names a server, and perhaps a path. Raises HttpError for any other."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise HttpError("The URL must be like https://host:port, but its host or port cannot be read.") from None
    if not usable or parts.username is not None or parts.query or parts.fragment:
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
        raise HttpError(
            f"The URL {shown!r} must be like https://host:port, optionally with a path, and without a user, "
            "password, query or fragment."
        )
    return parts


def authorisation(endpoint: Endpoint) -> dict[str, str]:
    """Return the header with the login. Raises HttpError, without the secret, for what a header cannot contain."""
    if endpoint.token:
        if not (endpoint.token.isascii() and endpoint.token.isprintable()):
            raise HttpError(
                "The token contains a line break or another character that is not allowed in tokens. If it comes from "
                "a file, remove the line break at its end."
            )
        return {"Authorization": f"{endpoint.scheme} {endpoint.token}"}
    if ":" in endpoint.username:
        raise HttpError("The username contains a colon, which cannot be sent. Log in as another user or with a token.")
    return {"Authorization": f"Basic {_basic(endpoint)}"} if endpoint.username else {}


def _connection_to(endpoint: Endpoint, url: str) -> http.client.HTTPConnection:
    """Return a connection to a node, not opened yet. Raises HttpError for certificates that cannot be read."""
    parts = url_parts(url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port)
    try:
        # Made once: it reads the authorities of the system, which takes longer than a request.
        context = ssl.create_default_context(cafile=endpoint.ca_path or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = endpoint.check_hostname
        if not endpoint.validate_certs:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if endpoint.client_cert:
            # An encrypted key fails here: without a password, a prompt of the library would wait for ever.
            context.load_cert_chain(endpoint.client_cert, endpoint.client_key or None, password="")
    except (OSError, ValueError) as error:
        files = ", ".join(filter(None, (endpoint.ca_path, endpoint.client_cert, endpoint.client_key)))
        raise HttpError(f"The certificates for {url} cannot be read ({files}): {error}.") from None
    return http.client.HTTPSConnection(host, parts.port, context=context)


@dataclass(frozen=True)
class Node:
    """One of the servers that an endpoint names: its URL, the path of that, and the connection to it."""

    url: str
    base: str
    connection: http.client.HTTPConnection

    def open(self, seconds: float) -> bool:
        """Open the connection, which may take that long, unless it still is; return whether it was opened."""
        connection = self.connection
        if connection.sock is not None and is_dropped(connection.sock):
            connection.close()
        if connection.sock is not None:
            connection.sock.settimeout(seconds)
            return False
        connection.timeout = seconds
        connection.connect()
        return True


def nodes_of(endpoint: Endpoint) -> list[Node]:
    """Return the nodes in the order in which they are tried. Raises HttpError for a URL or certificates of no use."""
    return [Node(url, url_parts(url).path.rstrip("/"), _connection_to(endpoint, url)) for url in endpoint.urls]


def is_dropped(sock: socket.socket) -> bool:
    """Return whether the other side has closed the idle connection: it is readable although nothing was sent."""
    return bool(select.select([sock], [], [], 0)[0])


def _basic(endpoint: Endpoint) -> str:
    return base64.b64encode(f"{endpoint.username}:{endpoint.password}".encode()).decode()
