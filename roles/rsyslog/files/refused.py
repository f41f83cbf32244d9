"""The files of what Elasticsearch has refused, and their limit.

rsyslog appends to two files: documents.json has a document per line, requests.json a request of many documents. Files
that were set aside have a number behind these names, and rsyslog does not write to them.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# An action line and a document, as texts.
Pair = tuple[str, str]
_STARTS = re.compile(r'\{\s*"(?:refused|request)":')
# Files are set aside when they are this part of the limit, so that the oldest can be removed a part at a time.
_PARTS = 16


def pairs_of(path: Path) -> Iterator[Pair]:
    """Yield the documents of a file, without what a crash has left unfinished at its end: rsyslog writes it again."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield from _pairs_in(line) if line.endswith("\n") else ()


def _pairs_in(line: str) -> Iterator[Pair]:
    """Yield what a line of a file holds: a request of many documents, or a document."""
    kept = _entry(line)
    if "request" in kept:
        lines = kept["request"]["postdata"].split("\n")
        yield from zip(lines[::2], lines[1::2])
    else:
        action = {"create": {key: kept["refused"][key] for key in ("_index", "_id")}}
        yield json.dumps(action), json.dumps(kept["document"])


def _entry(line: str) -> dict[str, Any]:
    """Return the entry in a line. A crash leaves half of one in front of the next."""
    for start in _STARTS.finditer(line):
        try:
            entry: dict[str, Any] = json.loads(line[start.start() :])
        except ValueError:
            continue
        return entry
    raise ValueError(f"this is no refused document or request: {line[:200]!r}")


class Refused:
    """The files in a directory of data that may need so many bytes together."""

    def __init__(self, data: Path, limit: int = 0) -> None:
        self.folder, self.limit = data / "refused", limit
        self.counter = data / "discarded"

    def current(self, least: int = 0) -> list[Path]:
        """Return the files that rsyslog may be writing to, and that have at least so many bytes."""
        return [path for path in self.folder.glob("*.json") if path.stat().st_size >= least]

    def aside(self) -> list[Path]:
        """Return the files that were set aside, the oldest first."""
        return sorted(self.folder.glob("*.json.*"), key=lambda path: path.suffix)

    def set_aside(self, paths: list[Path], process: int) -> None:
        """Rename files, and have rsyslog begin new ones."""
        for path in paths:
            path.rename(path.with_suffix(f".json.{time.time_ns()}"))
        if paths and process:
            os.kill(process, signal.SIGHUP)

    def limited(self, process: int) -> int:
        """Remove the oldest files beyond the limit, and return how many documents were ever removed."""
        discarded = int(self.counter.read_text(encoding="utf-8")) if self.counter.exists() else 0
        self.set_aside(self.current(self.limit // _PARTS), process)
        sizes = {path: path.stat().st_size for path in [*self.aside(), *self.current()]}
        for path in self.aside():
            if sum(sizes.values()) <= self.limit:
                break
            discarded += _documents(path)
            self._count(discarded)
            path.unlink()
            del sizes[path]
        return discarded

    def _count(self, discarded: int) -> None:
        new = self.counter.with_suffix(".new")
        new.write_text(str(discarded), encoding="utf-8")
        new.replace(self.counter)


def _documents(path: Path) -> int:
    try:
        return sum(1 for _pair in pairs_of(path))
    except ValueError:  # somebody has edited the file
        return 1
