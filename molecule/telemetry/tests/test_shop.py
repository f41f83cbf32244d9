"""The deployed shop: an order seen by one ID, its dependencies down, faults on demand."""

from __future__ import annotations

import re
import time
import uuid

import pytest

testinfra_hosts = ["telemetry"]


def until(found, seconds=20):
    """Return what a function finds, as soon as that is something."""
    end = time.monotonic() + seconds
    while not (result := found()) and time.monotonic() < end:
        time.sleep(0.5)
    assert result
    return result


def tags_of(span):
    return {tag["key"]: tag["value"] for tag in span["tags"]}


def in_error(spans):
    return [
        span
        for _service, span in spans
        if tags_of(span).get("error") or tags_of(span).get("otel.status_code") == "ERROR"
    ]


def value(lines, start):
    """Return the value of the metric whose line begins so."""
    (line,) = [line for line in lines if line.startswith(start)]
    return float(line.partition(" # ")[0].rsplit(" ", 1)[1])


def test_order_is_found_as_metric_exemplar_trace_and_log_lines_by_one_id(request_id, visit, metrics, lines, spans):
    assert visit("PUT", "/cart/1", {"quantity": 1}).status == 200
    placed = visit("POST", "/orders", {"payment_method": "card"}, X_Request_ID=request_id)
    assert placed.status == 201, placed.body
    logged = until(lambda: lines(request_id) if len(lines(request_id)) >= 4 else [])
    assert {line["service"] for line in logged} == {"shop"}
    assert {"Transaction started", "Transaction completed", "Business event occurred"} <= {
        one["message"] for one in logged
    }
    (trace,) = {line["trace_id"] for line in logged}
    assert [line["trace_id"] for line in lines(request_id, unit="shop-payment")] == [trace]
    found = spans(trace, least=6, services=("shop", "payment"))
    assert {service for service, _span in found} == {"shop", "payment"}
    assert in_error(found) == []
    assert [service for service, span in found if tags_of(span).get("span.kind") == "server"].count("shop") == 1
    shown = metrics()
    assert value(shown, 'orders_total{product_category="books",status="completed"}') >= 1
    exemplars = set(re.findall(r'trace_id="(\w+)"', "\n".join(shown)))
    assert trace in exemplars


def unknown_products(lines):
    """Return how many requests for a product that there is not were counted."""
    start = 'http_requests_total{method="GET",route="/products/{number}",status_code="404"}'
    return value(lines, start) if any(line.startswith(start) for line in lines) else 0


def test_each_instance_is_a_target_with_its_own_requests(visit, metrics):
    before = [unknown_products(metrics(unit)) for unit in ("shop-1", "shop-2")]
    for _number in range(3):
        assert visit("GET", "/products/99", unit="shop-2").status == 404
    assert [unknown_products(metrics(unit)) for unit in ("shop-1", "shop-2")] == [before[0], before[1] + 3]


@pytest.mark.parametrize(
    ("store", "asked"),
    [("postgresql", ("GET", "/products", None)), ("redis-server", ("PUT", "/cart/1", {"quantity": 1}))],
)
def test_store_that_is_down_is_an_error_of_spans_and_lines_with_one_id(
    request_id, host, visit, lines, spans, store, asked
):
    # The unit postgresql is that of all clusters, and does not wait for their ends.
    host.check_output(f"systemctl stop {store} 'postgresql@*'" if store == "postgresql" else f"systemctl stop {store}")
    try:
        assert visit(*asked, X_Request_ID=request_id).status == 503
        assert visit("GET", "/health").status == 200
    finally:
        host.check_output(f"systemctl start {store}")
    (line,) = lines(request_id, file="error.log")
    assert (line["level"], line["message"]) == ("error", "Application error occurred")
    assert in_error(spans(line["trace_id"]))
    assert until(lambda: visit(*asked).status == 200)


def test_exhausted_pool_is_shown_by_its_metric_and_fails_requests(request_id, visit, fault, metrics, lines):
    size = value(metrics(), 'connection_pool_size{pool="orders"}')
    fault("pool")
    try:
        assert value(metrics(), 'connection_pool_in_use{pool="orders"}') == size
        assert visit("GET", "/products", X_Request_ID=request_id).status == 503
    finally:
        fault("pool", on=False)
    assert lines(request_id, file="error.log")[0]["errorName"] == "TimeoutError"
    assert visit("GET", "/products").status == 200


def test_n_plus_one_asks_the_database_for_each_order(visit, fault, spans):
    for _number in range(4):
        visit("PUT", "/cart/1", {"quantity": 1})
        assert visit("POST", "/orders", {}).status == 201

    def questions(least):
        trace = uuid.uuid4().hex
        assert visit("GET", "/reports/sales", traceparent=f"00-{trace}-00f067aa0ba902b7-01").status == 200
        found = spans(trace, least)
        return sum(span["operationName"].startswith("SELECT") for _service, span in found)

    few = questions(least=3)
    fault("n_plus_one")
    try:
        assert questions(least=6) > few + 2
    finally:
        fault("n_plus_one", on=False)


def test_payment_that_is_down_fails_orders_alone(visit, fault):
    fault("payment", unit="shop-payment")
    try:
        visit("PUT", "/cart/1", {"quantity": 1})
        assert visit("POST", "/orders", {}).status == 503
    finally:
        fault("payment", on=False, unit="shop-payment")
    assert visit("POST", "/orders", {}).status == 201


def test_faults_need_the_token_and_attempts_are_logged(request_id, visit, lines):
    assert visit("PUT", "/faults/errors", {}, X_Request_ID=request_id, Authorization="Bearer guessed").status == 401
    assert [line["result"] for line in lines(request_id) if "securityEventType" in line] == ["denied"]


def test_customers_visit_both_instances_without_an_error(host):
    folder = "/etc/vigil/certificates"
    done = host.run(
        "/opt/shop-1/bin/python -m shop.load --url https://localhost:8443 --url https://localhost:8444 --seconds 5 "
        f"--rate 4 --hour 20 --authority {folder}/authorities.crt --certificate {folder}/shop-1/tls.crt "
        f"--key {folder}/shop-1/tls.key"
    )
    assert done.rc == 0, done.stderr
    assert "2xx" in done.stderr
    assert "5xx" not in done.stderr
    assert "no answer" not in done.stderr


@pytest.mark.restart
def test_shop_serves_both_of_its_stores(visit):
    assert len(visit("GET", "/products", unit="shop-2").json()) == 12
    assert visit("GET", "/cart", unit="shop-2").status == 200


def test_unit_and_environment_have_no_secret(host):
    for unit in ("shop-1", "shop-2", "shop-payment"):
        text = host.check_output(f"systemctl cat {unit}; cat /etc/{unit}/shop.json")
        assert "database-password" not in text
        assert "token-that" not in text
        assert host.file(f"/etc/{unit}/secrets/database").mode == 0o640
