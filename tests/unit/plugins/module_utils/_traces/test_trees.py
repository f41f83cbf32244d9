# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces from hell: nothing in them is where it belongs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vigil.observability.plugins.module_utils._traces.analysis import Analysis
from ansible_collections.vigil.observability.plugins.module_utils._traces.spans import Span, spans_of
from ansible_collections.vigil.observability.plugins.module_utils._traces.trees import trace_of

MS = 1_000_000


def span(name: str, parent: str, start: int, end: int, service: str = "shop", kind: str = "internal") -> Span:
    return Span("1", name, parent, service, f"op {name}", kind, start, end, False, {})


def analysed(spans: list[Span]) -> dict[str, Any]:
    analysis = Analysis()
    analysis.add(spans)
    return analysis.described()


def test_cycle_is_broken_at_its_first_span() -> None:
    trace = trace_of([span("a", "c", 5, 6), span("b", "a", 1, 9), span("c", "b", 2, 3), span("d", "c", 3, 4)])
    assert (trace.cycles, [trace.spans[root].id for root in trace.roots]) == (1, ["b"])
    assert analysed(list(trace.spans))["coverage"]["incomplete_traces"] == 1


def test_span_that_is_its_own_parent_is_a_root() -> None:
    trace = trace_of([span("a", "a", 1, 2)])
    assert (trace.cycles, trace.roots) == (1, (0,))


def test_span_that_was_stored_twice_counts_once() -> None:
    trace = trace_of([span("a", "", 0, 9), span("b", "a", 1, 1), span("b", "a", 1, 5)])
    assert (trace.duplicates, [one.end for one in trace.spans]) == (1, [9, 5])


def test_span_without_its_parent_is_an_orphan() -> None:
    trace = trace_of([span("a", "", 0, 9), span("b", "lost", 1, 5)])
    assert (trace.orphans, len(trace.roots)) == (1, 2)
    assert analysed(list(trace.spans))["coverage"]["several_roots"] == 1


def test_clock_that_is_ten_minutes_late_is_moved_and_no_wait_concluded() -> None:
    late = 600_000 * MS
    spans = [
        span("a", "", 0, 200 * MS, "shop", "client"),
        span("b", "a", late, late + 50 * MS, "cart", "server"),
        span("c", "b", late + 10 * MS, late + 20 * MS, "cart"),
    ]
    trace = trace_of(spans)
    assert [(one.start, one.end) for one in trace.spans][1:] == [(75 * MS, 125 * MS), (85 * MS, 95 * MS)]
    analysis = Analysis()
    for _request in range(5):
        analysis.add(spans)
    found = analysis.described()
    assert found["coverage"]["clock_skew"] == [{"caller": "shop", "called": "cart", "calls": 5, "most_ms": 599_925.0}]
    assert [finding["kind"] for finding in found["findings"]] == []


def test_consumer_that_starts_after_its_producer_has_a_right_clock() -> None:
    trace = trace_of([span("a", "", 0, 10, "shop", "producer"), span("b", "a", 500, 600, "mail", "consumer")])
    assert trace.skews == {}


@pytest.mark.parametrize("shape", ["deep", "wide"])
def test_large_traces_are_analysed(shape: str) -> None:
    number = 10_000 if shape == "deep" else 50_000
    spans = [span("0", "", 0, number)]
    for place in range(1, number):
        parent = str(place - 1) if shape == "deep" else "0"
        spans.append(span(str(place), parent, place, number if shape == "deep" else place + 1))
    assert analysed(spans)["coverage"]["spans"] == number


def test_hostile_values_neither_stop_nor_mislead() -> None:
    nanoseconds = str(2**64 - 1)
    listed: list[Any] = [
        {"traceId": "AB", "spanId": "1", "name": "<script>" + "x" * 1_000_000, "startTimeUnixNano": "5"},
        {"traceId": "ab", "spanId": "2", "parentSpanId": "1", "startTimeUnixNano": nanoseconds, "endTimeUnixNano": "1"},
        {
            "traceId": "ab",
            "spanId": "3",
            "startTimeUnixNano": "0",
            "endTimeUnixNano": str(2**70),
            "kind": "SPAN_KIND_CLIENT",
        },
        {"traceId": "ab", "spanId": "4", "startTimeUnixNano": "yesterday"},
        {"traceId": "ab", "spanId": "!", "startTimeUnixNano": "1"},
        {"traceId": "ab", "startTimeUnixNano": "1"},
        {"traceId": "ab", "spanId": "5", "startTimeUnixNano": 1, "attributes": [None, {"key": 5}, {"value": {}}]},
        "span",
    ]
    read = list(spans_of({"resourceSpans": [{"scopeSpans": [{"spans": listed}]}, None, 5]}))
    spans = [one for one in read if one]
    assert (len(spans), len(read) - len(spans)) == (4, 4)
    assert (spans[0].trace, len(spans[0].operation), spans[2].kind) == ("00000000000000ab", 200, "client")
    assert all(one.end >= one.start for one in spans)
    assert analysed(spans)["coverage"]["spans"] == 4


