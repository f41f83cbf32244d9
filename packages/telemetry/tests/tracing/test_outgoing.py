from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, StatusCode

from tracing.collectors import Plain, shown
from vigil_telemetry.tracing.ended import ended
from vigil_telemetry.tracing.outgoing import Outgoing, plain_url
from vigil_telemetry.tracing.spans import record_error


def sent(name: str = "x", attributes: dict[str, Any] | None = None, error: BaseException | None = None) -> Any:
    span = TracerProvider().get_tracer("t").start_span(name, kind=SpanKind.CLIENT, attributes=attributes)
    if error is not None:
        record_error(span, error)
    span.end()
    return Outgoing(Plain()).span(ended(span))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "value", "stable", "kept"),
    [
        ("db.statement", "SELECT a FROM t WHERE b = 'secret'", "db.query.text", "SELECT a FROM t WHERE b = ?"),
        ("db.query.text", "SELECT 1", "db.query.text", "SELECT ?"),
        ("db.query.parameter.0", "secret", "db.query.parameter.0", "?"),
        ("db.statement.parameters", "('secret',)", "db.statement.parameters", "?"),
        ("db.operation", "/*secret*/", "db.operation.name", ""),
        ("http.url", "https://u:secret@h:1/a;j=secret?q=secret&t#secret", "url.full", "https://h:1/a;??q=?&?"),
        ("url.full", "https://[secret", "url.full", "?"),
        ("url.query", "token=secret&secret", "url.query", "token=?&?"),
        ("url.full", "https://h/reset/4f1c9e7a5b3d2c1f?x", "url.full", "https://h/reset/???"),
        ("url.path", "/secret", "url.path", "/?"),
        ("db.connection_string", "mysql://u:secret@h/d", "db.connection_string", "mysql://h/d"),
        ("http.request.header.x-api-key", ["secret"], "http.request.header.x-api-key", "[REDACTED]"),
        ("http.request.header.content_type", "text/html", "http.request.header.content_type", "text/html"),
        ("net.peer.port", 80, "server.port", 80),
        ("http.status_code", 404, "http.response.status_code", 404),
        ("db.system", "mssql", "db.system.name", "microsoft.sql_server"),
        ("orders", 3, "orders", 3),
    ],
)
def test_attributes_of_instrumentations_get_stable_names_and_lose_values(
    key: str, value: Any, stable: str, kept: Any
) -> None:
    assert sent(attributes={key: value}).attributes[stable] == (tuple(kept) if isinstance(kept, list) else kept)


def test_a_path_that_a_route_serves_loses_only_parameters_and_tokens() -> None:
    attributes = {"http.route": "/a/{b}", "url.path": "/a;jsessionid=secret/7"}
    assert sent(attributes=attributes).attributes["url.path"] == "/a;?/7"


def test_the_name_of_a_statements_span_is_its_operation_even_after_a_comment() -> None:
    attributes = {"db.system": "postgresql", "db.name": "shop", "db.statement": "/*secret*/ SELECT 1"}
    assert sent("/*secret*/ shop", attributes).name == "SELECT shop"
    assert sent("SELECT shop", {**attributes, "db.statement": "SELECT 1"}).name == "SELECT shop"
    assert sent("'secret'", {"db.statement": "'secret'"}).name == "statement"


def test_an_error_of_a_database_leaves_without_values_in_event_status_and_stack_trace() -> None:
    kind = type("UniqueViolation", (Exception,), {"__module__": "psycopg.errors"})
    message = 'duplicate key violates unique constraint "u"\nDETAIL:  Key (a)=(secret) exists.'
    with pytest.raises(kind) as raised:
        raise kind(message)
    span = sent(error=raised.value)
    assert span.events[0].attributes["exception.message"] == 'duplicate key violates unique constraint "u"'
    assert span.status.description == 'UniqueViolation: duplicate key violates unique constraint "u"'
    assert span.status.status_code is StatusCode.ERROR
    assert "secret" not in shown(span)
    assert "test_outgoing.py" in span.events[0].attributes["exception.stacktrace"]


def test_an_error_within_which_a_database_speaks_loses_its_values_too() -> None:
    span = sent(error=RuntimeError("order failed: Key (a)=(secret) exists"))
    assert "secret" not in shown(span)


def test_a_span_keeps_what_identifies_it() -> None:
    original = TracerProvider().get_tracer("t", "1").start_span("x")
    original.add_event("e", {"a": 1})
    original.end()
    span = Outgoing(Plain()).span(ended(original))  # type: ignore[arg-type]
    assert span.context == original.get_span_context()
    assert (span.start_time, span.end_time) == (original.start_time, original.end_time)  # type: ignore[attr-defined]
    assert span.instrumentation_scope == original.instrumentation_scope  # type: ignore[attr-defined]
    assert span.events[0].name == "e"


def test_a_url_without_anything_to_hide_stays() -> None:
    assert plain_url("https://h/a/b") == "https://h/a/b"
