"""Makes the line of an event: one JSON object, with the fields of the guide's logger first."""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from opentelemetry import trace

from ..plain_values import plain_text
from ..redaction import Redactor
from ..settings import Settings

__all__ = ["LEVELS", "Line", "Lines", "timestamp"]

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warn": 30, "error": 40, "fatal": 50}
"""The levels of lines, with the numbers of the standard library's."""

_OWN = frozenset({"timestamp", "level", "service", "environment", "trace_id", "span_id", "message"})
_CACHED, _SHORT = 256, 128
_TEXTS = ("correlationId", "userId")
# What JSON allows in a text, and what a terminal obeys or other programs take for the end of a line.
_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode


class Line(NamedTuple):
    """A line as it is in combined.log, and, of an error, as it is in error.log.

    The two are the same object, written in another order: shippers take files that begin alike for one.
    """

    combined: bytes
    error: bytes | None


class Lines:
    """Makes lines of one service. `ids` returns the correlation id and the user of what its caller works on."""

    def __init__(
        self, settings: Settings, redactor: Redactor, ids: Callable[[], tuple[str | None, str | None]]
    ) -> None:
        self._redactor, self._ids = redactor, ids
        # Most messages are constants of the code.
        self._known = functools.lru_cache(maxsize=_CACHED)(redactor.text)
        self._constant = _encode({"service": settings.service, "environment": settings.environment})[1:-1]

    def line(self, level: str, message: object, fields: Mapping[str, object]) -> Line:
        """Return the line of an event at this moment, with everything redacted and bounded."""
        found = self._redactor.fields(fields) if fields else {}
        event = self._context(found)
        text = plain_text(message)
        event["message"] = self._known(text) if len(text) <= _SHORT else self._redactor.text(text)
        if not _OWN.isdisjoint(found):
            for name in sorted(_OWN.intersection(found)):
                found[f"{name}_"] = found.pop(name)
        event.update(found)
        return _line(level, f"{self._constant},{_encode(event)[1:]}")

    def _context(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the ids of the request and the span; those that the event itself has count more."""
        event: dict[str, Any] = {}
        span = trace.get_current_span().get_span_context()
        trace_id = format(span.trace_id, "032x") if span.is_valid else None
        for name, current in zip(_TEXTS, self._ids()):
            own = fields.pop(name, None)
            if own is not None:
                event[name] = own if isinstance(own, str) else _encode(own)
            elif current is not None:
                event[name] = current if current == trace_id else self._redactor.text(current)
        if trace_id is not None:
            event["trace_id"] = trace_id
            event["span_id"] = format(span.span_id, "016x")
        return event


def _line(level: str, rest: str) -> Line:
    if not rest.isascii() or "\x7f" in rest:
        rest = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", rest)
    when, what = f'"timestamp":"{timestamp(time.time())}"', f'"level":"{level}"'
    combined = f"{{{when},{what},{rest}\n".encode("utf-8", "replace")
    if LEVELS[level] < LEVELS["error"]:
        return Line(combined, None)
    return Line(combined, f"{{{what},{when},{rest}\n".encode("utf-8", "replace"))


def timestamp(seconds: float) -> str:
    """Return a time since 1970 as ISO 8601 in UTC with microseconds, so that no two files begin alike."""
    whole, micros = divmod(round(seconds * 1_000_000), 1_000_000)
    return f"{_of_second(whole)}.{micros:06}Z"


@functools.lru_cache(maxsize=16)
def _of_second(seconds: int) -> str:
    year, month, day, hour, minute, second = time.gmtime(seconds)[:6]
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
