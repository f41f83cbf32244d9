"""An order in the sample shop is seen as metric, exemplar, trace and log lines, by one id."""

from __future__ import annotations

import json
import time
import uuid

import pytest

testinfra_hosts = ["stack-1"]


@pytest.fixture
def order(ask):
    """Return a function that places an order at the second instance, whose requests do not fail, and returns its id."""

    def placed():
        request = f"test-{uuid.uuid4().hex}"
        options = ["-H", "X-Customer: ada", "-H", f"X-Request-ID: {request}", "-H", "Content-Type: application/json"]
        visits = {"PUT /cart/1": {"quantity": 1}, "POST /orders": {"payment_method": "card"}}
        for visit, body in visits.items():
            method, path = visit.split()
            words = ["-X", method, *options, "-d", json.dumps(body)]
            answer = ask(f"https://localhost:8444{path}", *words, service="shop-2")
            assert answer.status < 300, answer.body
        return request

    return placed


@pytest.fixture
def lines(ask, secrets):
    """Return a function that returns the log lines of a request that are in Elasticsearch, with their indices."""

    def found(request):
        login = {"user": "grafana", "password": secrets["elasticsearch_passwords"]["grafana"]}
        body = json.dumps({"query": {"term": {"correlationId": request}}, "size": 100})
        options = ["-X", "POST", "-H", "Content-Type: application/json", "-d", body]
        return ask("https://localhost:9200/logs-*/_search", *options, **login).json()["hits"]["hits"]

    return found


def traces_of(hits):
    """Return the traces that the lines of both services are of, nothing until there are some of each."""
    services = {hit["_source"]["service"] for hit in hits}
    return {hit["_source"]["trace_id"] for hit in hits} if services == {"shop", "payment"} else set()


def test_an_order_is_found_as_log_lines_and_as_a_trace_by_one_id(order, lines, jaeger, eventually):
    request = order()
    eventually(lambda: len(traces_of(lines(request))) > 0, wanted=True)
    hits = lines(request)
    assert {hit["_index"].rpartition("-")[0] for hit in hits} == {"logs-shop", "logs-payment"}
    # The cart and the order are two requests with one id.
    assert len(traces_of(hits)) <= 2
    (trace,) = {hit["_source"]["trace_id"] for hit in hits if hit["_source"]["service"] == "payment"}

    def services():
        found = jaeger(f"traces/{trace}")
        return {one["serviceName"] for one in found[0]["processes"].values()} if found else set()

    eventually(services, {"shop", "payment"})
    # Shipped by rsyslog, and not by the Filebeat of the same host as well.
    assert len({(hit["_source"]["timestamp"], hit["_source"]["message"]) for hit in hits}) == len(hits)


def test_an_order_is_counted_with_an_exemplar_that_names_its_trace(order, lines, prometheus, eventually):
    # Another order before the next scrape takes the place of this one's exemplar.
    traces = set()

    def named():
        if len(traces) < 20:
            request = order()
            eventually(lambda: len(traces_of(lines(request))) > 0, wanted=True)
            traces.update(traces_of(lines(request)))
        now = time.time()
        query = 'http_request_duration_seconds_bucket{job="shop",instance="stack-1:9465",route="/orders"}'
        found = prometheus("query_exemplars", query=query, start=f"{now - 600}", end=f"{now + 60}")
        return bool(traces & {one["labels"]["trace_id"] for series in found for one in series["exemplars"]})

    eventually(named, wanted=True)


@pytest.mark.restart
def test_customers_visit_every_instance(prometheus, eventually):
    query = 'sum by (instance) (rate(orders_total{job="shop",status="completed"}[1m])) > 0'
    eventually(
        lambda: {one["metric"]["instance"] for one in prometheus("query", query=query)["result"]},
        {"stack-1:9464", "stack-1:9465"},
    )


@pytest.mark.restart
def test_spans_of_both_services_arrive(prometheus, eventually):
    query = 'sum by (service_name) (rate(traces_span_metrics_calls_total{service_name=~"shop|payment"}[1m])) > 0'
    eventually(
        lambda: {one["metric"]["service_name"] for one in prometheus("query", query=query)["result"]},
        {"shop", "payment"},
    )
