# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders: from a cart through a payment to what is sold, as one transaction."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, joinedload, selectinload

import vigil_telemetry as telemetry

from .carts import Carts
from .database import Line, Order, Product
from .payment import DeclinedError, Payments

__all__ = ["EmptyCartError", "Orders"]


class EmptyCartError(Exception):
    """There is nothing to order."""


class Orders:
    """The orders of all customers. Methods raise what the database, Redis and the payment service raise."""

    def __init__(self, engine: Engine, carts: Carts, payments: Payments) -> None:
        self._engine, self._carts, self._payments = engine, carts, payments

    def place(self, customer: str, order_type: str, payment_method: str) -> Order:
        """Order and pay for what is in the cart. Raises EmptyCartError, and DeclinedError for a refused payment."""
        began, status, category = time.monotonic(), "failed", "unknown"
        try:
            with telemetry.trace_business_process("checkout", **{"shop.order_type": order_type}):
                order, category = self._placed(customer, payment_method)
                self._pay(order)
                self._carts.empty(customer)
                status = "completed"
                return order
        except EmptyCartError:
            status = ""
            raise
        except DeclinedError:
            status = "declined"
            raise
        finally:
            if status:
                seconds = time.monotonic() - began
                telemetry.record_order_processing(
                    order_type, payment_method, seconds, product_category=category, status=status
                )

    def _placed(self, customer: str, payment_method: str) -> tuple[Order, str]:
        """Store the order; return it and the category that most of it is of."""
        wanted = self._carts.of(customer)
        with Session(self._engine, expire_on_commit=False) as session:
            products = session.scalars(select(Product).where(Product.id.in_(wanted))).all()
            if not products:
                raise EmptyCartError("There is nothing in the cart.")
            lines = [Line(product_id=one.id, quantity=wanted[one.id], price=one.price) for one in products]
            total = sum(line.price * line.quantity for line in lines)
            order = Order(customer=customer, payment_method=payment_method, status="placed", total=total, lines=lines)
            session.add(order)
            session.commit()
        sold: Counter[str] = Counter()
        for one in products:
            sold[one.category] += one.price * wanted[one.id]
        return order, sold.most_common(1)[0][0]

    def _pay(self, order: Order) -> None:
        with telemetry.transaction(f"order-{order.id}", "checkout") as transaction:
            transaction.log("Order stored", {"orderNumber": order.id, "cents": order.total})
            try:
                self._payments.take(order.id, order.payment_method, order.total)
            except DeclinedError:
                self._set_status(order, "declined")
                raise
            self._set_status(order, "completed")
        telemetry.log_business_event(
            "order_placed",
            event_id=f"order-{order.id}",
            user_id=order.customer,
            entity_id=str(order.id),
            entity_type="order",
            domain="sales",
            aggregate="order",
            version="1",
        )

    def _set_status(self, order: Order, status: str) -> None:
        with Session(self._engine) as session:
            stored = session.get(Order, order.id)
            if stored is not None:
                stored.status = order.status = status
            session.commit()

    def of(self, customer: str, number: int) -> Order | None:
        """Return an order of this customer, with its lines and their products."""
        with Session(self._engine) as session:
            found = select(Order).where(Order.id == number, Order.customer == customer)
            return session.scalars(found.options(selectinload(Order.lines).joinedload(Line.product))).one_or_none()

    def sales(self, latest: int, *, one_by_one: bool) -> Mapping[str, int]:
        """Return the cents that the latest orders have brought, by category.

        One by one, the database is asked for the lines of each order: the mistake that the fault `n_plus_one` makes.
        """
        wanted = select(Order).where(Order.status == "completed").order_by(Order.id.desc()).limit(latest)
        if not one_by_one:
            wanted = wanted.options(selectinload(Order.lines).joinedload(Line.product))
        sold: Counter[str] = Counter()
        with Session(self._engine) as session:
            for order in session.scalars(wanted):
                lines = self._lines(session, order) if one_by_one else order.lines
                for line in lines:
                    sold[line.product.category] += line.price * line.quantity
        return dict(sold)

    @staticmethod
    def _lines(session: Session, order: Order) -> list[Line]:
        wanted = select(Line).where(Line.order_id == order.id).options(joinedload(Line.product))
        return list(session.scalars(wanted))
