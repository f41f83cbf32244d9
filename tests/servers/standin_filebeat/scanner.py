"""Files by glob, with what identifies each."""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .log import log
from .options import SettingsError
from .settings import FileInput

__all__ = ["Found", "matching", "scan"]

_NOT_UNDERSTOOD = ("**", "[", "\\")


@dataclass(frozen=True)
class Found:
    """A file that a scan has found."""

    path: str
    identity: str
    size: int
    inode: int
    device: int


def scan(wanted: FileInput) -> dict[str, Found]:
    """Return files by their identity; of two with the same one, the first."""
    found: dict[str, Found] = {}
    for path in sorted({path for pattern in wanted.paths for path in matching(pattern)}):
        if any(pattern.search(path) for pattern in wanted.exclude):
            continue
        file = _file(path, wanted.fingerprint)
        if file is None:
            continue
        if file.identity in found:
            log("warning", "File points to an already known ingest target. Skipping", path=path)
            continue
        found[file.identity] = file
    return found


def matching(pattern: str) -> list[str]:
    """Return the paths that match; as in Go, an asterisk also stands for a leading dot."""
    if not pattern.startswith("/") or any(part in pattern for part in _NOT_UNDERSTOOD):
        raise SettingsError(f"paths: {pattern}: the stand-in has absolute paths with * and ?")
    places = [Path("/")]
    for level in Path(pattern).parts[1:]:
        places = [place / name for place in places for name in _names(place, level)]
    return [str(place) for place in places]


def _names(place: Path, level: str) -> Iterator[str]:
    if not set(level) & set("*?"):
        if os.path.lexists(place / level):
            yield level
        return
    with contextlib.suppress(OSError):
        yield from fnmatch.filter([each.name for each in place.iterdir()], level)


def _file(path: str, fingerprint: tuple[int, int] | None) -> Found | None:
    """Return a regular file that has content, and enough of it for its fingerprint."""
    try:
        shown = os.lstat(path)
        if not stat.S_ISREG(shown.st_mode) or not shown.st_size:
            return None
        identity = f"native::{shown.st_ino}-{shown.st_dev}"
        if fingerprint:
            offset, length = fingerprint
            if shown.st_size < offset + length:
                return None
            with Path(path).open("rb") as file:
                file.seek(offset)
                identity = f"fingerprint::{hashlib.sha256(file.read(length)).hexdigest()}"
    except OSError as error:
        log("warning", "Cannot look at a file", path=path, reason=str(error))
        return None
    return Found(path, identity, shown.st_size, shown.st_ino, shown.st_dev)
