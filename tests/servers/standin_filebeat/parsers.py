"""Parsers of lines: ndjson decodes one, multiline joins several."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from .options import Options, SettingsError, duration, flag, text, whole

__all__ = ["Chain", "Line", "Parser", "parser_of"]


@dataclass(frozen=True)
class Line:
    """A message with the fields that parsers found; it began at one offset, and what follows it begins at the other."""

    content: str
    start: int
    end: int
    fields: dict[str, Any] = field(default_factory=dict)
    overwrites: bool = False
    without_message: bool = False
    flags: tuple[str, ...] = ()


class Step(Protocol):
    """A parser at work on one file."""

    def feed(self, line: Line) -> Iterable[Line]:
        """Yield what is complete with this line."""

    def overdue(self, now: float) -> Iterable[Line]:
        """Yield what has waited for a further line for too long."""


class Parser(Protocol):
    """A parser as it was configured."""

    def start(self) -> Step:
        """Return it at work on another file."""


class Chain:
    """The parsers of an input at work on one file, in their order."""

    def __init__(self, parsers: Iterable[Parser]) -> None:
        self._steps = [parser.start() for parser in parsers]

    def feed(self, line: Line) -> list[Line]:
        """Return the events that are complete with this line."""
        return self._through([line], self._steps)

    def overdue(self, now: float | None = None) -> list[Line]:
        """Return the events that have waited for too long."""
        now = time.monotonic() if now is None else now
        found: list[Line] = []
        for index, step in enumerate(self._steps):
            found += self._through(list(step.overdue(now)), self._steps[index + 1 :])
        return found

    @staticmethod
    def _through(lines: list[Line], steps: list[Step]) -> list[Line]:
        for step in steps:
            lines = [after for line in lines for after in step.feed(line)]
        return lines


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


@dataclass(frozen=True)
class _Json:
    target: str
    message_key: str
    overwrite_keys: bool
    add_error_key: bool

    def start(self) -> Step:
        return self

    def feed(self, line: Line) -> Iterator[Line]:
        try:
            decoded, message = self._decoded(line.content)
        except ValueError as error:
            known = {"error": {"message": f"Error decoding JSON: {error}", "type": "json"}}
            yield replace(line, fields={**line.fields, **(known if self.add_error_key else {})})
            return
        fields = {self.target: decoded} if self.target else decoded
        yield replace(
            line,
            content=line.content if message is None else message,
            fields={**line.fields, **fields},
            overwrites=self.overwrite_keys,
            without_message=message is None,
        )

    def _decoded(self, content: str) -> tuple[dict[str, Any], str | None]:
        """Return the object and, if it was asked for, the text that is its message; raise ValueError."""
        decoded = json.loads(content, parse_constant=_refused)
        message = decoded.get(self.message_key) if isinstance(decoded, dict) and self.message_key else None
        if not isinstance(decoded, dict) or (self.message_key and not isinstance(message, str)):
            raise ValueError(f"it is no object with a text at {self.message_key!r}")
        return decoded, message

    def overdue(self, now: float) -> Iterable[Line]:  # noqa: ARG002
        return ()


@dataclass(frozen=True)
class _Multiline:
    pattern: re.Pattern[str]
    negate: bool
    after: bool
    max_lines: int
    timeout: float

    def start(self) -> Step:
        return _Joining(self)

    def continues(self, line: Line) -> bool:
        return bool(self.pattern.search(line.content)) != self.negate


class _Joining:
    """Lines of one file that are being joined."""

    def __init__(self, parser: _Multiline) -> None:
        self._parser = parser
        self._lines: list[Line] = []
        self._since = 0.0

    def feed(self, line: Line) -> Iterator[Line]:
        continues = self._parser.continues(line)
        # match: after joins a line to what is before it, match: before to what follows.
        if self._parser.after and not continues and self._lines:
            yield self._joined()
        self._lines.append(line)
        self._since = time.monotonic()
        if not self._parser.after and not continues:
            yield self._joined()

    def overdue(self, now: float) -> Iterator[Line]:
        if self._lines and now - self._since >= self._parser.timeout:
            yield self._joined()

    def _joined(self) -> Line:
        lines, self._lines = self._lines, []
        kept = lines[: self._parser.max_lines]
        fields = {key: value for line in kept for key, value in line.fields.items()}
        flags = ("multiline",) if len(lines) > 1 else ()
        return Line(
            "\n".join(line.content for line in kept),
            lines[0].start,
            lines[-1].end,
            fields,
            without_message=lines[0].without_message,
            flags=(*flags, "truncated") if len(kept) < len(lines) else flags,
        )


def parser_of(options: Options) -> Parser:
    """Return the parser that an item of `parsers` names; raise SettingsError."""
    kinds = {"ndjson": _json, "multiline": _multiline}
    names = options.names()
    if len(names) != 1 or names[0] not in kinds:
        raise SettingsError(f"parsers: {', '.join(names)}: the stand-in has {', '.join(kinds)}")
    inner = options.part(names[0])
    return kinds[names[0]](inner)


def _json(options: Options) -> Parser:
    return _Json(
        target=options.take("target", text, ""),
        message_key=options.take("message_key", text, ""),
        overwrite_keys=options.take("overwrite_keys", flag, False),
        add_error_key=options.take("add_error_key", flag, False),
    )


def _multiline(options: Options) -> Parser:
    if (kind := options.take("type", text, "pattern")) != "pattern":
        raise SettingsError(f"multiline.type is {kind}: the stand-in has pattern")
    match = options.take("match", text, "")
    if match not in ("after", "before"):
        raise SettingsError("multiline.match has to be after or before")
    pattern = options.take("pattern", lambda value: re.compile(text(value)), None)
    if pattern is None:
        raise SettingsError("multiline.pattern is missing")
    return _Multiline(
        pattern=pattern,
        negate=options.take("negate", flag, False),
        after=match == "after",
        max_lines=options.take("max_lines", whole, 500),
        timeout=options.take("timeout", duration, 5.0),
    )
