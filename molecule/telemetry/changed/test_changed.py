"""What changed with an input, and which library served after each step."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

testinfra_hosts = ["telemetry-1"]

UNITS = ("shop-payment", "shop-1", "shop-2")
TOKEN = "another-token-for-faults"


def test_changed_inputs_are_in_lines_metrics_and_faults(request_id, visit, lines, measured, token):
    assert visit("GET", "/faults", X_Request_ID=request_id, Authorization=token).status == 401
    assert {line["environment"] for line in lines(request_id)} == {"staging"}
    assert measured('connection_pool_size{pool="orders"}') == 3
    assert visit("GET", "/faults", Authorization=f"Bearer {TOKEN}").status == 200


def test_library_was_upgraded_and_went_back_and_those_that_are_broken_never_served(host):
    noted = [line.split() for line in host.check_output("cat /run/steps").splitlines()]
    first = noted[0][2]
    assert first != "1.0.1"
    wanted = {
        "deployed": first,
        "upgraded": "1.0.1",
        "unimportable": "1.0.1",
        "unstartable": "1.0.1",
        "returned": first,
    }
    assert noted == [[step, unit, version, "200"] for step, version in wanted.items() for unit in UNITS]


@pytest.mark.parametrize(
    ("library", "raised", "outcome", "units"),
    [
        ("unimportable", "cannot be imported", "Nothing was staged, and the running service was not touched", UNITS),
        ("unstartable", "does not start", "Rolled back to shop-payment 1.0.0, which is healthy", UNITS[:1]),
    ],
)
def test_library_that_is_broken_is_refused_with_what_it_raised(host, library, raised, outcome, units):
    failed = json.loads(host.check_output(f"cat /run/{library}"))
    assert [result["__telemetry_unit"]["name"] for result in failed["results"]] == list(units)
    for result in failed["results"]:
        assert f"RuntimeError: this library {raised}" in result["msg"]
        assert outcome in result["msg"]


def test_no_run_shows_a_secret():
    log = (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ansible.log").read_text()
    # But for the inventory, which tests read.
    entries = re.split(r"^\S+ \S+ p=\d+ u=\S+ n=ansible ", log, flags=re.MULTILINE)
    runs = [entry for entry in entries if '"_meta"' not in entry]
    assert any('"size": 3' in entry for entry in runs), "the differences of configurations are shown"
    secrets = ("s-database-password", TOKEN, "token-that-switches")
    assert [entry for entry in runs if any(secret in entry for secret in secrets)] == []


@pytest.mark.restart
def test_shop_serves(visit):
    assert visit("GET", "/products").status == 200
