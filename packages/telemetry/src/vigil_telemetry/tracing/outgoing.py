"""What of a span leaves the process: every attribute, event, status and name passes here, whoever set it.

It runs in the thread that sends, so that requests do not wait for it, and it gives attributes the stable names of
OpenTelemetry's semantic conventions, because some instrumentations still have only the old ones for databases.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from opentelemetry.sdk.trace import Event
from opentelemetry.trace import Link
from opentelemetry.trace.status import Status

from .. import database_errors
from . import sql
from .ended import EndedSpan

__all__ = ["Outgoing", "Redacts", "plain_url"]

_STABLE = {
    "db.system": "db.system.name",
    "db.statement": "db.query.text",
    "db.name": "db.namespace",
    "db.operation": "db.operation.name",
    "db.sql.table": "db.collection.name",
    "net.peer.name": "server.address",
    "net.peer.port": "server.port",
    "http.method": "http.request.method",
    "http.status_code": "http.response.status_code",
    "http.url": "url.full",
    "http.scheme": "url.scheme",
    "http.user_agent": "user_agent.original",
}
_SYSTEMS = {"mssql": "microsoft.sql_server", "oracle": "oracle.db"}
# Values that come from closed sets, or from what operators and developers wrote.
_AS_THEY_ARE = frozenset(
    {
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "url.scheme",
        "server.address",
        "server.port",
        "network.peer.address",
        "network.peer.port",
        "network.protocol.version",
        "network.transport",
        "error.type",
        "db.system.name",
        "db.namespace",
        "exception.type",
        "exception.escaped",
    }
)
# How the names begin that `_known` knows.
_KNOWN = ("db.", "http.", "url.")
_CACHED, _SHORT = 1024, 128
_HEADERS = re.compile(r"http\.(?:request|response)\.header\.(.+)")
_PLAIN_HEADERS = frozenset(
    (
        *("accept", "accept-encoding", "accept-language", "cache-control", "content-encoding", "content-length"),
        *("content-type", "retry-after", "server", "traceparent", "user-agent", "vary", "x-request-id"),
    )
)
_BOUND = ("db.query.parameter.", "db.operation.parameter.", "db.statement.parameters", "db.response.returned")
_WORDS = re.compile(r"[\w .,:/-]{1,255}")
_PARAMETER = re.compile(r"([A-Za-z_][\w.\[\]-]{0,39})=")
_TOKEN = re.compile(r"/(?=[^/]{0,256}\d)[^/;]{16,}")
_MATRIX = re.compile(r";[^/]*")
_PLAIN_NAME = re.compile(r"[\w {}<>./:-]{1,128}")
_LONG_NUMBER = re.compile(r"\d{6}")


class Redacts(Protocol):
    """What is asked of the redactor of the process."""

    def text(self, text: str) -> str:
        """Return the text without secrets."""

    def attributes(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Return attributes without secrets."""


