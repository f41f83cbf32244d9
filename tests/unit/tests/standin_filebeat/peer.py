"""A server of the Beats protocol on loopback, which notes what it has acknowledged."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

__all__ = ["Peer"]


class Peer:
    """Listens from `start` to `stop`, on one port for its whole life; `answers` are the acknowledgements of a batch."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.documents: list[dict[str, Any]] = []
        self.refuses_after = 0
        self._tls = tls
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listen."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Break every connection and listen no more."""
        if self._listener:
            # Wakes the thread that accepts, which close alone does not.
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def numbers(self) -> list[int]:
        """The numbers at the ends of messages."""
        return [int(document["message"].rpartition(" ")[2]) for document in self.documents]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, EOFError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            stream = connection.makefile("rb")
            while True:
                self._batch(connection, stream)
        self._open.discard(connection)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def _batch(self, connection: socket.socket, stream: BinaryIO) -> None:
        kind, size = _header(stream)
        assert kind == b"2W"
        kind, length = _header(stream)
        assert kind == b"2C"
        documents = list(_documents(zlib.decompress(_exactly(stream, length))))
        assert len(documents) == size
        if self.refuses_after:
            # A part is acknowledged, then the connection breaks.
            self.documents += documents[: self.refuses_after]
            connection.sendall(b"2A" + struct.pack(">I", min(self.refuses_after, size)))
            self.refuses_after = 0
            raise EOFError
        self.documents += documents
        # As Logstash does of a batch that takes long: still at work.
        connection.sendall(b"2A" + struct.pack(">I", 0))
        connection.sendall(b"2A" + struct.pack(">I", size))


def _documents(frames: bytes) -> Iterator[dict[str, Any]]:
    place, number = 0, 0
    while place < len(frames):
        kind, sequence, length = struct.unpack_from(">2sII", frames, place)
        number += 1
        assert (kind, sequence) == (b"2J", number)
        yield json.loads(frames[place + 10 : place + 10 + length])
        place += 10 + length


def _header(stream: BinaryIO) -> tuple[bytes, int]:
    kind, value = struct.unpack(">2sI", _exactly(stream, 6))
    return kind, value


def _exactly(stream: BinaryIO, length: int) -> bytes:
    found = stream.read(length)
    if len(found) < length:
        raise EOFError
    return found
