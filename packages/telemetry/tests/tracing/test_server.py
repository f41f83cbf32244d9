from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tracing.collectors import Plain, begun, collector, requested, settings
from vigil_telemetry.errors import TelemetryError
from vigil_telemetry.tracing import Tracing, provider

PARENT = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}


@pytest.fixture
def traced() -> Iterator[tuple[Tracing, InMemorySpanExporter]]:
    exporter = InMemorySpanExporter()
    tracing = Tracing(settings(), Plain(), SimpleSpanProcessor(exporter))
    tracing.start()
    yield tracing, exporter
    tracing.stop(1.0)


def test_a_request_is_one_span_of_the_callers_trace(traced: Any) -> None:
    tracing, exporter = traced
    with requested(tracing, "GET", None, PARENT, **{"url.path": "/orders/1"}) as request:
        request.complete("/orders/{id}", 200)
        assert request.trace_id == "a" * 32
    (span,) = exporter.get_finished_spans()
    assert (span.name, span.kind) == ("GET /orders/{id}", SpanKind.SERVER)
    assert span.parent.span_id == int("b" * 16, 16)
    assert span.attributes["http.route"] == "/orders/{id}"
    assert not trace.get_current_span().get_span_context().is_valid


@pytest.mark.parametrize(
    ("status", "code"),
    [(200, StatusCode.UNSET), (404, StatusCode.UNSET), (499, StatusCode.UNSET), (500, StatusCode.ERROR)],
)
def test_only_a_status_from_500_is_an_error_of_the_server(traced: Any, status: int, code: StatusCode) -> None:
    tracing, exporter = traced
    with requested(tracing, "GET", "/", {}) as request:
        request.complete("/", status)
    assert exporter.get_finished_spans()[0].status.status_code is code


def test_an_exception_that_nobody_answered_is_recorded(traced: Any) -> None:
    tracing, exporter = traced
    with requested(tracing, "GET", "/", {}) as request:
        request.complete("/", 500, KeyError("x"))
    (span,) = exporter.get_finished_spans()
    assert span.attributes["error.type"] == "KeyError"
    assert span.status.status_code is StatusCode.ERROR


def test_an_invented_method_is_no_name_of_a_span(traced: Any) -> None:
    tracing, exporter = traced
    with requested(tracing, "HACK", "/", {"traceparent": "nonsense"}):
        pass
    (span,) = exporter.get_finished_spans()
    assert (span.name, span.attributes["http.request.method"]) == ("HTTP /", "_OTHER")


GIVEN = {"url.path": "/orders/1", "client.address": "10.0.0.1"}


def served(
    tracing: Tracing, own: Mapping[str, str] | None = None, status: int = 200, error: Exception | None = None
) -> None:
    """Answer a request whose handler sets attributes of its own."""
    with requested(tracing, "GET", None, {}, **GIVEN) as request:
        trace.get_current_span().set_attributes(own or {})
        request.complete("/orders/{id}", status, error)


def sent(span: Any) -> dict[str, Any]:
    """Return the attributes of a span that a collector took."""
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def test_a_collector_gets_what_is_known_of_a_request_and_what_its_handler_sets_counts_more() -> None:
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        served(tracing)
        served(tracing, {"client.address": "192.0.2.7", "shop.orders": "3"})
        served(tracing, status=500, error=KeyError("x"))
        served(tracing, status=503)
        plain, own, raised, failed = map(sent, server.await_spans(4))
    common = {**GIVEN, "http.request.method": "GET", "http.route": "/orders/{id}", "http.response.status_code": 200}
    assert plain == common
    assert own == {**common, "client.address": "192.0.2.7", "shop.orders": "3"}
    assert raised == {**common, "http.response.status_code": 500, "error.type": "KeyError"}
    assert failed == {**common, "http.response.status_code": 503, "error.type": "503"}


def test_nothing_is_kept_of_requests_whose_spans_have_ended_or_are_not_sampled() -> None:
    with begun(otlp_endpoint="http://127.0.0.1:1", otlp_queue_spans=1) as tracing:
        for _number in range(3):
            served(tracing)
        with requested(tracing, "GET", None, {"traceparent": f"00-{'a' * 32}-{'b' * 16}-00"}, **GIVEN):
            pass
        assert tracing._queue is not None
        assert tracing._queue.beside == {}


def test_limits_that_an_operator_sets_count_for_the_attributes_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4")
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        served(tracing)
        [span] = server.await_spans(1)
    assert sent(span)["url.path"] == "/ord"


def test_without_a_collector_a_request_has_the_trace_of_its_caller_and_is_not_recorded() -> None:
    with begun() as tracing:
        with requested(tracing, "GET", "/", PARENT) as request:
            request.complete("/x", 500)
            assert trace.get_current_span().get_span_context().trace_id == int("a" * 32, 16)
        assert tracing.dropped == {}


def test_a_tracer_provider_of_another_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "_process", provider.ProcessProvider())
    if trace.get_tracer_provider().__class__ is trace.ProxyTracerProvider:
        trace.set_tracer_provider(provider.ProcessProvider())
    with pytest.raises(TelemetryError, match="opentelemetry-instrument"):
        Tracing(settings(otlp_endpoint="http://127.0.0.1:1"), Plain()).start()
