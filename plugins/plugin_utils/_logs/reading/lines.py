# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents from files of JSON lines, plain or compressed by gzip."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.counts import Counts

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import orjson

__all__ = ["documents_in"]

_LONGEST = 16 * 1024 * 1024
_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def documents_in(files: Sequence[str], counts: Counts) -> Iterator[dict[str, Any]]:
    """Yield the object of each line, and count every other line. Of a key that is there twice, the last one counts.

    Raises OperatorError for a file that cannot be read, or that is listed twice.
    """
    paths = [Path(file) for file in files]
    known: set[Path] = set()
    for path in paths:
        real = path.resolve()
        if real in known:
            raise OperatorError(f"{path} is listed twice among the files: its lines would be counted twice.")
        known.add(real)
    for path in paths:
        try:
            yield from _documents(path, counts)
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise OperatorError(f"Cannot read the log file {path}: {reason}.") from error


def _documents(path: Path, counts: Counts) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
        file.seek(0)
        content: Any = gzip.GzipFile(fileobj=file) if compressed else file
        for number, line in enumerate(_lines(content), 1):
            counts.read += 1
            document = _document(line, counts, f"{path.name}:{number}")
            if document is not None:
                yield document


def _document(line: bytes | None, counts: Counts, place: str) -> dict[str, Any] | None:
    if line is None:
        counts.refuse("too_long", place)
        return None
    if not line.strip():
        counts.blank += 1
        return None
    try:
        found = orjson.loads(line)
    except ValueError:
        counts.refuse("not_json", place)
        return None
    if not isinstance(found, dict):
        counts.refuse("not_objects", place)
        return None
    return found


def _lines(content: IO[bytes]) -> Iterator[bytes | None]:
    """Yield each line, None for one that is too long to be held."""
    first = True
    while line := content.readline(_LONGEST + 1):
        if len(line) > _LONGEST:
            while line and not line.endswith(b"\n"):
                line = content.readline(_LONGEST)
            yield None
        else:
            yield line.removeprefix(_BYTE_ORDER_MARK) if first else line
        first = False
