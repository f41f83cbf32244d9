"""An input of type filestream at work."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from .documents import Documents, instant, merged
from .harvester import Harvester
from .log import log
from .parsers import Chain, Line
from .queue import Event, Queue
from .registry import Registry
from .scanner import Found, scan
from .settings import FileInput

__all__ = ["Files"]


class Files:
    """Reads what a scan finds: new files, and files that grew or were truncated since the last one."""

    def __init__(self, wanted: FileInput, registry: Registry, queue: Queue, documents: Documents) -> None:
        self._wanted, self._registry, self._queue, self._documents = wanted, registry, queue, documents
        self._prefix = f"filestream::{wanted.id}::"
        self._before: dict[str, Found] = {}
        self._truncated: set[str] = set()
        self.open: dict[str, Harvester] = {}

    def run(self) -> None:
        """Read until the shipper stops."""
        scan_at, wait = 0.0, self._wanted.backoff[0]
        while not self._queue.stopped:
            if time.monotonic() >= scan_at:
                self._look()
                scan_at = time.monotonic() + self._wanted.check_interval
            if sum(self._read(key, harvester) for key, harvester in list(self.open.items())):
                wait = self._wanted.backoff[0]
                continue
            self._queue.pause(min(wait, max(0.0, scan_at - time.monotonic())))
            wait = min(2 * wait, self._wanted.backoff[1])

    def _look(self) -> None:
        now = {self._prefix + identity: found for identity, found in scan(self._wanted).items()}
        self._continue_copies(now)
        for key, found in now.items():
            self._follow(key, found)
        for key in [key for key in self.open if key not in now and self._wanted.close_removed]:
            self._close(key, "File was removed")
        gone = [key for key in self._registry.keys(self._prefix) if key not in now and key not in self.open]
        if self._wanted.clean_removed and gone:
            self._registry.update(dict.fromkeys(gone))
        self._before = now

    def _follow(self, key: str, found: Found) -> None:
        before = self._before.get(key)
        if before and found.size < before.size:
            self._truncated.add(key)
        if key in self._truncated:
            self._restart(key, found)
        elif key in self.open:
            self.open[key].found = found
        # As Filebeat does, it opens files that are new or have grown, and none for a new name.
        elif before is None or (found.path == before.path and found.size > before.size):
            offset = int((self._registry.get(key) or {}).get("offset", 0))
            self._start(key, found, offset if offset <= found.size else 0)

    def _restart(self, key: str, found: Found) -> None:
        """Read a truncated file from its beginning, once nothing is on its way that would move its position."""
        if key in self.open:
            self._close(key, "File was truncated")
        if not self._queue.is_pending(key):
            self._truncated.discard(key)
            self._registry.update({key: {"offset": 0, "source": found.path}})
            self._start(key, found, 0)

    def _continue_copies(self, now: dict[str, Found]) -> None:
        """Give copies that copytruncate made the position of what they were copied from: the oldest of the new ones."""
        suffix = self._wanted.suffix
        if suffix is None:
            return
        names = {found.path: key for key, found in now.items()}
        given: set[str] = set()
        copies = [key for key, found in now.items() if suffix.search(found.path) and self._is_new(key)]
        for key in sorted(copies, key=lambda key: -_number(now[key].path)):
            original = names.get(suffix.sub("", now[key].path), "")
            position = int((self._registry.get(original) or {}).get("offset", 0))
            if self._queue.is_pending(original):
                # The next scan finds it again.
                del now[key]
            elif original not in given and 0 < position <= now[key].size:
                given.add(original)
                self._registry.update({key: {"offset": position, "source": now[key].path}})

    def _is_new(self, key: str) -> bool:
        return key not in self._before and key not in self.open and self._registry.get(key) is None

    def _start(self, key: str, found: Found, offset: int) -> None:
        try:
            self.open[key] = Harvester(found, offset, Chain(self._wanted.parsers))
        except OSError as error:
            log("warning", "Cannot open a file", path=found.path, reason=str(error))
        else:
            log("info", "A new file reader was started", path=found.path, offset=offset)

    def _read(self, key: str, harvester: Harvester) -> bool:
        """Read a part of a file, and return whether there was one."""
        if harvester.is_truncated:
            self._truncated.add(key)
            self._close(key, "File was truncated")
            return False
        found = False
        for line in harvester.lines():
            found = True
            self._ship(key, harvester, harvester.chain.feed(line))
        self._ship(key, harvester, harvester.chain.overdue())
        idle = time.monotonic() - harvester.read_at > self._wanted.inactive
        if not found and idle and not self._queue.is_pending(key):
            self._close(key, "File is inactive")
        return found

    def _close(self, key: str, reason: str) -> None:
        harvester = self.open.pop(key)
        self._ship(key, harvester, harvester.chain.overdue(float("inf")))
        harvester.close()
        log("info", f"{reason}: closing", path=harvester.found.path)

    def _ship(self, key: str, harvester: Harvester, lines: Iterable[Line]) -> None:
        for line in lines:
            if line.content or line.fields:
                state = {"offset": line.end, "source": harvester.found.path}
                self._queue.put(Event(key, state, self._document(harvester.found, line)))

    def _document(self, found: Found, line: Line) -> dict[str, Any]:
        file: dict[str, Any] = {"path": found.path, "inode": str(found.inode), "device_id": str(found.device)}
        kind, _separator, value = found.identity.partition("::")
        if kind == "fingerprint":
            file["fingerprint"] = value
        own: dict[str, Any] = {"log": {"offset": line.start, "file": file}}
        if line.flags:
            own["log"]["flags"] = list(line.flags)
        if not line.without_message:
            own["message"] = line.content
        document = self._documents.of("filestream", self._wanted.common, own, instant(time.time()))
        return merged(document, line.fields) if line.overwrites else merged(line.fields, document)


def _number(path: str) -> int:
    found = re.search(r"(\d+)$", path)
    return int(found[1]) if found else 0
