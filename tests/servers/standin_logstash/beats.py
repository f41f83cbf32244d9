"""The input `beats`: the Beats protocol, version 2, over mutual TLS."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from .errors import ConfigurationError
from .event import Event

__all__ = ["BeatsServer"]

_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
_LARGEST = 100 << 20


class ProtocolError(Exception):
    """What a peer sends is none of the protocol, or an event that is no JSON."""


class BeatsServer(socketserver.ThreadingTCPServer):
    """Listens for Beats, and acknowledges what `store` has taken; `store` returns False while there is no space."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, options: Mapping[str, Any], store: Callable[[list[Event]], bool]) -> None:
        self.store = store
        self.tls = _context(options)
        try:
            super().__init__((options.get("host", "0.0.0.0"), int(options["port"])), _Connection)
        except OSError as error:
            raise ConfigurationError(f"beats cannot listen on port {options['port']}: {error}") from error
        self.closed = False

    def server_close(self) -> None:
        """Listen no more; as upstream does, end a connection rather than keep it waiting for what nobody will store."""
        self.closed = True
        super().server_close()


def _context(options: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    protocols = options.get("ssl_supported_protocols", list(_VERSIONS))
    try:
        context.minimum_version = min(_VERSIONS[name] for name in protocols)
        context.maximum_version = max(_VERSIONS[name] for name in protocols)
        context.load_cert_chain(options["ssl_certificate"], options["ssl_key"])
        for authority in options["ssl_certificate_authorities"]:
            context.load_verify_locations(authority)
    except (OSError, KeyError) as error:
        raise ConfigurationError(f"beats cannot use its certificate, key, authorities or protocols: {error}") from error
    context.verify_mode = ssl.CERT_REQUIRED
    return context


class _Connection(socketserver.BaseRequestHandler):
    """One peer."""

    server: BeatsServer

    def handle(self) -> None:
        try:
            with self.server.tls.wrap_socket(self.request, server_side=True) as peer, peer.makefile("rb") as stream:
                while self._window(peer, stream):
                    pass
        except (OSError, ProtocolError, struct.error) as error:
            print(f"[WARN ][beats] {self.client_address[0]}: {error}", flush=True)

    def _window(self, peer: socket.socket, stream: BinaryIO) -> bool:
        """Take one window of events and acknowledge it; return False at the end of the connection."""
        head = stream.read(2)
        if not head:
            return False
        if head != b"2W":
            raise ProtocolError(f"expected a window of version 2, not {head!r}")
        (count,) = struct.unpack("!I", _exactly(stream, 4))
        events: list[tuple[int, Event]] = []
        while len(events) < count:
            events += _frame(stream)
        while not self.server.store([event for _number, event in events]):
            if self.server.closed:
                raise ProtocolError("the pipeline has stopped")
            peer.sendall(struct.pack("!2sI", b"2A", 0))
        peer.sendall(struct.pack("!2sI", b"2A", events[-1][0] if events else 0))
        return True


def _exactly(stream: BinaryIO, number: int) -> bytes:
    if number > _LARGEST:
        raise ProtocolError(f"a frame of {number} bytes is too large")
    found = stream.read(number)
    if len(found) != number:
        raise ProtocolError("the connection ended within a frame")
    return found


def _frame(stream: BinaryIO) -> list[tuple[int, Event]]:
    """Return the events of one frame, with their numbers."""
    head = _exactly(stream, 2)
    if head == b"2C":
        (length,) = struct.unpack("!I", _exactly(stream, 4))
        return _inflated(_exactly(stream, length))
    if head != b"2J":
        raise ProtocolError(f"expected events of version 2, not {head!r}")
    number, length = struct.unpack("!II", _exactly(stream, 8))
    return [(number, _event(_exactly(stream, length)))]


def _inflated(compressed: bytes) -> list[tuple[int, Event]]:
    try:
        inner = zlib.decompress(compressed)
    except zlib.error as error:
        raise ProtocolError(f"a compressed frame is damaged: {error}") from error
    found, at = [], 0
    while at < len(inner):
        head, number, length = struct.unpack_from("!2sII", inner, at)
        if head != b"2J":
            raise ProtocolError(f"expected events in a compressed frame, not {head!r}")
        found.append((number, _event(inner[at + 10 : at + 10 + length])))
        at += 10 + length
    return found


def _event(body: bytes) -> Event:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"an event cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise ProtocolError("an event is no object")
    # As upstream's codec does with ECS: the line as it came, unless the peer has sent this field itself.
    original = {"event": {"original": data["message"]}} if isinstance(data.get("message"), str) else {}
    return Event(original | data)
