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

__all__ = ["LEVELS", "Event", "Line", "Lines", "timestamp"]

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warn": 30, "error": 40, "fatal": 50}
"""The levels of lines, with the numbers of the standard library's."""

_OWN = frozenset({"timestamp", "level", "service", "environment", "trace_id", "span_id", "message"})
_CACHED, _SHORT = 256, 128
# An event that may wait takes no more memory than a short line: a character takes up to four bytes, a field about 100.
_MOST_CHARACTERS, _MOST_FIELDS, _MOST_BITS = 1_024, 32, 64
_WITHOUT_SIZE = frozenset({float, bool, type(None)})
# Exactly these, as classes of their own may change what they give.
_MAPPINGS, _KEYS = frozenset({dict}), frozenset({str})
# What JSON allows in a text, and what a terminal obeys or other programs take for the end of a line.
_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode


class Line(NamedTuple):
    """A line as it is in combined.log, and, of an error, as it is in error.log.

    The two are the same object, written in another order: shippers take files that begin alike for one.
    """

    combined: bytes
    error: bytes | None


class Event(NamedTuple):
    """What was logged, with what belongs to its moment: the line of it can be made later, and in another thread.

    Nothing of one that `may_wait` can change any more, and it is small.
    """

    level: str
    seconds: float
    trace_id: int
    span_id: int
    correlation: str | None
    user: str | None
    message: str
    fields: Mapping[str, object]
    may_wait: bool


class Lines:
    """Makes lines of one service. `ids` returns the correlation id and the user of what its caller works on."""

    def __init__(
        self, settings: Settings, redactor: Redactor, ids: Callable[[], tuple[str | None, str | None]]
    ) -> None:
        self._redactor, self._ids = redactor, ids
        # Most messages are constants of the code.
        self._known = functools.lru_cache(maxsize=_CACHED)(redactor.text)
        self._constant = _encode({"service": settings.service, "environment": settings.environment})[1:-1]

    def event(self, level: str, message: object, fields: Mapping[str, object]) -> Event:
        """Return an event of this moment and of what the caller works on."""
        span = trace.get_current_span().get_span_context()
        text = plain_text(message)
        may_wait = len(text) <= _MOST_CHARACTERS and _may_wait(fields)
        kept = dict(fields) if may_wait else fields
        return Event(level, time.time(), span.trace_id, span.span_id, *self._ids(), text, kept, may_wait)

    def line(self, event: Event) -> Line:
        """Return the line of an event, with everything redacted and bounded."""
        text, found = event.message, self._redactor.fields(event.fields) if event.fields else {}
        shown = self._context(event, found)
        shown["message"] = self._known(text) if len(text) <= _SHORT else self._redactor.text(text)
        if not _OWN.isdisjoint(found):
            for name in sorted(_OWN.intersection(found)):
                found[f"{name}_"] = found.pop(name)
        shown.update(found)
        return _line(event, f"{self._constant},{_encode(shown)[1:]}")

    def _context(self, event: Event, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the ids of the request and the span; those that the event itself has count more."""
        shown: dict[str, Any] = {}
        trace_id = format(event.trace_id, "032x") if event.trace_id and event.span_id else None
        for name, current in (("correlationId", event.correlation), ("userId", event.user)):
            own = fields.pop(name, None)
            if own is not None:
                shown[name] = own if isinstance(own, str) else _encode(own)
            elif current is not None:
                shown[name] = current if current == trace_id else self._redactor.text(current)
        if trace_id is not None:
            shown["trace_id"] = trace_id
            shown["span_id"] = format(event.span_id, "016x")
        return shown


def _may_wait(fields: Mapping[str, Any]) -> bool:
    """Whether these are a few fields of values that cannot change, whoever has them."""
    if type(fields) not in _MAPPINGS or len(fields) > _MOST_FIELDS:
        return False
    left = _MOST_CHARACTERS
    for key, value in fields.items():
        kind = type(value)
        if kind is str:
            left -= len(value)
        elif kind is int:
            if value.bit_length() > _MOST_BITS:
                return False
        elif kind not in _WITHOUT_SIZE:
            return False
        if type(key) not in _KEYS:
            return False
        left -= len(key)
    return left >= 0


def _line(event: Event, rest: str) -> Line:
    if not rest.isascii() or "\x7f" in rest:
        rest = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", rest)
    when, what = f'"timestamp":"{timestamp(event.seconds)}"', f'"level":"{event.level}"'
    combined = f"{{{when},{what},{rest}\n".encode("utf-8", "replace")
    if LEVELS[event.level] < LEVELS["error"]:
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
