"""Values of settings from text: each function returns the value or raises ValueError with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = [
    "NAME",
    "flag",
    "header",
    "headers",
    "level",
    "names",
    "pairs",
    "path",
    "share",
    "text",
    "url",
    "whole",
    "whole_url",
]

# A name in every backend: a label's value, a resource attribute, a field of a log line.
NAME = re.compile(r"[\w.:/@+-](?:[\w .:/@+-]{0,126}[\w.:/@+-])?")
_TOKEN = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)  # the name of a header, by RFC 9110
_VALUE = re.compile(r"[ -~]*")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def text(found: object) -> str:
    """Return a name of at most 128 letters, digits, spaces and `. : / @ + - _`."""
    if isinstance(found, str) and NAME.fullmatch(found):
        return found
    raise ValueError("1 to 128 letters, digits, spaces or any of . : / @ + - _")


def flag(found: object) -> bool:
    """Return true or false."""
    value = found if isinstance(found, bool) else _FLAGS.get(str(found).strip().lower())
    if value is None:
        raise ValueError("true or false")
    return value


def whole(least: int, most: int) -> _Whole:
    """Return what reads a whole number from `least` to `most`."""
    return _Whole(least, most)


class _Whole:
    def __init__(self, least: int, most: int) -> None:
        self._range = (least, most)

    def __call__(self, found: object) -> int:
        least, most = self._range
        if not isinstance(found, bool) and re.fullmatch(r"\d{1,15}", str(found)) and least <= int(str(found)) <= most:
            return int(str(found))
        raise ValueError(f"a whole number from {least} to {most}")


def share(found: object) -> float:
    """Return a share from 0 to 1."""
    try:
        value = float(str(found))
    except ValueError:
        value = -1.0
    if isinstance(found, bool) or not 0 <= value <= 1:
        raise ValueError("a share from 0 to 1, such as 0.1")
    return value


def level(found: object) -> str:
    """Return the name of a level of logging."""
    value = str(found).strip().upper()
    if value not in _LEVELS:
        raise ValueError(f"one of {', '.join(_LEVELS)}")
    return value


def path(found: object) -> Path:
    """Return an absolute path."""
    if isinstance(found, (str, Path)) and str(found) and "\0" not in str(found) and Path(found).is_absolute():
        return Path(found)
    raise ValueError("an absolute path")


def url(found: object) -> str:
    """Return the URL of a server, without a slash at its end, a user, a query or a fragment."""
    return whole_url(found).rstrip("/")


def whole_url(found: object) -> str:
    """Return the URL of one page of a server as it stands, without a user, a query or a fragment."""
    wanted = "a URL such as https://jaeger.example.org:4318"
    try:
        parts = urlsplit(str(found))
        unwanted = parts.username, parts.password, parts.query, parts.fragment
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise ValueError(wanted) from None
    if not usable or any(unwanted) or re.search(r"\s", str(found)):
        raise ValueError(wanted)
    return str(found)


def header(found: object) -> str:
    """Return the name of an HTTP header."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", str(found)):
        return str(found)
    raise ValueError("the name of a header, such as X-Request-ID")


def headers(found: object) -> tuple[tuple[str, str], ...]:
    """Return headers and their values, given as a mapping, or as text as OpenTelemetry specifies."""
    wanted = "headers as key=value pairs separated by commas, values percent-encoded"
    try:
        given = pairs(found) if isinstance(found, str) else dict(found)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise ValueError(wanted) from None
    if not all(_TOKEN.fullmatch(str(name)) and _VALUE.fullmatch(str(value)) for name, value in given.items()):
        raise ValueError(wanted)
    return tuple((str(name), str(value)) for name, value in given.items())


def names(found: object) -> tuple[str, ...]:
    """Return names, given as a list or separated by commas."""
    parts: Iterable[object] = found.split(",") if isinstance(found, str) else _listed(found)
    stripped = tuple(part.strip() if isinstance(part, str) else "" for part in parts)
    if not all(stripped):
        raise ValueError("names separated by commas")
    return stripped


def _listed(found: object) -> Iterable[object]:
    if isinstance(found, (list, tuple, set, frozenset)):
        return found
    raise ValueError("names separated by commas")


def pairs(found: str) -> Mapping[str, str]:
    """Return `key=value` pairs separated by commas, with values percent-encoded as OpenTelemetry specifies."""
    read: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in found.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ValueError("key=value pairs separated by commas")
        read[key.strip()] = unquote(value.strip())
    return read
