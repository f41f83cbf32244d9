from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
import requests
import sqlalchemy
import urllib3
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tracing.collectors import Plain, StandinCollector, collector, settings, shown
from vigil_telemetry.context import entered
from vigil_telemetry.tracing import Tracing, instrumentations
from vigil_telemetry.tracing.ended import ended as of_sdk
from vigil_telemetry.tracing.outgoing import Outgoing


@pytest.fixture
def server() -> Iterator[StandinCollector]:
    with collector() as found:
        yield found


def sent(ended: InMemorySpanExporter) -> list[Any]:
    """Return the spans as they leave the process."""
    return [Outgoing(Plain()).span(of_sdk(span)) for span in ended.get_finished_spans()]


def by_requests(url: str) -> None:
    requests.get(url, timeout=5)


def by_httpx(url: str) -> None:
    httpx.get(url)


def by_urllib3(url: str) -> None:
    urllib3.PoolManager().request("GET", url)


@pytest.mark.parametrize("get", [by_requests, by_httpx, by_urllib3])
@pytest.mark.usefixtures("ended")
def test_a_call_over_http_has_the_id_of_the_request_that_it_is_made_for(get: Any, server: StandinCollector) -> None:
    with entered({"X-Request-ID": "order-7"}):
        get(server.url)
        requests.get(server.url, headers={"x-request-id": "own"}, timeout=5)
    get(server.url)
    assert [headers.get("X-Request-ID", headers.get("x-request-id")) for _path, headers in server.requests] == [
        "order-7",
        "own",
        None,
    ]


def test_calls_after_the_end_have_no_id(server: StandinCollector) -> None:
    tracing = Tracing(settings(), Plain(), SimpleSpanProcessor(InMemorySpanExporter()))
    before = propagate.get_global_textmap()
    tracing.start()
    tracing.stop(1.0)
    with entered({"X-Request-ID": "order-7"}):
        requests.get(server.url, timeout=5)
    assert "X-Request-ID" not in server.requests[0][1]
    assert propagate.get_global_textmap() is before


@pytest.mark.parametrize("get", [by_requests, by_httpx, by_urllib3])
def test_a_call_over_http_is_one_span_with_stable_names_and_no_secret(
    get: Any, ended: InMemorySpanExporter, server: StandinCollector
) -> None:
    get(f"{server.url.replace('//', '//user:secret@')}/a?token=secret")
    (span,) = sent(ended)
    assert span.name == "GET"
    assert span.attributes["http.request.method"] == "GET"
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["url.full"] == f"{server.url}/a?token=?"
    assert "secret" not in shown(span)


def test_a_query_of_sqlalchemy_is_one_span_without_values(ended: InMemorySpanExporter) -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE users (email text UNIQUE)"))
        connection.execute(sqlalchemy.text("INSERT INTO users VALUES ('secret')"))
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            connection.execute(sqlalchemy.text("INSERT INTO users VALUES (:a)"), {"a": "secret"})
    queries = [span for span in sent(ended) if "db.query.text" in span.attributes]
    assert [span.attributes["db.query.text"] for span in queries][1:] == ["INSERT INTO users VALUES (?)"] * 2
    assert {span.attributes["db.system.name"] for span in queries} == {"sqlite"}
    assert queries[2].status.status_code is trace.StatusCode.ERROR
    assert not any("secret" in shown(span) for span in sent(ended))


@pytest.mark.parametrize(("make", "by_driver"), [(None, False), (sqlalchemy.create_engine, True)])
def test_a_query_of_sqlalchemy_is_traced_by_it_or_else_by_its_driver(make: Any, *, by_driver: bool) -> None:
    """As its driver's where the function that makes engines was imported before the start, which is not traced."""
    exporter = InMemorySpanExporter()
    tracing = Tracing(settings(), Plain(), SimpleSpanProcessor(exporter))
    tracing.start()
    try:
        assert tracing._provider is not None
        tracer = instrumentations._Drivers(tracing._provider).get_tracer("psycopg")
        found: list[bool] = []
        engine = (make or sqlalchemy.create_engine)("sqlite://")

        def query() -> int:
            with tracer.start_as_current_span("driver") as span:
                found.append(span.is_recording())
            found.append(tracer.start_span("driver").is_recording())
            return 1

        with engine.connect() as connection:
            connection.connection.driver_connection.create_function("query", 0, query)  # type: ignore[union-attr]
            assert connection.execute(sqlalchemy.text("SELECT query()")).scalar() == 1
        assert found == [by_driver] * 2
        query()
        assert found[2:] == [True, True]
    finally:
        tracing.stop(1.0)


def test_a_missing_instrumentation_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    load = importlib.import_module

    def without_redis(name: str) -> Any:
        if name == "opentelemetry.instrumentation.redis":
            raise ImportError(name)
        return load(name)

    monkeypatch.setattr(importlib, "import_module", without_redis)
    tracing = Tracing(settings(), Plain(), SimpleSpanProcessor(InMemorySpanExporter()))
    with caplog.at_level(logging.WARNING):
        tracing.start()
    tracing.stop(1.0)
    assert [record.message for record in caplog.records if "vigil-telemetry[redis]" in record.message]


def test_with_all_extras_nothing_is_missing_of_any_instrumentation(caplog: pytest.LogCaptureFixture) -> None:
    """SQLAlchemy's fails halfway where greenlet is missing, which SQLAlchemy itself no longer installs."""
    tracing = Tracing(settings(), Plain(), SimpleSpanProcessor(InMemorySpanExporter()))
    with caplog.at_level(logging.WARNING):
        tracing.start()
    tracing.stop(1.0)
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.parametrize(
    ("disabled", "traced"), [("requests", {"urllib3", "httpx"}), ("redis", {"requests", "httpx"}), ("*", set())]
)
def test_disabled_instrumentations_stay_off(disabled: str, traced: set[str], server: StandinCollector) -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(settings(disabled_instrumentations=disabled), Plain(), SimpleSpanProcessor(exporter))
    tracing.start()
    by_requests(server.url)
    by_httpx(server.url)
    tracing.stop(1.0)
    scopes = [span.instrumentation_scope for span in exporter.get_finished_spans()]
    assert {scope.name.rpartition(".")[2] for scope in scopes if scope} == traced


def test_after_the_end_the_libraries_are_as_before(server: StandinCollector) -> None:
    before = requests.Session.send, psycopg.connect
    exporter = InMemorySpanExporter()
    for _number in range(2):
        tracing = Tracing(settings(), Plain(), SimpleSpanProcessor(exporter))
        tracing.start()
        assert (requests.Session.send, psycopg.connect) != before
        by_requests(server.url)
        tracing.stop(1.0)
    by_requests(server.url)
    assert len(exporter.get_finished_spans()) == 2
    assert (requests.Session.send, psycopg.connect) == before


@pytest.mark.parametrize(
    ("found", "wanted"),
    [("", "http,database"), ("http/dup", "http/dup,database"), ("database,http", "database,http")],
)
def test_stable_names_are_asked_for_unless_the_environment_chooses(
    found: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", found)
    instrumentations.use_stable_names()
    assert os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] == wanted
