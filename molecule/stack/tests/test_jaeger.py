"""A request that is traced is found through the query on the other host, and leads to its trace from a graph."""

from __future__ import annotations

import json
import time
import uuid

import pytest

testinfra_hosts = ["stack-1"]


@pytest.fixture
def traced(ask):
    """Return a trace of a new service, of one span, that Jaeger has accepted."""
    service, trace, ended = f"stand-{uuid.uuid4().hex}", uuid.uuid4().hex, time.time_ns()
    span = {
        "traceId": trace,
        "spanId": trace[:16],
        "name": "GET /cart",
        "kind": 2,
        "startTimeUnixNano": str(ended - 30_000_000),
        "endTimeUnixNano": str(ended),
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    body = json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]})
    kind = ("-H", "Content-Type: application/json")
    answer = ask("https://localhost:4318/v1/traces", *kind, "-d", body, service="jaeger")
    assert answer.status == 200, answer
    return service, trace


def test_a_trace_is_found_by_its_service_and_by_its_id(jaeger, traced, eventually):
    service, trace = traced
    eventually(lambda: service in jaeger("services"), True)
    eventually(lambda: [one["traceID"] for one in jaeger(f"traces?service={service}")], [trace])
    assert jaeger(f"services/{service}/operations") == ["GET /cart"]
    assert [span["operationName"] for span in jaeger(f"traces/{trace}")[0]["spans"]] == ["GET /cart"]


def test_its_duration_is_an_exemplar_that_names_the_trace(prometheus, traced, eventually):
    service, trace = traced
    query = f'traces_span_metrics_duration_seconds_bucket{{service_name="{service}"}}'

    def named():
        now = time.time()
        found = prometheus("query_exemplars", query=query, start=f"{now - 600}", end=f"{now + 60}")
        return {exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]}

    eventually(named, {trace})


def test_grafana_leads_from_metrics_to_traces_and_from_there_to_logs(grafana):
    links = {one["uid"]: one["jsonData"] for one in grafana("datasources")}
    assert links["prometheus"]["exemplarTraceIdDestinations"] == [{"name": "trace_id", "datasourceUid": "jaeger"}]
    assert links["jaeger"]["tracesToLogsV2"]["datasourceUid"] == "elasticsearch"
    assert links["elasticsearch"]["dataLinks"][0]["datasourceUid"] == "jaeger"
