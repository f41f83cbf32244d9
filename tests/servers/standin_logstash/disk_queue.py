"""Events on disk, in the order in which they came: the persistent queue, and the dead letters of a pipeline."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .event import Event

__all__ = ["DiskQueue"]

_SIZE = "SELECT coalesce(sum(length(CAST(body AS BLOB))), 0) FROM events"


class DiskQueue:
    """A queue that holds no more than a number of bytes. One that does not stay has no file while it is empty."""

    def __init__(self, path: Path, max_bytes: int, *, stays: bool = True) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.max_bytes = max_bytes
        self.dropped = 0
        self._path, self._stays = path, stays
        self._changed = threading.Condition()
        self._database = self._opened()
        self.size: int = self._one(_SIZE)
        self._vanish()

    def _opened(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT)")
        return database

    def _vanish(self) -> None:
        if not self._stays and not self.size:
            self._database.close()
            self._path.unlink()

    def _one(self, query: str) -> int:
        return int(self._database.execute(query).fetchone()[0])

    def __len__(self) -> int:
        with self._changed:
            return self._one("SELECT count(*) FROM events") if self.size else 0

    def put(self, events: Iterable[Event], *, wait: float | None) -> bool:
        """Store events at once; wait for space, or for so many seconds, and return whether they are on disk."""
        bodies = [json.dumps([event.data, event.metadata]) for event in events]
        added = sum(len(body.encode()) for body in bodies)
        with self._changed:
            if not self._changed.wait_for(lambda: self.size + added <= self.max_bytes or not self.size, wait):
                return False
            if not self._stays and not self.size:
                self._database = self._opened()
            self._database.execute("BEGIN")
            self._database.executemany("INSERT INTO events (body) VALUES (?)", [(body,) for body in bodies])
            self._database.execute("COMMIT")
            self.size += added
            self._changed.notify_all()
        return True

    def first(self, number: int, wait: float) -> list[tuple[int, Event]]:
        """Return the first events, with their ids; wait so many seconds for one."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.size, wait):
                return []
            rows = self._database.execute("SELECT id, body FROM events ORDER BY id LIMIT ?", (number,)).fetchall()
        return [(row, _event(*json.loads(body))) for row, body in rows]

    def remove(self, ids: Iterable[int]) -> None:
        """Remove events, which are elsewhere now."""
        rows = [(row,) for row in ids]
        with self._changed:
            self._database.execute("BEGIN")
            self._database.executemany("DELETE FROM events WHERE id = ?", rows)
            self._database.execute("COMMIT")
            self.size = self._one(_SIZE)
            self._vanish()
            self._changed.notify_all()

    def close(self) -> None:
        """Close the file."""
        with self._changed:
            self._database.close()


def _event(data: dict[str, Any], metadata: dict[str, Any]) -> Event:
    return Event(data, metadata)
