from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode

from vigil_telemetry.tracing.encoding import encoded
from vigil_telemetry.tracing.ended import ended

SAMPLED = TraceFlags(TraceFlags.SAMPLED)
CALLER = SpanContext(1, 2, is_remote=True, trace_flags=SAMPLED)
RESOURCE = Resource({"service.name": "shop", "replicas": 2}, "https://schema")
ATTRIBUTES = {"text": "값", "flag": True, "number": -3, "share": 0.5, "list": ["a", 1, False]}


def span(**changed: Any) -> ReadableSpan:
    given: dict[str, Any] = {
        "name": "GET /",
        "context": SpanContext(1, 3, is_remote=False, trace_flags=SAMPLED, trace_state=TraceState([("a", "b")])),
        "parent": CALLER,
        "resource": RESOURCE,
        "attributes": ATTRIBUTES,
        "events": [Event("exception", {"exception.type": "KeyError"}, 7)],
        "links": [Link(CALLER, {"why": "batch"})],
        "kind": SpanKind.SERVER,
        "status": Status(StatusCode.ERROR, "KeyError"),
        "start_time": 5,
        "end_time": 9,
        "instrumentation_scope": InstrumentationScope("shop", "1", "https://scope", {"x": 1}),
    }
    return ReadableSpan(**{**given, **changed})


def test_spans_are_encoded_as_by_opentelemetry() -> None:
    local = SpanContext(1, 4, is_remote=False, trace_flags=SAMPLED)
    spans = [
        span(),
        span(parent=None, kind=SpanKind.INTERNAL, events=[], links=[], status=Status()),
        span(parent=local, kind=SpanKind.CLIENT, instrumentation_scope=InstrumentationScope("other")),
        span(kind=SpanKind.PRODUCER, resource=Resource({"service.name": "other"}), attributes=None),
        span(kind=SpanKind.CONSUMER),
    ]
    assert ExportTraceServiceRequest.FromString(encoded(map(ended, spans))) == encode_spans(spans)
    # What comes again is remembered.
    assert ExportTraceServiceRequest.FromString(encoded(map(ended, spans))) == encode_spans(spans)


@pytest.mark.parametrize(
    ("value", "shown"), [("half \ud83d pair", "half ? pair"), (1 << 70, str(1 << 70)), (b"x", "b'x'")]
)
def test_a_value_that_otlp_has_no_place_for_is_a_text_and_loses_no_other_span(value: Any, shown: str) -> None:
    broken = span(name="half \ud83d", attributes={"value": value, "more": [value]})
    request = ExportTraceServiceRequest.FromString(encoded(map(ended, [broken, span()])))
    (first, second) = request.resource_spans[0].scope_spans[0].spans
    assert first.attributes[0].value.string_value == shown
    assert first.attributes[1].value.array_value.values[0].string_value == shown
    assert (first.name, second.name) == ("half ?", "GET /")


def test_values_that_are_equal_and_of_other_types_stay_apart() -> None:
    values = [1, True, 1.0, "1"]
    spans = [span(attributes={"value": value}) for value in values]
    assert ExportTraceServiceRequest.FromString(encoded(map(ended, spans))) == encode_spans(spans)


def test_attributes_that_are_never_the_same_and_long_ones_arrive_with_the_others() -> None:
    given = {"url.path": "/orders/1", "http.route": "/orders/{id}", "db.query.text": "SELECT " + "a, " * 100}
    request = ExportTraceServiceRequest.FromString(encoded(map(ended, [span(attributes=given)])))
    [found] = request.resource_spans[0].scope_spans[0].spans
    assert {each.key: each.value.string_value for each in found.attributes} == given
