"""A stand-in of Filebeat's filestream input: it knows files by their first bytes and ships each line once.

As Filebeat with the role's settings, it scans for files, knows a file by a digest of its first 256 bytes whatever its
name, takes files that begin alike for one, reads whole lines from where it was, and reads a file that became shorter
from its begin. It does not wait seconds between scans, and ships to a list.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path
from types import TracebackType

__all__ = ["Shipper"]

_FINGERPRINT = 256


class Shipper:
    """Ships the lines of the files of a pattern in a thread, until it is left."""

    def __init__(self, directory: Path, pattern: str) -> None:
        self._directory, self._pattern = directory, pattern
        self._positions: dict[str, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.shipped: list[bytes] = []

    def __enter__(self) -> Shipper:  # noqa: PYI034 - Self came with Python 3.11
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _traceback: TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join()
        self._scan()

    def _run(self) -> None:
        while not self._stopping.wait(0.005):
            self._scan()

    def _scan(self) -> None:
        for path in sorted(self._directory.glob(self._pattern)):
            with contextlib.suppress(FileNotFoundError):
                self._read(path)

    def _read(self, path: Path) -> None:
        with path.open("rb") as file:
            begin = file.read(_FINGERPRINT)
            if len(begin) < _FINGERPRINT:
                return
            identity = hashlib.sha256(begin).hexdigest()
            position = self._positions.get(identity, 0)
            file.seek(0, 2)
            if file.tell() < position:
                position = 0
            file.seek(position)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self.shipped += whole.splitlines()
        self._positions[identity] = position + len(whole)