def test_ids_are_the_same_in_hexadecimal_and_in_base64() -> None:
    def ids(trace: str, name: str) -> tuple[str, str]:
        document = {
            "result": {
                "resourceSpans": [
                    {"scopeSpans": [{"spans": [{"traceId": trace, "spanId": name, "startTimeUnixNano": "1"}]}]}
                ]
            }
        }
        (one,) = spans_of(document)
        assert one
        return one.trace, one.id

    assert ids("0000000000000000AB00000000000001", "00000000000000ff") == ids(
        "AAAAAAAAAACrAAAAAAAAAQ==", "AAAAAAAAAP8="
    )


def test_older_json_of_jaeger_gives_the_same_spans() -> None:
    old = {
        "data": [
            {
                "processes": {"p1": {"serviceName": "shop"}},
                "spans": [
                    {
                        "traceID": "ab",
                        "spanID": "1",
                        "processID": "p1",
                        "operationName": "GET /",
                        "startTime": 5,
                        "duration": 2,
                        "references": [],
                        "tags": [{"key": "span.kind", "value": "server"}, {"key": "error", "value": True}],
                    },
                    {
                        "traceID": "ab",
                        "spanID": "2",
                        "processID": "p1",
                        "operationName": "SELECT",
                        "startTime": 5,
                        "duration": 1,
                        "references": [{"refType": "CHILD_OF", "traceID": "ab", "spanID": "1"}],
                        "tags": [{"key": "db.statement", "value": "SELECT 1"}],
                    },
                ],
            }
        ]
    }
    trace, first, second = (name.rjust(16, "0") for name in ("ab", "1", "2"))
    assert list(spans_of(old)) == [
        Span(trace, first, "", "shop", "GET /", "server", 5000, 7000, True, {}),
        Span(trace, second, first, "shop", "SELECT", "internal", 5000, 6000, False, {"statement": "SELECT 1"}),
    ]


@pytest.mark.parametrize("document", [None, [], {}, {"data": "x"}, {"result": []}, "<html>"])
def test_other_documents_are_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="neither resourceSpans"):
        spans_of(document)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
OTLP = {
    "traceId": "ab",
    "spanId": "1",
    "parentSpanId": "2",
    "name": "GET /",
    "kind": 2,
    "startTimeUnixNano": "1",
    "endTimeUnixNano": "2",
    "status": {"code": 2},
    "attributes": [{"key": "db.statement", "value": {"stringValue": "SELECT 1"}}],
}
OLDER = {
    "traceID": "ab",
    "spanID": "1",
    "processID": "p1",
    "operationName": "GET /",
    "startTime": 1,
    "duration": 1,
    "references": [{"refType": "CHILD_OF", "spanID": "2"}],
    "tags": [{"key": "error", "value": True}],
}


@given(st.data())
def test_any_value_in_any_place_is_read_or_counted(data: st.DataObject) -> None:
    def draw(one: Any) -> Any:
        return data.draw(ANYTHING) if data.draw(st.integers(0, 3)) == 0 else one

    def changed(span: dict[str, Any]) -> Any:
        return draw({name: draw(value) for name, value in span.items()})

    spans = draw([changed(OTLP), changed(OTLP)])
    resource = draw({"attributes": draw([draw({"key": "service.name", "value": draw({"stringValue": "shop"})})])})
    otlp = {"resourceSpans": [draw({"resource": resource, "scopeSpans": draw([draw({"spans": spans})])})]}
    older = {"data": [draw({"processes": draw({"p1": draw({"serviceName": "s"})}), "spans": draw([changed(OLDER)])})]}
    for document in (otlp, older):
        read = [span for span in spans_of(document) if span]
        if read:
            assert analysed(read)["coverage"]["spans"] >= 1
