"""What changed with an input, and which library served after each step."""

from __future__ import annotations

import json

import pytest

testinfra_hosts = ["telemetry"]

UNITS = ("shop-payment", "shop-1", "shop-2")


def test_changed_inputs_are_in_lines_and_metrics(request_id, visit, lines, metrics):
    assert visit("PUT", "/faults/errors", {}, X_Request_ID=request_id, Authorization="Bearer guessed").status == 401
    assert {line["environment"] for line in lines(request_id)} == {"staging"}
    assert 'connection_pool_size{pool="orders"} 3.0' in metrics()


def test_library_was_upgraded_and_went_back_and_one_that_cannot_be_imported_never_served(host):
    noted = [line.split() for line in host.check_output("cat /run/steps").splitlines()]
    first = noted[0][2]
    wanted = {"changed": first, "upgraded": "1.0.1", "broken": "1.0.1", "returned": first}
    assert noted == [[step, unit, version, "200"] for step, version in wanted.items() for unit in UNITS]
    assert first != "1.0.1"


def test_library_that_cannot_be_imported_is_refused_with_what_it_raised(host):
    failed = host.check_output("cat /run/broken")
    assert "this library is broken" in failed
    assert "Nothing was staged, and the running service was not touched" in failed
    assert json.loads(failed)["failed"]


@pytest.mark.restart
def test_shop_serves(visit):
    assert visit("GET", "/products").status == 200
