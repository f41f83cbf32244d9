# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module trace_analysis: answers are those of Jaeger 2.13.0, and of Prometheus 3.13.2 that scraped it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.vigil.observability.plugins.modules import trace_analysis
from ansible_collections.vigil.observability.tests.unit.plugins.conftest import LoopbackServer
from ansible_collections.vigil.observability.tests.unit.plugins.jaeger import Jaeger, jaeger

__all__ = ["jaeger"]

Run = Callable[..., dict[str, Any]]
WINDOW = {"start": "2026-11-29T10:00:00Z", "end": "2026-11-29T11:00:00Z"}


def test_window_is_compared_with_an_earlier_one(jaeger: Jaeger, run_module: Run) -> None:
    earlier = {"baseline_start": "2026-11-29T09:00:00Z", "services": ["shop"]}
    result = run_module(trace_analysis, url=f"{jaeger.url}/jaeger", **WINDOW, **earlier)
    assert (result["changed"], result["msg"]) == (False, "30 traces of 2 services: 0 findings, 0 changes.")
    assert result["analysis"]["coverage"]["notes"] == [
        "The earlier window has 0 requests: too few to compare with.",
        "Numbers of requests and errors are those of traces that were kept, which need not be all requests.",
    ]
    (entry,) = result["analysis"]["critical_paths"]
    assert entry["slowest"]["url"] == f"{jaeger.url}/jaeger/trace/{entry['slowest']['trace']}"
    assert {path["path"][-1]: path["ms"] for path in entry["paths"]} == {"shop.GET /shop": 50, "cart.GET /cart": 40}
    assert result["requests"] == len(jaeger.asked) == 40


def test_jaeger_that_answers_no_question_fails_the_task(jaeger: Jaeger, run_module: Run) -> None:
    class Broken(dict[str, dict[str, Any]]):
        def get(self, path: str, default: Any = None) -> Any:
            return default or {"status": 500, "type": "text/plain", "text": f"no storage for {path[:11]}"}

    jaeger.answers = Broken()
    result = run_module(trace_analysis, url=jaeger.url, services=["shop"], **WINDOW)
    assert result["failed"]
    assert result["msg"].startswith("No slice of the window could be read. Could not read traces of shop from 2026-")
    assert result["msg"].endswith(f"Jaeger at {jaeger.url} answered 500: no storage for /api/v3/tra.")
    assert len(jaeger.asked) < 300, "it gives up"


def test_services_without_traces_are_a_note(jaeger: Jaeger, run_module: Run) -> None:
    result = run_module(trace_analysis, url=f"{jaeger.url}/jaeger", start="1000", end="1001")
    assert result["analysis"]["coverage"]["notes"] == ["There is no trace in this window, so nothing can be concluded."]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"end": "now-2h"}, "end 'now-2h' is not after start 'now-1h': give an earlier start."),
        ({"baseline_start": "now-90m"}, "overlaps it. Start it earlier."),
        ({"limit": 0}, "limit 0 must be at least 1."),
        ({"username": "analysis", "password": "hunter22"}, "The password or token would be sent to http://"),
        (
            {"prometheus": {"url": "http://m:9090", "token": "hunter22"}},
            "would be sent to http://m:9090 unencrypted.",
        ),
        ({"trace_url": "https://grafana/"}, "must have {trace} where the id of a trace belongs."),
        ({"baseline_files": ["a"]}, "baseline_files are compared with files, of which there are none."),
        ({"url": None}, "Set url to the address of Jaeger's query, or files to files with traces."),
    ],
)
def test_what_does_not_fit_together_is_refused_before_anything_is_asked(
    options: dict[str, Any], message: str, server: LoopbackServer, run_module: Run
) -> None:
    result = run_module(trace_analysis, **{"url": server.url, **options})
    assert (result["failed"], message in result["msg"], server.requests) == (True, True, [])


def test_page_in_place_of_an_answer_is_refused(server: LoopbackServer, run_module: Run) -> None:
    server.bodies["/api/v3/services"] = b"<!DOCTYPE html>"
    result = run_module(trace_analysis, url=server.url)
    assert result["msg"].startswith(
        f"Could not list the services: {server.url}/api/v3/services answered 200 with a page instead of JSON."
    )


def spans_at(*starts: int, service: str = "shop") -> dict[str, Any]:
    spans = [
        {"traceId": f"{start:032x}", "spanId": "1", "name": "GET /", "kind": 2, "startTimeUnixNano": str(start * 10**9)}
        for start in starts
    ]
    for span in spans:
        span["endTimeUnixNano"] = str(int(str(span["startTimeUnixNano"])) + 10**6)
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}


