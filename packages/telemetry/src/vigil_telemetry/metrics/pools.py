"""Connection pools, read when metrics are asked for: those of SQLAlchemy and of psycopg."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import TelemetryError

__all__ = ["Pools"]

_Reading = tuple[int, int]


class Pools:
    """The watched pools by name. A pool that the application has dropped is no longer watched."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[str, tuple[weakref.ref[Any], Callable[[Any], _Reading]]] = {}

    def watch(self, name: str, pool: object) -> None:
        """Watch an engine or a pool of SQLAlchemy, or a pool of psycopg. Raises TelemetryError for anything else."""
        pool = getattr(pool, "sync_engine", pool)  # an AsyncEngine
        reader = _reader(pool)
        if reader is None:
            found = getattr(pool, "pool", pool)
            raise TelemetryError(
                f"Watching the pool {name}: {type(found).__name__} does not count its connections; pass an engine of "
                "SQLAlchemy with a QueuePool, that pool, or a ConnectionPool of psycopg_pool."
            )
        with self._lock:
            self._watched[name] = (weakref.ref(pool), reader)

    def readings(self) -> Iterator[tuple[str, _Reading | None]]:
        """Yield each name with the connections in use and the most that there can be; None for a pool that is gone."""
        with self._lock:
            watched = list(self._watched.items())
        for name, (reference, reader) in watched:
            pool = reference()
            if pool is None:
                with self._lock:
                    self._watched.pop(name, None)
                yield name, None
            elif (reading := _read(pool, reader)) is not None:
                yield name, reading


def _reader(pool: Any) -> Callable[[Any], _Reading] | None:
    if _counts(getattr(pool, "pool", None)):
        return _read_engine
    if _counts(pool):
        return _read_queue
    if hasattr(pool, "get_stats") and hasattr(pool, "max_size"):
        return _read_psycopg
    return None


def _counts(pool: object) -> bool:
    return all(hasattr(pool, method) for method in ("checkedout", "size", "overflow"))


def _read(pool: Any, reader: Callable[[Any], _Reading]) -> _Reading | None:
    try:
        return reader(pool)
    except Exception:  # noqa: BLE001 - a pool that cannot be read costs its numbers, not the page
        return None


def _read_engine(engine: Any) -> _Reading:
    # The engine has another pool after each dispose().
    return _read_queue(engine.pool)


def _read_queue(pool: Any) -> _Reading:
    # SQLAlchemy publishes no limit. Without one (-1), a pool is as large as it is now.
    extra = getattr(pool, "_max_overflow", 0)
    most = pool.size() + (extra if extra >= 0 else max(0, pool.overflow()))
    return pool.checkedout(), most


def _read_psycopg(pool: Any) -> _Reading:
    stats = pool.get_stats()
    return stats.get("pool_size", 0) - stats.get("pool_available", 0), pool.max_size
