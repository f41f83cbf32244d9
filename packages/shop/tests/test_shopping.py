# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from sqlalchemy import event

from conftest import Shop

ADA = {"X-Customer": "ada"}


def test_catalogue_can_be_narrowed_to_a_category(shop: Shop) -> None:
    everything, books = (shop.client.get(f"/products{asked}").json() for asked in ("", "?category=books"))
    assert len(everything) == 12
    assert {one["category"] for one in books} == {"books"}
    assert shop.client.get(f"/products/{books[0]['number']}").json() == books[0]
    assert shop.client.get("/products/99").status_code == 404


def test_cart_becomes_a_paid_order_and_is_empty_then(shop: Shop) -> None:
    shop.client.put("/cart/1", json={"quantity": 2}, headers=ADA)
    shop.client.put("/cart/4", json={"quantity": 1}, headers=ADA)
    assert shop.client.put("/cart/4", json={"quantity": 0}, headers=ADA).json() == {"1": 2}
    placed = shop.client.post("/orders", json={"payment_method": "invoice"}, headers=ADA)
    assert (placed.status_code, placed.json()) == (201, {"number": 1, "status": "completed", "total": 7998})
    assert shop.client.get("/cart", headers=ADA).json() == {}
    found = shop.client.get("/orders/1", headers=ADA).json()
    assert found["lines"] == [{"product": "Release It!", "quantity": 2, "price": 3999}]


def test_order_of_another_customer_is_not_found(shop: Shop) -> None:
    assert shop.order("ada").status_code == 201
    assert shop.client.get("/orders/1", headers={"X-Customer": "eve"}).status_code == 404


def test_empty_cart_is_no_order(shop: Shop) -> None:
    assert shop.client.post("/orders", json={}, headers=ADA).status_code == 409


def test_payment_beyond_the_limit_is_declined_and_stays_in_the_cart(shop: Shop) -> None:
    assert shop.order(quantity=100).status_code == 402
    assert shop.client.get("/orders/1", headers=ADA).json()["status"] == "declined"
    assert shop.client.get("/cart", headers=ADA).json() == {"1": 100}


def test_requests_that_no_customer_could_make_are_refused(shop: Shop) -> None:
    for name in ("", "ADA", "a" * 33, "a/b"):
        assert shop.client.get("/cart", headers={"X-Customer": name}).status_code == 422
    assert shop.client.put("/cart/1", json={"quantity": -1}, headers=ADA).status_code == 422
    assert shop.client.post("/orders", json={"payment_method": "gold"}, headers=ADA).status_code == 422


def test_report_needs_two_questions_to_the_database_and_with_the_fault_one_for_each_order(shop: Shop) -> None:
    for number in range(6):
        shop.order(f"c{number}", product=1 + number % 3)
    asked: list[str] = []
    event.listen(shop.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    report = shop.client.get("/reports/sales")
    assert (report.json(), len(asked)) == ({"books": 2 * (3999 + 2999 + 4499)}, 2)
    shop.fault("n_plus_one")
    asked.clear()
    assert shop.client.get("/reports/sales").json() == report.json()
    assert len(asked) == 1 + 6


def test_customers_count_as_active_where_their_last_cart_was(shop: Shop) -> None:
    for name in ("ada", "bob", "ada"):
        shop.client.put("/cart/1", json={"quantity": 1}, headers={"X-Customer": name})
    assert shop.carts.active() == 2
    shop.redis.zadd("shop:seen", {"bob": 0})
    assert shop.carts.active() == 1


def test_order_is_measured_and_its_events_are_logged_as_one_transaction(shop: Shop) -> None:
    shop.order(product=4)
    assert shop.told.of("record_order_processing") == [
        (("delivery", "card"), {"product_category": "games", "status": "completed"})
    ]
    assert [given[0] for given in shop.told.of("log_business_event")] == [("order_placed",)]
    assert shop.told.of("transaction") == [(("order-1", "checkout"), {})]


def test_declined_and_failed_orders_are_measured_and_empty_carts_are_not(shop: Shop) -> None:
    shop.order(quantity=100)
    shop.fault("payment")
    shop.order("bob")
    shop.client.post("/orders", json={}, headers={"X-Customer": "eve"})
    measured = [given[1]["status"] for given in shop.told.of("record_order_processing")]
    assert measured == ["declined", "failed"]
