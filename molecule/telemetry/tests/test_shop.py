"""The deployed shop: its dependencies down, faults on demand."""

from __future__ import annotations

import uuid

import pytest

testinfra_hosts = ["telemetry-1"]

UNKNOWN_PRODUCTS = 'http_requests_total{method="GET",route="/products/{number}",status_code="404"}'


def test_each_instance_is_a_target_with_its_own_requests(visit, measured):
    before = [measured(UNKNOWN_PRODUCTS, unit) for unit in ("shop-1", "shop-2")]
    for _number in range(3):
        assert visit("GET", "/products/99", unit="shop-2").status == 404
    assert [measured(UNKNOWN_PRODUCTS, unit) for unit in ("shop-1", "shop-2")] == [before[0], before[1] + 3]


@pytest.mark.parametrize(
    ("store", "asked"),
    [("postgresql", ("GET", "/products", None)), ("redis-server", ("PUT", "/cart/1", {"quantity": 1}))],
)
def test_store_that_is_down_is_an_error_of_spans_and_lines_with_one_id(
    request_id, host, visit, lines, spans, until, store, asked
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
    assert any(span.failed for span in spans(line["trace_id"]))
    assert until(lambda: visit(*asked).status == 200)


def test_exhausted_pool_is_shown_by_its_metric_and_fails_requests(request_id, visit, fault, measured, lines):
    size = measured('connection_pool_size{pool="orders"}')
    assert size
    fault("pool")
    try:
        assert measured('connection_pool_in_use{pool="orders"}') == size
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
        return sum(span.name.startswith("SELECT") for span in found)

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


def test_unit_and_environment_have_no_secret(host):
    for unit in ("shop-1", "shop-2", "shop-payment"):
        text = host.check_output(f"systemctl cat {unit}; cat /etc/{unit}/shop.json")
        assert "database-password" not in text
        assert "token-that" not in text
        assert host.file(f"/etc/{unit}/secrets/database").mode == 0o640
