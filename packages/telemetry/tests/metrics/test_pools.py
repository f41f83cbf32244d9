"""Connection pools: what is in use, and the most that there can be."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import sqlalchemy
from psycopg_pool import ConnectionPool
from sqlalchemy import pool as pools

from metrics.reading import samples, started, value
from vigil_telemetry.errors import TelemetryError


def engine(**options: Any) -> sqlalchemy.Engine:
    """Return an engine with a pool that counts its connections."""
    return sqlalchemy.create_engine("sqlite://", poolclass=pools.QueuePool, **options)


def test_engine_of_sqlalchemy_is_measured_when_metrics_are_read() -> None:
    metrics, orders = started(), engine(pool_size=3, max_overflow=2)
    metrics.watch_pool("orders", orders)
    with orders.connect(), orders.connect():
        page = metrics.render()[1]
        assert value(page, "connection_pool_in_use", pool="orders") == 2
        assert value(page, "connection_pool_size", pool="orders") == 5
    assert value(metrics.render()[1], "connection_pool_in_use", pool="orders") == 0


def test_engine_is_measured_after_it_was_disposed() -> None:
    metrics, orders = started(), engine(pool_size=3, max_overflow=2)
    metrics.watch_pool("orders", orders)
    orders.dispose()
    with orders.connect():
        assert value(metrics.render()[1], "connection_pool_in_use", pool="orders") == 1


def test_pool_of_sqlalchemy_without_a_limit_is_as_large_as_it_is_now() -> None:
    metrics, orders = started(), engine(pool_size=1, max_overflow=-1)
    metrics.watch_pool("orders", orders.pool)
    with orders.connect(), orders.connect():
        assert value(metrics.render()[1], "connection_pool_size", pool="orders") == 2


def test_pool_of_psycopg_is_measured() -> None:
    metrics = started()
    with ConnectionPool("host=/nowhere", min_size=0, max_size=4, open=False) as found:
        metrics.watch_pool("orders", found)
        page = metrics.render()[1]
    assert value(page, "connection_pool_in_use", pool="orders") == 0
    assert value(page, "connection_pool_size", pool="orders") == 4


def test_pool_that_the_application_dropped_is_gone() -> None:
    metrics, orders = started(), engine(pool_size=1, max_overflow=0)
    metrics.watch_pool("orders", orders)
    assert value(metrics.render()[1], "connection_pool_size", pool="orders") == 1
    del orders
    gc.collect()
    assert not [name for name, _labels in samples(metrics.render()[1]) if name.startswith("connection_pool")]


def test_pool_that_cannot_be_read_costs_its_numbers_alone() -> None:
    class Broken:
        max_size = 4

        def get_stats(self) -> dict[str, int]:
            raise RuntimeError("closed")

    metrics, broken = started(), Broken()
    metrics.watch_pool("orders", broken)
    assert b"http_requests_total" in metrics.render()[1]


@pytest.mark.parametrize("wrong", [object(), sqlalchemy.create_engine("sqlite://", poolclass=pools.NullPool), None])
def test_what_does_not_count_its_connections_is_refused(wrong: object) -> None:
    with pytest.raises(TelemetryError, match="Watching the pool orders: .* does not count its connections; pass"):
        started().watch_pool("orders", wrong)
