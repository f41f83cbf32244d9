"""Version 2 of the Beats protocol, as a client: windows of JSON frames, and acknowledgements by number."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from .output_settings import Output

__all__ = ["Connection", "ShippingError"]

_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


class ShippingError(Exception):
    """A batch was not, or not wholly, acknowledged."""


class Connection:
    """A connection to one Logstash."""

    def __init__(self, output: Output, host: str, port: int) -> None:
        self._compression = output.compression
        try:
            plain = socket.create_connection((host, port), timeout=output.timeout)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = _context(output).wrap_socket(plain, server_hostname=host) if output.tls else plain
        except (OSError, ssl.SSLError) as error:
            raise ShippingError(f"cannot connect to {host}:{port}: {error}") from error

    def send(self, documents: Sequence[dict[str, Any]]) -> Iterator[int]:
        """Send documents and yield how many are acknowledged so far, at last all; raise ShippingError."""
        frames = b"".join(_frame(number, document) for number, document in enumerate(documents, 1))
        if self._compression:
            packed = zlib.compress(frames, self._compression)
            frames = b"2C" + struct.pack(">I", len(packed)) + packed
        try:
            self._socket.sendall(b"2W" + struct.pack(">I", len(documents)) + frames)
            done = 0
            while done < len(documents):
                done = self._acknowledged(len(documents))
                yield done
        except OSError as error:
            raise ShippingError(f"the connection broke: {error}") from error

    def _acknowledged(self, most: int) -> int:
        frame = b""
        while len(frame) < 6:
            received = self._socket.recv(6 - len(frame))
            if not received:
                raise ShippingError("the server closed the connection before it acknowledged the batch")
            frame += received
        kind, number = frame[:2], struct.unpack(">I", frame[2:])[0]
        if kind != b"2A" or number > most:
            raise ShippingError(f"the server answered {frame!r}, which acknowledges no batch of {most}")
        return int(number)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


def _frame(number: int, document: dict[str, Any]) -> bytes:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return b"2J" + struct.pack(">II", number, len(body)) + body


def _context(output: Output) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if output.authorities:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for file in output.authorities:
            context.load_verify_locations(file)
    context.check_hostname = output.names_verified
    if output.certificate:
        context.load_cert_chain(output.certificate, output.key)
    versions = sorted(_VERSIONS[one] for one in output.protocols)
    context.minimum_version, context.maximum_version = versions[0], versions[-1]
    return context
