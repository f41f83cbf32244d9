# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers have the form of Prometheus 3.13.2's."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.vigil.observability.plugins.modules import dashboard_data
from ansible_collections.vigil.observability.tests.unit.plugins.conftest import LoopbackServer

Run = Callable[..., dict[str, Any]]

RANGE = {"start": "1000", "end": "1120", "step": "1m"}
HIGH = {"__name__": "ALERTS", "alertname": "SLOErrorBudgetBurn", "alertstate": "firing", "service": "shop"}
DOWN = {"__name__": "ALERTS", "alertname": "TargetDown", "alertstate": "firing", "job": "web"}


@pytest.fixture
def shop(server: LoopbackServer, run_module: Run) -> Run:
    """A function that runs the module for the shop, whose answers of Prometheus are given by a part of the question."""

    def run(answers: dict[str, list[Any]], **options: Any) -> dict[str, Any]:
        def do_get(handler: BaseHTTPRequestHandler) -> None:
            query = parse_qs(urlsplit(handler.path).query)["query"][0]
            server.requests.append((handler.path, {}))
            result = next((result for part, result in answers.items() if part in query), [])
            body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        methods = {"do_GET": do_get, "log_message": lambda *given: None}
        server.RequestHandlerClass = type("Handler", (BaseHTTPRequestHandler,), methods)
        return run_module(dashboard_data, url=server.url, name="shop", **{**RANGE, **options})

    return run


def test_the_series_of_a_report_are_points_of_time_and_number(shop: Run) -> None:
    errors = [{"metric": {}, "values": [[1000, "0.5"], [1060, "NaN"], [1120, "2"]]}]
    result = shop({"status_code": errors})
    assert list(result["series"]) == ["response_time", "error_rate", "throughput"]
    assert result["series"]["error_rate"]["points"] == [[1000, 0.5], [1060, None], [1120, 2.0]]
    assert (result["series"]["error_rate"]["unit"], result["requests"]) == ("percent", 4)


def test_orders_and_users_are_there_for_an_application_that_has_them(shop: Run) -> None:
    metrics = {"orders": "orders_total", "active_users": "active_users_total"}
    result = shop({"active_users_total": [{"metric": {}, "values": [[1000, "7"]]}]}, metrics=metrics, job="web")
    assert list(result["series"])[3:] == ["order_rate", "active_users"]
    assert result["series"]["active_users"]["points"] == [[1000, 7.0]]
    assert 'orders_total{job="web"}' in result["series"]["order_rate"]["expr"]


def test_requests_that_do_not_count_are_in_no_series(shop: Run) -> None:
    result = shop({}, matchers=['route!="/healthz"'])
    assert all('{job="shop",route!="/healthz"' in series["expr"] for series in result["series"].values())


def test_alerts_of_the_service_and_of_its_job_are_told_from_first_to_last(shop: Run, server: LoopbackServer) -> None:
    firing = [
        {"metric": DOWN, "values": [[1060, "1"], [1120, "1"]]},
        {"metric": HIGH, "values": [[1000, "1"], [1060, "1"]]},
    ]
    alerts = shop({"ALERTS": firing}, job="web")["alerts"]
    assert alerts == [
        {
            "labels": {"alertname": "SLOErrorBudgetBurn", "service": "shop"},
            "first": 1000,
            "last": 1060,
            "active": False,
        },
        {"labels": {"alertname": "TargetDown", "job": "web"}, "first": 1060, "last": 1120, "active": True},
    ]
    (query,) = parse_qs(urlsplit(server.requests[-1][0]).query)["query"]
    assert query == 'ALERTS{alertstate="firing",service="shop"} or ALERTS{alertstate="firing",job="web"}'


def test_a_metric_of_an_unknown_kind_is_refused_by_name(shop: Run, server: LoopbackServer) -> None:
    assert "metrics contains unknown names: order. Use requests, " in shop({}, metrics={"order": "orders_total"})["msg"]
    assert server.requests == []