def test_files_of_a_collector_and_of_jaeger_are_read(tmp_path: Path, run_module: Run) -> None:
    lines, older = tmp_path / "lines.json", tmp_path / "older.json"
    lines.write_text("\n".join(json.dumps(spans_at(number)) for number in (1, 2)) + "\n\n")
    span = {"traceID": "a", "spanID": "1", "processID": "p", "operationName": "x", "startTime": 1, "duration": 1}
    older.write_text(json.dumps({"data": [{"processes": {"p": {"serviceName": "old"}}, "spans": [span]}]}, indent=1))
    result = run_module(trace_analysis, files=[str(lines), str(older)], trace_url="https://grafana/?trace={trace}")
    assert [one["service"] for one in result["analysis"]["services"]] == ["old", "shop"]
    assert result["analysis"]["critical_paths"][0]["slowest"]["url"] == "https://grafana/?trace=000000000000000a"
    assert result["requests"] == 0


@pytest.mark.parametrize("text", [None, "<html>", "[" * 100_000, '{"resourceSpans": 1}'])
def test_file_that_cannot_be_read_is_named(text: str | None, tmp_path: Path, run_module: Run) -> None:
    path = tmp_path / "traces.json"
    if text:
        path.write_text(text)
    result = run_module(trace_analysis, files=[str(path)])
    assert result["msg"].startswith(f"Could not read traces from {path}: ")
    assert result["msg"].endswith("Export them from Jaeger as JSON, or as OTLP in JSON by a collector.")


class Answers(dict[str, bytes]):
    """Answers of Prometheus to the questions about lengths of requests, and about their sums."""

    def __init__(self, *answers: list[dict[str, Any]]) -> None:
        super().__init__()
        self.buckets, self.sums = (
            json.dumps({"status": "success", "data": {"resultType": "vector", "result": answer}}).encode()
            for answer in answers
        )

    def get(self, path: str, default: Any = None) -> Any:
        return default if "?" not in path else self.buckets if "_bucket" in path else self.sums


def series(labels: dict[str, str], value: float) -> dict[str, Any]:
    return {"metric": labels, "value": [1795520771.672, str(value)]}


def test_numbers_of_requests_are_those_of_span_metrics(server: LoopbackServer, tmp_path: Path, run_module: Run) -> None:
    path = tmp_path / "traces.json"
    path.write_text(json.dumps(spans_at(*range(1, 31))))
    entry = {"service_name": "shop", "span_name": "GET /", "status_code": "STATUS_CODE_UNSET"}
    failed, lost = {**entry, "status_code": "STATUS_CODE_ERROR"}, {**entry, "service_name": "bank"}
    buckets = [series({**entry, "le": bound}, value) for bound, value in (("0.1", 200), ("1", 270), ("+Inf", 270))]
    buckets += [series({**failed, "le": bound}, value) for bound, value in (("0.1", 0), ("1", 0), ("+Inf", 30))]
    buckets += [series({**lost, "le": "+Inf"}, 5), series({**entry, "span_name": "idle", "le": "+Inf"}, 0)]
    server.bodies = Answers(buckets, [series(entry, 60), series(failed, float("nan"))])
    found = run_module(trace_analysis, files=[str(path)], prometheus={"url": server.url}, **WINDOW)["analysis"]
    (shop,) = found["services"]
    figures = {name: shop["entries"][0][name] for name in ("requests", "errors", "error_rate", "p50_ms", "mean_ms")}
    assert figures == {"requests": 300, "errors": 30, "error_rate": 0.1, "p50_ms": pytest.approx(75), "mean_ms": 200}
    assert (shop["requests"], shop["p95_ms"], shop["p99_ms"]) == (300, 1000, 1000)
    assert (shop["source"], shop["kept"], shop["most_ms"]) == ("span metrics", 0.1, 1)
    assert found["coverage"]["notes"] == [
        "bank has requests in the span metrics and no trace: check its sampling and its exporter.",
        "Of all requests, only these shares are in the traces that were read: 10.0 % of shop.",
    ]
    asked = [parse_qs(urlsplit(path).query) for path, _headers in server.requests]
    assert [one["time"] for one in asked] == [["1795950000.000"]] * 2
    assert "traces_span_metrics_duration_seconds_bucket{span_kind=" in asked[0]["query"][0]
    assert "[3600s]" in asked[0]["query"][0]
