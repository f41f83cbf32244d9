# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers are those of Prometheus 3.13.2."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.vigil.observability.plugins.modules import prometheus_info, prometheus_query
from ansible_collections.vigil.observability.tests.unit.plugins.conftest import LoopbackServer

Run = Callable[..., dict[str, Any]]

UP = {"__name__": "up", "instance": "monitor1:9090", "job": "prometheus"}


def answer(kind: str, result: Any, **more: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


def asked(server: LoopbackServer) -> dict[str, list[str]]:
    return parse_qs(urlsplit(server.requests[-1][0]).query)


def test_an_answer_of_one_number_is_a_value(server: LoopbackServer, run_module: Run) -> None:
    server.bodies["/api/v1/query"] = answer("vector", [{"metric": UP, "value": [1795520771.672, "1"]}])
    result = run_module(prometheus_query, url=server.url, query="up", username="admin", password="secret")
    assert (result["value"], result["result_type"], result["changed"]) == (1.0, "vector", False)
    assert result["result"] == [{"metric": UP, "value": [1795520771.672, "1"]}]
    assert asked(server) == {"query": ["up"]}
    assert server.requests[0][1]["Authorization"] == "Basic YWRtaW46c2VjcmV0"


def test_a_scalar_is_a_value_and_two_series_are_none(server: LoopbackServer, run_module: Run) -> None:
    server.bodies["/api/v1/query"] = answer("scalar", [1795520771.664, "3"])
    assert run_module(prometheus_query, url=server.url, query="scalar(vector(3))")["value"] == 3.0
    two = [{"metric": {}, "value": [1, "1"]}, {"metric": UP, "value": [1, "2"]}]
    server.bodies["/api/v1/query"] = answer("vector", two)
    assert "value" not in run_module(prometheus_query, url=server.url, query="up")


def test_an_instant_is_sent_in_seconds(server: LoopbackServer, run_module: Run) -> None:
    server.bodies["/api/v1/query"] = answer("vector", [])
    run_module(prometheus_query, url=server.url, query="up", time="2026-01-31T08:00:00+01:00")
    assert asked(server)["time"] == ["1769842800.000"]


def test_a_range_has_a_start_an_end_and_a_step(server: LoopbackServer, run_module: Run) -> None:
    server.bodies["/api/v1/query_range"] = answer("matrix", [{"metric": UP, "values": [[1, "1"], [31, "0"]]}])
    options = {"query": "up", "start": "1795519690", "end": "1795519720", "step": "30s"}
    result = run_module(prometheus_query, url=server.url, **options)
    assert result["result"][0]["values"] == [[1, "1"], [31, "0"]]
    assert asked(server)["step"] == ["30.000"]
    assert "value" not in result


def test_a_long_question_goes_into_the_body(server: LoopbackServer, run_module: Run) -> None:
    server.bodies["/api/v1/query"] = answer("vector", [])
    run_module(prometheus_query, url=server.url, query=" or ".join(["up"] * 1000))
    assert server.requests[-1][0] == "/api/v1/query"


def test_a_warning_of_prometheus_is_a_warning_of_the_task(server: LoopbackServer, run_module: Run) -> None:
    server.bodies["/api/v1/query"] = answer("vector", [], warnings=["remote read failed"], infos=["no counter"])
    result = run_module(prometheus_query, url=server.url, query="rate(up[1m])")
    warning = f"Prometheus at {server.url} returned a warning for 'rate(up[1m])': remote read failed"
    assert result["warnings"] == [warning]
    assert result["infos"] == ["no counter"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time": "now", "start": "now-1h"}, "give only one of them"),
        ({"start": "now", "end": "now-1h"}, "must come after start"),
        ({"start": "now-1h", "step": "0s"}, "step must be above 0"),
        ({"start": "now-30d", "step": "1s"}, "use at least 236s"),
        ({"start": "then"}, "start 'then' must be a time"),
    ],
)
def test_a_wrong_range_is_refused_before_anything_is_asked(
    options: dict[str, str], message: str, server: LoopbackServer, run_module: Run
) -> None:
    result = run_module(prometheus_query, url=server.url, query="up", **options)
    assert result["failed"]
    assert message in result["msg"]
    assert server.requests == []


def test_a_wrong_expression_is_told_in_the_words_of_the_server(server: LoopbackServer, run_module: Run) -> None:
    result = run_module(prometheus_query, url=server.url, query="rate(up[")
    assert result["msg"] == f"Could not evaluate 'rate(up[': Prometheus at {server.url} answered 404."


def test_each_thing_that_is_gathered_takes_one_request(server: LoopbackServer, run_module: Run) -> None:
    targets = {"activeTargets": [{"health": "up", "labels": {"job": "prometheus"}}]}
    server.bodies["/api/v1/targets"] = json.dumps({"status": "success", "data": targets}).encode()
    server.bodies["/api/v1/status/buildinfo"] = b'{"status":"success","data":{"version":"3.13.2"}}'
    result = run_module(prometheus_info, url=server.url, gather=["targets", "build"])
    assert (result["targets"], result["build"]) == (targets, {"version": "3.13.2"})
    assert (result["requests"], [path for path, _headers in server.requests]) == (
        2,
        ["/api/v1/targets?state=active", "/api/v1/status/buildinfo"],
    )


def test_a_token_in_the_address_of_a_target_is_not_told(server: LoopbackServer, run_module: Run) -> None:
    target = {"scrapeUrl": "https://u:hidden@shop:9100/metrics?access_token=hidden", "health": "up"}
    server.bodies["/api/v1/targets"] = json.dumps({"status": "success", "data": {"activeTargets": [target]}}).encode()
    told = run_module(prometheus_info, url=server.url, gather=["targets"])
    assert "hidden" not in json.dumps(told)
    assert "https://u:********@shop:9100/metrics?access_token=********" in json.dumps(told)
