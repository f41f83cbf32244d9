# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A shop in this process, on an SQLite database, with the payment service behind its client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url

from shop.application import shop_application
from shop.carts import Carts
from shop.configuration import Pool
from shop.database import connected, prepared
from shop.faults import Faults
from shop.orders import Orders
from shop.payment import Payments, payment_application
from standin_redis import StandinRedis
from standin_telemetry import StandinTelemetry

__all__ = ["TOKEN", "Shop"]

TOKEN = "token-for-faults"


@dataclass(frozen=True)
class Shop:
    """The parts of a shop, and clients of both of its applications."""

    client: TestClient
    payment: TestClient
    engine: Engine
    redis: StandinRedis
    carts: Carts
    told: StandinTelemetry

    def fault(self, name: str, *, on: bool = True, **switch: Any) -> None:
        """Switch a fault on or off."""
        client = self.payment if name == "payment" else self.client
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"/faults/{name}"
        answer = client.put(url, json=switch, headers=headers) if on else client.delete(url, headers=headers)
        assert answer.status_code == 200, answer.text

    def order(self, customer: str = "ada", product: int = 1, quantity: int = 1) -> Any:
        """Order a product and return the answer."""
        headers = {"X-Customer": customer}
        self.client.put(f"/cart/{product}", json={"quantity": quantity}, headers=headers).raise_for_status()
        return self.client.post("/orders", json={}, headers=headers)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> StandinTelemetry:
    standin = StandinTelemetry()
    standin.replace(monkeypatch)
    return standin


@pytest.fixture
def shop(tmp_path: Path, told: StandinTelemetry) -> Iterator[Shop]:
    engine = connected(make_url("sqlite://"), Pool())
    prepared(engine)
    standin = StandinRedis()
    carts = Carts(cast(Any, standin), "here")
    faults = Faults(tmp_path / "ballast", engine)
    bank = Faults(tmp_path / "ballast-of-payments")
    with TestClient(payment_application(bank, TOKEN)) as payment:
        orders = Orders(engine, carts, Payments(payment))
        with TestClient(shop_application(engine, carts, orders, faults, TOKEN)) as client:
            yield Shop(client, payment, engine, standin, carts, told)
    faults.end()
    bank.end()
    engine.dispose()
