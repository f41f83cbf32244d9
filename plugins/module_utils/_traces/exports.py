# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces in files: OTLP in JSON, one document or one a line, or Jaeger's older JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .._errors.sentence import OperatorError
from .spans import Span, spans_of

__all__ = ["traces_in"]

ADVICE = "Export them from Jaeger as JSON, or as OTLP in JSON by a collector."


def traces_in(paths: Sequence[str]) -> tuple[list[list[Span]], int]:
    """Return the traces of these files together, and how many spans could not be read.

    Raises OperatorError for a file that cannot be read, or is something else.
    """
    traces: dict[str, list[Span]] = {}
    unreadable = 0
    for path in paths:
        for span in _spans_in(path):
            if span:
                traces.setdefault(span.trace, []).append(span)
            else:
                unreadable += 1
    return list(traces.values()), unreadable


def _spans_in(path: str) -> Iterator[Span | None]:
    try:
        for document in _documents(Path(path)):
            yield from spans_of(document)
    except (OSError, ValueError, RecursionError) as error:
        raise OperatorError(f"Could not read traces from {path}: {error}. {ADVICE}") from None


def _documents(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8") as file:
        first = file.readline()
        try:
            document = json.loads(first)
        except ValueError:
            yield json.loads(first + file.read())
            return
        yield document
        for line in file:
            if line.strip():
                yield json.loads(line)