class Outgoing:
    """Makes of spans what may leave the process."""

    def __init__(self, redactor: Redacts) -> None:
        self._redactor = redactor
        # Addresses and agents of clients, and what applications set, come again and again.
        self._short = functools.lru_cache(maxsize=_CACHED)(lambda name, text: redactor.attributes({name: text}))

    def span(self, span: EndedSpan) -> EndedSpan:
        """Return a copy of the span without values of SQL, without parts of URLs that may be secrets, redacted."""
        attributes = self.attributes(span.attributes)
        return EndedSpan(
            self._name(span.name, attributes),
            span.context,
            span.parent,
            span.kind,
            self._status(span.status, attributes, span.events) if span.status.description else span.status,
            span.start_time,
            span.end_time,
            attributes,
            [self._event(event) for event in span.events],
            [Link(link.context, self.attributes(link.attributes or {})) for link in span.links],
            span.resource,
            span.instrumentation_scope,
        )

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        return self._redactor.text(text)

    def attributes(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return attributes as they may leave the process, under their stable names."""
        kept: dict[str, Any] = {}
        others: dict[str, Any] = {}
        system = str(given.get("db.system.name") or given.get("db.system") or "")
        for key, value in given.items():
            name, kind = _STABLE.get(key, key), type(value)
            if name in _AS_THEY_ARE:
                kept[name] = _SYSTEMS.get(value, value) if name == "db.system.name" else value
            elif name.startswith(_KNOWN) and (found := self._known(name, value, system)) is not None:
                kept[name] = found
            elif kind is str and len(value) <= _SHORT:
                kept.update(self._short(name, value))
            else:
                others[name] = value
        if "url.path" in kept and "http.route" not in kept:
            # What nobody serves is what scanners ask for, and it may be anything.
            kept["url.path"] = "/?"
        return {**kept, **self._redactor.attributes(others)} if others else kept

    def _known(self, name: str, value: Any, system: str) -> str | None:
        """Return the value of an attribute that has a meaning, or None."""
        if name.startswith("db.") and name != "db.connection_string":
            return _of_statement(name, str(value), system)
        if name in ("url.full", "http.target", "db.connection_string"):
            return self._redactor.text(plain_url(str(value)))
        if name == "url.query":
            return _query(str(value))
        if name == "url.path":
            return self._redactor.text(_path(str(value)))
        header = _HEADERS.fullmatch(name)
        if header and header[1].lower().replace("_", "-") not in _PLAIN_HEADERS:
            return "[REDACTED]"
        return None

    def _event(self, event: Event) -> Event:
        given = dict(event.attributes or {})
        message, trace = given.pop("exception.message", None), given.pop("exception.stacktrace", None)
        kept = self.attributes(given)
        if message is not None:
            kind = str(given.get("exception.type", ""))
            kept["exception.message"] = self._message(str(message), _of_database(event), kind)
        if trace is not None:
            kept["exception.stacktrace"] = self._redactor.text(database_errors.stacktrace_without_values(str(trace)))
        return Event(self._redactor.text(event.name), kept, event.timestamp)

    def _message(self, message: str, of_database: bool, kind: str = "") -> str:
        return self._redactor.text(database_errors.without_values(message, kind) if of_database else message)

    def _status(self, status: Status, attributes: Mapping[str, Any], events: Iterable[Event]) -> Status:
        description = status.description or ""
        of_database = (
            "db.system.name" in attributes
            or any(_of_database(event) for event in events)
            or database_errors.is_of_database("", description)
        )
        return Status(status.status_code, self._message(description, of_database))

    def _name(self, name: str, attributes: Mapping[str, Any]) -> str:
        """Return the name; instrumentations make that of a statement's span of its first word, be it a comment."""
        text = attributes.get("db.query.text")
        if text:
            operation = re.match(r"[A-Za-z]*", str(text))
            first, _space, rest = name.partition(" ")
            if not operation or first.upper() != operation[0].upper() or not _WORDS.fullmatch(rest or "-"):
                system = attributes.get("db.namespace") or attributes.get("db.system.name") or ""
                return f"{operation[0].upper() if operation else ''} {system}".strip() or "statement"
        plain = _PLAIN_NAME.fullmatch(name) and not _LONG_NUMBER.search(name)
        return name if plain and ":" not in name else self._redactor.text(name)


def plain_url(url: str) -> str:
    """Return a URL without user, password and fragment, and with "?" for each value of its query."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, _path(parts.path), _query(parts.query), ""))
    except ValueError:
        return "?"


def _path(path: str) -> str:
    """Return a path without matrix parameters, and with "?" for each part that may be a token."""
    return _TOKEN.sub("/?", _MATRIX.sub(";?", path))


def _query(query: str) -> str:
    """Return a query with the names of its parameters, but none of their values."""
    if not query:
        return ""
    names = (_PARAMETER.match(parameter) for parameter in query.split("&")[:50])
    return "&".join(f"{name[1]}=?" if name else "?" for name in names)


def _of_statement(name: str, value: str, system: str) -> str | None:
    if name == "db.query.text":
        return sql.without_values(value, system).text
    if name.startswith(_BOUND):
        return "?"
    if name in ("db.operation.name", "db.query.summary", "db.collection.name"):
        return value if _WORDS.fullmatch(value) else sql.without_values(value, system).operation
    return None


def _of_database(event: Event) -> bool:
    given = event.attributes or {}
    return database_errors.is_of_database(str(given.get("exception.type", "")), str(given.get("exception.message", "")))
