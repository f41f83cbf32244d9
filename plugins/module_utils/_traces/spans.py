# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spans as they are analysed, read from OTLP in JSON and from Jaeger's older JSON.

A span that cannot be read is counted, never guessed. Texts are cut at 200 characters: names of services and operations
come from applications, and some put whole statements into them. Times beyond the range of 63 bits become its ends.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["CALLS", "KEPT", "SERVES", "Span", "spans_of"]

TEXT = 200
SHORT = 2**64  # ids from here on have 32 digits
LATEST = 2**63 - 1  # nanoseconds since 1970
CALLS, SERVES = frozenset({"client", "producer"}), frozenset({"server", "consumer"})
KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
# Attributes that findings need, by the current and the earlier semantic conventions.
KEPT: Mapping[str, str] = {
    "db.query.text": "statement",
    "db.statement": "statement",
    "db.system": "database",
    "db.system.name": "database",
    "http.request.resend_count": "resend",
    "http.resend_count": "resend",
}
_SERVICE = {"service.name": "service"}
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


class Span(NamedTuple):
    """One span: times are nanoseconds since 1970, `kind` is as in OpenTelemetry, in lower case.

    `attributes` has those of KEPT by our names.
    """

    trace: str
    id: str
    parent: str
    service: str
    operation: str
    kind: str
    start: int
    end: int
    error: bool
    attributes: Mapping[str, str]

    @property
    def key(self) -> str:
        """The operation with its service, as reports name it."""
        return f"{self.service}.{self.operation}"


def spans_of(document: Any) -> Iterator[Span | None]:
    """Yield the spans of a document, and None for each that cannot be read.

    The document is {resourceSpans} or {result: {resourceSpans}} of OTLP, or {data: [{spans, processes}]} of Jaeger.
    Raises ValueError for any other.
    """
    if isinstance(document, dict):
        found = document.get("result", document)
        if isinstance(found, dict) and isinstance(found.get("resourceSpans"), list):
            return _of_otlp(found["resourceSpans"])
        if isinstance(document.get("data"), list):
            return _of_jaeger(document["data"])
    raise ValueError("neither resourceSpans of OTLP nor data of Jaeger is in it")


def _of_otlp(resources: list[Any]) -> Iterator[Span | None]:
    for resource in _mappings(resources):
        service = _attributes(_mapping(resource.get("resource")).get("attributes"), _SERVICE).get("service", "unknown")
        # "instrumentationLibrarySpans" is what OTLP had before scopes.
        for scope in _mappings(resource.get("scopeSpans") or resource.get("instrumentationLibrarySpans")):
            for span in _list(scope.get("spans")):
                yield _span_of_otlp(span, service)


def _span_of_otlp(span: Any, service: str) -> Span | None:
    try:
        start, kind = int(span["startTimeUnixNano"]), span.get("kind", 1)
        end = int(span.get("endTimeUnixNano") or start)
        if not 0 <= start <= end <= LATEST:
            start = _time(start)
            end = max(start, _time(end))
        return Span(
            _id(span["traceId"]),
            _id(span["spanId"]),
            _id(span.get("parentSpanId") or ""),
            service,
            _text(span.get("name", "")),
            KINDS.get(kind) or _text(kind).replace("SPAN_KIND_", "").lower(),
            start,
            end,
            _mapping(span.get("status")).get("code") in (2, "STATUS_CODE_ERROR"),
            _attributes(span.get("attributes"), KEPT),
        )
    except _UNREADABLE:
        return None


def _of_jaeger(traces: list[Any]) -> Iterator[Span | None]:
    for trace in _mappings(traces):
        processes = _mapping(trace.get("processes"))
        for span in _list(trace.get("spans")):
            yield _span_of_jaeger(span, processes)


def _span_of_jaeger(span: Any, processes: Mapping[str, Any]) -> Span | None:
    try:
        process = _mapping(span.get("process") or processes.get(span.get("processID")))
        tags = {_text(tag["key"]): tag.get("value") for tag in _mappings(span.get("tags"))}
        parents = [
            reference["spanID"]
            for reference in _mappings(span.get("references"))
            if reference.get("refType") == "CHILD_OF" and reference.get("traceID", span["traceID"]) == span["traceID"]
        ]
        start = _time(span["startTime"], 1000)
        return Span(
            _id(span["traceID"]),
            _id(span["spanID"]),
            _id(parents[0] if parents else ""),
            _text(process.get("serviceName", "unknown")),
            _text(span.get("operationName", "")),
            _text(tags.get("span.kind", "internal")).lower(),
            start,
            min(start + _time(span["duration"], 1000), LATEST),
            tags.get("error") in (True, "true") or tags.get("otel.status_code") == "ERROR",
            _kept(tags),
        )
    except _UNREADABLE:
        return None


def _attributes(listed: Any, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return those of OTLP's list of {key, value: {<type>Value: ...}} that are wanted, by our names."""
    found = {}
    for attribute in _list(listed):
        try:
            if ours := wanted.get(attribute["key"]):
                found[ours] = _text(next(iter(attribute["value"].values())))
        except (KeyError, TypeError, AttributeError, StopIteration):  # noqa: PERF203 - checks take longer
            continue
    return found


def _kept(attributes: Mapping[str, Any]) -> Mapping[str, str]:
    return {ours: _text(attributes[theirs]) for theirs, ours in KEPT.items() if theirs in attributes}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(listed: Any) -> list[dict[str, Any]]:
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _time(value: Any, unit: int = 1) -> int:
    """Return nanoseconds."""
    time = int(value) * unit
    return time if 0 <= time <= LATEST else 0 if time < 0 else LATEST


def _text(value: Any) -> str:
    return value[:TEXT] if isinstance(value, str) else str(value)[:TEXT]


def _id(value: str) -> str:
    """Return an id in hexadecimal of 16 or 32 digits, whichever way JSON writes its bytes; nothing for zeros."""
    try:
        number = int(value or "0", 16)
    except ValueError:
        try:
            number = int.from_bytes(base64.b64decode(value, validate=True), "big")
        except binascii.Error as error:
            raise ValueError(f"{value[:40]} is not an id") from error
    return "" if number <= 0 else f"{number:016x}" if number < SHORT else f"{number:032x}"
