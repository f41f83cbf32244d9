# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from sqlalchemy import text

from conftest import Shop

ADA = {"X-Customer": "ada"}


def test_store_of_carts_that_is_down_is_answered_with_503_and_the_catalogue_stays(shop: Shop) -> None:
    shop.redis.down = True
    answer = shop.client.put("/cart/1", json={"quantity": 1}, headers=ADA)
    assert (answer.status_code, answer.json()) == (503, {"detail": "The store of carts is not available."})
    assert answer.headers["Retry-After"] == "5"
    assert shop.client.get("/products").status_code == 200
    assert shop.told.of("log_error") == [(("ConnectionError",), {"operation": "PUT /cart/1"})]


def test_database_without_its_tables_is_answered_with_503(shop: Shop) -> None:
    with shop.engine.begin() as connection:
        connection.execute(text("DROP TABLE products"))
    answer = shop.client.get("/products")
    assert (answer.status_code, answer.json()) == (503, {"detail": "The database is not available."})


def test_order_whose_payment_has_no_answer_stays_placed_and_its_cart_full(shop: Shop) -> None:
    shop.fault("payment")
    assert shop.order().json() == {"detail": "The payment service is not available."}
    assert shop.client.get("/orders/1", headers=ADA).json()["status"] == "placed"
    assert shop.client.get("/cart", headers=ADA).json() == {"1": 1}
