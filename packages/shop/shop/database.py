# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the shop, and the connections to them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy
from sqlalchemy import URL, DateTime, Engine, ForeignKey, StaticPool, func, insert, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from .configuration import Pool

__all__ = ["Base", "Line", "Order", "Product", "connected", "prepared"]

_LOCK = 7405001  # of PostgreSQL, so that two instances do not create tables at once
# Categories, each with its products and their prices in cents.
_CATALOGUE = {
    "books": {"Release It!": 3999, "The Art of Monitoring": 2999, "Site Reliability Engineering": 4499},
    "games": {"Carcassonne": 2899, "Azul": 3499, "Patchwork": 1999},
    "music": {"Kind of Blue": 2199, "Goldberg Variations": 1899, "Homogenic": 1699},
    "tools": {"Torque wrench": 8999, "Spirit level": 2499, "Crosscut saw": 1799},
}


class Base(DeclarativeBase):
    """The tables."""


class Product(Base):
    """What can be bought. Prices are in cents."""

    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    category: Mapped[str] = mapped_column(index=True)
    price: Mapped[int]


class Order(Base):
    """What a customer has ordered; its status is placed, completed or declined."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(index=True)
    payment_method: Mapped[str]
    status: Mapped[str]
    total: Mapped[int]
    placed: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), index=True)
    lines: Mapped[list[Line]] = relationship(back_populates="order")


class Line(Base):
    """A product in an order, at its price of that time."""

    __tablename__ = "order_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    price: Mapped[int]
    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()


def connected(url: URL, pool: Pool) -> Engine:
    """Return the connections to this database. None is made yet."""
    if url.get_backend_name() == "sqlite":
        return sqlalchemy.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    # By this name, since what traces engines replaces it when the shop starts. A connection that has broken meanwhile
    # is replaced before a request uses it.
    return sqlalchemy.create_engine(
        url, pool_size=pool.size, max_overflow=0, pool_timeout=pool.timeout, pool_pre_ping=True, pool_recycle=300
    )


def prepared(engine: Engine) -> None:
    """Create the tables and the catalogue where they are missing. Raises SQLAlchemyError."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        Base.metadata.create_all(connection)
        with Session(connection) as session:
            if session.scalar(select(func.count()).select_from(Product)) == 0:
                session.execute(insert(Product), _products())
                session.commit()


def _products() -> list[dict[str, object]]:
    return [
        {"name": name, "category": category, "price": price}
        for category, products in _CATALOGUE.items()
        for name, price in products.items()
    ]
