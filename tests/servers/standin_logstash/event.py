"""An event: its fields, references to them, and texts with their values."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from .errors import FieldError

__all__ = ["Event", "fields_of", "instant", "iso8601"]

_NAME = re.compile(r"[^\[\]]+")
_REFERENCE = re.compile(r"(?:\[[^\[\]]+\])+")
_PLACE = re.compile(r"%\{(\+?)([^}]*)\}")
_DAY = {"+YYYY.MM.dd": "%Y.%m.%d"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# As far as Joda's formats are unambiguous: a date, a time after a T, a fraction, an offset.
_INSTANT = re.compile(
    r"(\d{4})(?:-(\d\d?)(?:-(\d\d?)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?"
)
_SPACED = re.compile(r"(\d{4})-(\d\d?)-(\d\d?) (\d\d):(\d\d):(\d\d)[.,](\d{1,3})([+-]\d\d:?\d\d)?")


def fields_of(reference: str) -> tuple[str, ...]:
    """Return the names in a reference such as `[service][name]` or `service`; raise FieldError for any other text."""
    if _NAME.fullmatch(reference):
        return (reference,)
    if _REFERENCE.fullmatch(reference):
        return tuple(_NAME.findall(reference))
    raise FieldError(f"Invalid FieldReference: `{reference}`")


def instant(text: str) -> datetime:
    """Return the time of an ISO 8601 text, UTC where it has no offset; raise ValueError for any other."""
    found = _INSTANT.fullmatch(text) or _SPACED.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a time")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    numbers = (int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
    at = datetime(*numbers, int((fraction or "0").ljust(6, "0")[:3]) * 1000, tzinfo=timezone.utc)
    if offset and offset != "Z":
        away = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
        at = at - away if offset[0] == "+" else at + away
    return at


def iso8601(at: datetime) -> str:
    """Return a time as documents contain it."""
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1) % 1000
    return f"{at.year:04}-{at:%m-%dT%H:%M:%S}.{milliseconds:03}Z"


class Event:
    """An event; `data` are its fields, `metadata` is what does not become part of the document."""

    def __init__(self, data: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> None:
        self.data: dict[str, Any] = {"@version": "1"} | dict(data)
        given = self.data.pop("@metadata", {})
        self.metadata: dict[str, Any] = dict(metadata or (given if isinstance(given, dict) else {}))
        self.at = datetime.now(timezone.utc)
        if "@timestamp" in self.data:
            self.stamp(self.data["@timestamp"])

    def stamp(self, given: object) -> None:
        """Take this as the time of the event; what is none is kept in a field of its own."""
        try:
            self.at = instant(given) if isinstance(given, str) else _refuse(given)
        except ValueError:
            self.at = datetime.now(timezone.utc)
            self.tag("_timestampparsefailure")
            self.data["_@timestamp"] = _text(given)
        self.data["@timestamp"] = iso8601(self.at)

    def get(self, reference: str) -> Any:
        """Return the value of a field, None of one that is not there."""
        names = fields_of(reference)
        value: Any = self.metadata if names[0] == "@metadata" else self.data
        for name in names[1:] if names[0] == "@metadata" else names:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def set(self, reference: str, value: Any) -> None:
        """Set a field; raise FieldError where something else than an object is in its way."""
        names = fields_of(reference)
        if names[0] == "@metadata":
            names = names[1:]
            if not names and not isinstance(value, dict):
                raise FieldError("@metadata has to be an object")
            if not names:
                self.metadata = value
                return
            holder = self.metadata
        else:
            holder = self.data
        for name in names[:-1]:
            holder = holder.setdefault(name, {})
            if not isinstance(holder, dict):
                raise FieldError(f"Could not set field {names[-1]} on {name}")
        holder[names[-1]] = copy.deepcopy(value)

    def remove(self, reference: str) -> None:
        """Remove a field, if it is there."""
        *parents, name = fields_of(reference)
        holder = self.get("".join(f"[{parent}]" for parent in parents)) if parents else self.data
        if isinstance(holder, dict):
            holder.pop(name, None)

    def tag(self, tag: str) -> None:
        """Add a tag once."""
        tags = self.data.get("tags") or []
        tags = tags if isinstance(tags, list) else [tags]
        self.data["tags"] = tags if tag in tags else [*tags, tag]

    def text(self, template: str) -> str:
        """Return a text with the values of the fields in it; a field that is not there stays as it is written."""

        def place(found: re.Match[str]) -> str:
            if found[1]:
                return self.at.strftime(_DAY["+" + found[2]])
            value = self.get(found[2])
            return found[0] if value is None else _text(value)

        return _PLACE.sub(place, template)


def _refuse(given: object) -> datetime:
    raise ValueError(f"{given!r} is not a time")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, list):
        return ",".join(map(_text, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
