"""The shop on each release of Debian, with stores of its own and with those of another host."""

from __future__ import annotations

import re

import pytest

testinfra_hosts = ["telemetry"]

PYTHONS = {"telemetry-1": "3.11", "telemetry-2": "3.9", "telemetry-3": "3.13"}


def test_packages_are_those_for_the_python_of_the_host(host):
    wanted = PYTHONS[host.check_output("hostname")]
    modules = "import psycopg.pq, pydantic_core, sqlalchemy, sys"
    shown = host.check_output(f"/opt/shop-1/bin/python -c '{modules}; print(sys.version, psycopg.pq.__impl__)'")
    assert (shown.split()[0].rpartition(".")[0], shown.split()[-1]) == (wanted, "binary")
    assert host.check_output("ls -d /opt/shop-1/lib/python*").endswith(f"python{wanted}")


def test_order_is_found_as_metric_exemplar_trace_and_log_lines_by_one_id(
    request_id, visit, metrics, measured, lines, spans, until
):
    assert visit("PUT", "/cart/1", {"quantity": 1}).status == 200
    placed = visit("POST", "/orders", {"payment_method": "card"}, X_Request_ID=request_id)
    assert placed.status == 201, placed.body
    logged = until(lambda: found if len(found := lines(request_id)) >= 4 else [])
    assert {line["service"] for line in logged} == {"shop"}
    assert {"Transaction started", "Transaction completed", "Business event occurred"} <= {
        one["message"] for one in logged
    }
    (trace,) = {line["trace_id"] for line in logged}
    assert [line["trace_id"] for line in lines(request_id, unit="shop-payment")] == [trace]
    found = spans(trace, least=6, services=("shop", "payment"))
    assert {span.service for span in found} == {"shop", "payment"}
    assert [span for span in found if span.failed] == []
    assert [span.service for span in found if span.kind == "server"].count("shop") == 1
    assert measured('orders_total{product_category="books",status="completed"}') >= 1
    assert trace in re.findall(r'trace_id="(\w+)"', "\n".join(metrics()))


@pytest.mark.restart
def test_shop_serves_both_of_its_stores(visit, until):
    # A host may be there before the one with its stores.
    assert until(lambda: visit("GET", "/products").status == visit("GET", "/cart").status == 200)
    assert len(visit("GET", "/products").json()) == 12


def test_faults_are_there_only_with_a_token(host, visit):
    status = visit("GET", "/faults", Authorization="Bearer ").status
    assert status == (404 if host.check_output("hostname") == "telemetry-3" else 401)
