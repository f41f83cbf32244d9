from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from programs import PLENTY
from tracing.collectors import begun, collector, requested
from vigil_telemetry.tracing.plain_span import PlainSpan

PARENTS = {
    "nobody": {},
    "sampled": {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": "vendor=1"},
    "random": {"traceparent": f"00-{'a' * 32}-{'b' * 16}-03"},
    "not sampled": {"traceparent": f"00-{'a' * 32}-{'b' * 16}-00"},
    "nonsense": {"traceparent": "nonsense"},
}
SAMPLERS = [
    *("parentbased_always_on", "parentbased_always_off", "always_on", "always_off"),
    *("parentbased_traceidratio", "traceidratio"),
]


def the_span() -> Any:
    found = trace.get_current_span()
    assert isinstance(found, PlainSpan)
    return found


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("parent", PARENTS.values(), ids=PARENTS)
def test_a_request_is_sampled_and_continues_a_trace_as_a_span_of_the_sdk(sampler: str, parent: dict[str, str]) -> None:
    with begun(otlp_endpoint="http://127.0.0.1:1", sampler=sampler, sampling_share=1.0) as tracing:
        within = propagate.extract(parent, Context())
        of_sdk = trace.get_tracer("x").start_span("GET", within, SpanKind.SERVER)
        expected = of_sdk.get_span_context()
        with requested(tracing, "GET", "/", parent) as request:
            span = trace.get_current_span()
            found = span.get_span_context()
        assert span.is_recording() is False
        assert (found.trace_flags, found.trace_state) == (expected.trace_flags, expected.trace_state)
        assert (found.trace_id == expected.trace_id) == (
            parent.get("tracestate") is not None or "a" * 32 in str(parent)
        )
        assert (request.trace_id is not None) == expected.trace_flags.sampled == isinstance(span, PlainSpan)


def test_a_span_on_which_nobody_records_anything_is_none_of_the_sdk() -> None:
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        with requested(tracing, "GET", None, {}) as request:
            request.complete("/orders/{id}", 200)
            span = the_span()
        [sent] = server.await_spans(1)
    assert span._whole is None
    assert (sent.name, sent.kind) == ("GET /orders/{id}", 2)
    assert sent.end_time_unix_nano > sent.start_time_unix_nano > time.time_ns() - 1e9 * 2 * PLENTY


def test_what_a_handler_records_arrives_in_the_same_trace_with_all_that_is_known_of_the_request() -> None:
    other = SpanContext(0xABC, 0xDEF, is_remote=True)
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        with requested(tracing, "GET", None, PARENTS["sampled"], **{"url.path": "/x"}) as request:
            span = the_span()
            span.add_event("paid", {"amount": 5})
            span.add_link(other)
            with trace.get_tracer("x").start_as_current_span("child"):
                span.set_attribute("shop.orders", 3)
            span.set_status(StatusCode.ERROR, "late")
            assert (span.attributes["shop.orders"], span.links[0].context) == (3, other)
            request.complete("/orders/{id}", 200)
            span.update_name("renamed")
        child, sent = sorted(server.await_spans(2), key=lambda one: bool(one.events))
    context = span.get_span_context()
    assert (sent.trace_id.hex(), sent.parent_span_id.hex()) == ("a" * 32, "b" * 16)
    assert (sent.span_id, sent.trace_state) == (context.span_id.to_bytes(8, "big"), "vendor=1")
    assert (child.parent_span_id, child.trace_id) == (sent.span_id, sent.trace_id)
    assert (sent.name, sent.events[0].name, sent.status.message) == ("renamed", "paid", "late")
    assert sent.links[0].span_id == (0xDEF).to_bytes(8, "big")
    assert sent.start_time_unix_nano <= child.start_time_unix_nano
    assert {one.key for one in sent.attributes} == {
        *("url.path", "http.request.method", "http.route", "http.response.status_code", "shop.orders"),
    }


def test_what_a_handler_records_has_the_limits_of_the_sdk() -> None:
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        with requested(tracing, "GET", "/", {}):
            for number in range(200):
                trace.get_current_span().set_attribute(f"shop.{number}", "x" * 20_000)
        [sent] = server.await_spans(1)
    own = [one.value.string_value for one in sent.attributes if one.key.startswith("shop.")]
    assert (len(own), {len(text) for text in own}) == (128, {16_384})


def test_threads_that_record_at_once_record_on_one_span() -> None:
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        with requested(tracing, "GET", "/", {}):
            span = the_span()
            threads = [threading.Thread(target=span.set_attribute, args=(f"shop.{one}", one)) for one in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        [sent] = server.await_spans(1)
    assert len([one for one in sent.attributes if one.key.startswith("shop.")]) == 20


@pytest.mark.parametrize("recorded", [False, True])
def test_a_span_ends_once_and_takes_nothing_after_that(recorded: bool) -> None:
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        with requested(tracing, "GET", "/", {}) as request:
            span = the_span()
            if recorded:
                span.record_exception(KeyError("x"))
        request.end()
        request.complete("/late", 500)
        span.set_attributes({"late": 1})
        span.update_name("late")
        assert not span.is_recording()
        [sent] = server.await_spans(1)
    assert (sent.name, [one.key for one in sent.attributes]) == ("GET /", ["http.request.method", "http.route"])
    assert len(sent.events) == int(recorded)
