# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shop: catalogue, cart, orders and a report."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel, Field
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import vigil_telemetry as telemetry

from .carts import Carts
from .database import Order, Product
from .failures import add_failures
from .fault_pages import Faulty, add_faults
from .faults import Faults
from .orders import Orders

__all__ = ["shop_application"]


class Quantity(BaseModel):
    """How many of a product to have in the cart."""

    quantity: int = Field(ge=0, le=100)


class Checkout(BaseModel):
    """How an order is handed over and paid."""

    order_type: str = Field(default="delivery", pattern="^(delivery|pickup)$")
    payment_method: str = Field(default="card", pattern="^(card|invoice|voucher)$")


def customer(x_customer: str = Header(pattern="^[a-z0-9-]{1,32}$")) -> str:
    """Return the customer whom a request is of."""
    telemetry.set_user(x_customer)
    return x_customer


def shop_application(engine: Engine, carts: Carts, orders: Orders, faults: Faults, token: str) -> FastAPI:
    """Return the shop on this database and these carts; the token is that for faults."""
    app = FastAPI(title="shop", docs_url=None, redoc_url=None, openapi_url=None)
    add_failures(app)
    add_faults(app, faults, token)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    for pages in (_catalogue(engine), _cart(engine, carts), _checkout(orders), _reports(orders, faults)):
        app.include_router(pages, dependencies=[Faulty(faults)])
    return app


def _catalogue(engine: Engine) -> APIRouter:
    pages = APIRouter()

    @pages.get("/products")
    def products(category: str = "") -> list[dict[str, Any]]:
        wanted = select(Product).order_by(Product.id)
        with Session(engine) as session:
            found = session.scalars(wanted.where(Product.category == category) if category else wanted)
            return [_product(one) for one in found]

    @pages.get("/products/{number}")
    def product(number: int) -> dict[str, Any]:
        return _product(_found(engine, number))

    return pages


def _cart(engine: Engine, carts: Carts) -> APIRouter:
    pages = APIRouter(prefix="/cart")

    @pages.get("")
    def listed(owner: str = Depends(customer)) -> dict[int, int]:
        return carts.of(owner)

    @pages.put("/{number}")
    def put(number: int, wanted: Quantity, owner: str = Depends(customer)) -> dict[int, int]:
        _found(engine, number)
        carts.put(owner, number, wanted.quantity)
        return carts.of(owner)

    @pages.delete("", status_code=204, response_model=None)
    def empty(owner: str = Depends(customer)) -> None:
        carts.empty(owner)

    return pages


def _checkout(orders: Orders) -> APIRouter:
    pages = APIRouter(prefix="/orders")

    @pages.post("", status_code=201)
    def place(checkout: Checkout, owner: str = Depends(customer)) -> dict[str, Any]:
        order = orders.place(owner, checkout.order_type, checkout.payment_method)
        return {"number": order.id, "status": order.status, "total": order.total}

    @pages.get("/{number}")
    def one(number: int, owner: str = Depends(customer)) -> dict[str, Any]:
        order = orders.of(owner, number)
        if order is None:
            raise HTTPException(404, f"You have no order {number}.")
        return _order(order)

    return pages


def _reports(orders: Orders, faults: Faults) -> APIRouter:
    pages = APIRouter(prefix="/reports")

    @pages.get("/sales")
    def sales(latest: int = Query(default=50, ge=1, le=1000)) -> dict[str, int]:
        return dict(orders.sales(latest, one_by_one=bool(faults.amount("n_plus_one"))))

    return pages


def _found(engine: Engine, number: int) -> Product:
    with Session(engine) as session:
        found = session.get(Product, number)
    if found is None:
        raise HTTPException(404, f"There is no product {number}.")
    return found


def _product(one: Product) -> dict[str, Any]:
    return {"number": one.id, "name": one.name, "category": one.category, "price": one.price}


def _order(order: Order) -> dict[str, Any]:
    lines = [{"product": one.product.name, "quantity": one.quantity, "price": one.price} for one in order.lines]
    return {"number": order.id, "status": order.status, "total": order.total, "lines": lines}
