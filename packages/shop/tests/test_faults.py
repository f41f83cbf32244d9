# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from conftest import TOKEN, Shop
from shop.configuration import Pool
from shop.faults import NAMES, Faults
from shop.payment import payment_application

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_faults_are_off_by_default_and_listed_with_what_they_do(shop: Shop) -> None:
    assert shop.client.get("/faults", headers=BEARER).json() == {"on": {}, "faults": dict(NAMES)}


def test_faults_need_the_token(shop: Shop) -> None:
    for headers in ({}, {"Authorization": "Bearer guessed"}, {"Authorization": TOKEN}):
        assert shop.client.put("/faults/errors", json={}, headers=headers).status_code == 401
    assert shop.client.get("/faults", headers=BEARER).json()["on"] == {}
    assert [given[1]["result"] for given in shop.told.of("log_security_event")] == ["denied"] * 3


def test_without_a_token_there_are_no_faults(tmp_path: Path) -> None:
    with TestClient(payment_application(Faults(tmp_path / "ballast"), "")) as client:
        assert client.put("/faults/errors", json={}, headers={"Authorization": "Bearer "}).status_code == 404


def test_errors_fail_requests_but_not_the_health_check(shop: Shop) -> None:
    shop.fault("errors", amount=1)
    assert shop.client.get("/products").status_code == 500
    assert shop.client.get("/health").status_code == 200
    shop.fault("errors", on=False)
    assert shop.client.get("/products").status_code == 200


def test_latency_delays_requests(shop: Shop) -> None:
    shop.fault("latency", amount=0.2)
    began = time.monotonic()
    shop.client.get("/products")
    assert time.monotonic() - began >= 0.2


def test_fault_ends_by_itself(shop: Shop) -> None:
    shop.fault("errors", amount=1, seconds=0.05)
    time.sleep(0.1)
    assert shop.client.get("/products").status_code == 200
    assert shop.client.get("/faults", headers=BEARER).json()["on"] == {}


def test_payment_service_that_is_down_fails_orders_and_nothing_else(shop: Shop) -> None:
    shop.fault("payment")
    assert shop.order().status_code == 503
    assert shop.client.get("/products").status_code == 200
    shop.fault("payment", on=False)
    assert shop.order().status_code == 201


@pytest.mark.parametrize(
    ("name", "switch", "sentence"),
    [
        ("error", {}, "There is no fault error: the faults are errors,"),
        ("errors", {"amount": 1.5}, "The amount of errors is 1.5: it has to be more than 0 and at most 1."),
    ],
)
def test_fault_that_there_is_not_is_refused_with_a_sentence(
    shop: Shop, name: str, switch: dict[str, float], sentence: str
) -> None:
    answer = shop.client.put(f"/faults/{name}", json=switch, headers=BEARER)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(sentence)


def test_pool_is_exhausted_until_the_fault_is_off(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    engine = create_engine(url, poolclass=QueuePool, pool_size=3, max_overflow=0, pool_timeout=0.05)
    faults = Faults(tmp_path / "ballast", engine)
    faults.on("pool", None, 60)
    with pytest.raises(Exception, match="QueuePool limit of size 3 overflow 0 reached"):
        engine.connect()
    faults.off("pool")
    engine.connect().close()
    engine.dispose()


def test_disk_is_filled_up_to_the_amount_and_freed_again(tmp_path: Path) -> None:
    ballast = tmp_path / "ballast"
    faults = Faults(ballast)
    faults.on("disk", 3_000_000, 60)
    assert ballast.stat().st_size == 3_000_000
    faults.end()
    assert not ballast.exists()


def test_what_a_killed_process_has_left_on_the_disk_is_removed(tmp_path: Path) -> None:
    ballast = tmp_path / "ballast"
    ballast.write_bytes(b"\0" * 1000)
    Faults(ballast)
    assert not ballast.exists()


def test_memory_is_used_and_given_back(tmp_path: Path) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    faults, before = Faults(tmp_path / "ballast"), resident()
    faults.on("memory", 200e6, 60)
    assert resident() - before > 150e6
    faults.off("memory")
    assert resident() - before < 100e6


def test_connections_to_an_absent_database_fail_without_a_hang(tmp_path: Path) -> None:
    from shop.database import connected  # noqa: PLC0415 - beside the only test of it

    engine = connected(make_url("postgresql+psycopg://shop@127.0.0.1:1/shop"), Pool(timeout=0.1))
    with pytest.raises(OperationalError):
        engine.connect()
