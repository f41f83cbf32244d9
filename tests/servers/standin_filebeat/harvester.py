"""Reads the lines of one open file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from .parsers import Chain, Line
from .scanner import Found

__all__ = ["Harvester"]

_CHUNK = 1 << 18


class Harvester:
    """An open file, whose handle follows it when it is renamed."""

    def __init__(self, found: Found, offset: int, chain: Chain) -> None:
        self.found, self.chain = found, chain
        self._file = Path(found.path).open("rb")  # noqa: SIM115
        shown = os.fstat(self._file.fileno())
        if (shown.st_ino, shown.st_dev) != (found.inode, found.device):
            self._file.close()
            raise FileNotFoundError(f"{found.path} was rotated after the scan")
        self._file.seek(offset)
        self._next, self._rest = offset, b""
        self.read_at = time.monotonic()

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the next part of the file; what has no end yet stays for another time."""
        part = self._file.read(_CHUNK)
        if not part:
            return
        self.read_at = time.monotonic()
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            start, self._next = self._next, self._next + len(line) + 1
            yield Line(line.rstrip(b"\r").decode("utf-8", "replace"), start, self._next)

    @property
    def is_truncated(self) -> bool:
        """Whether the file is shorter than what was read of it."""
        return os.fstat(self._file.fileno()).st_size < self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
