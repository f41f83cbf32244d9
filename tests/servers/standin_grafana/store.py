"""The database: JSON objects by organisation, kind and uid, in one file of SQLite or in memory."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

__all__ = ["EVERYWHERE", "NewerDatabaseError", "Store", "instant", "new_uid"]

EVERYWHERE = 0
"""The organisation of what belongs to none."""

_TABLES = """
create table if not exists migration (version text not null);
create table if not exists counter (name text primary key, value integer not null);
create table if not exists object (
    org integer not null, kind text not null, uid text not null, id integer, name text, body text not null,
    primary key (org, kind, uid)
);
create index if not exists object_id on object (kind, id);
create index if not exists object_name on object (org, kind, name);
"""
_LETTERS = string.ascii_letters + string.digits + "-_"

Object = dict[str, Any]


class NewerDatabaseError(Exception):
    """The database was written by a newer version."""


class Store:
    """Objects that outlive a request; used by one thread at a time, within `transaction`."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        # One file at any time, so that whoever copies it has all; what a crash of the machine loses is no loss here.
        self._connection.execute("pragma synchronous = off")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def migrate(self, version: str) -> str:
        """Note the version that works on this database and return the one before, empty for a new database."""
        with self.transaction():
            row = self._connection.execute("select version from migration").fetchone()
            before = str(row[0]) if row else ""
            if before and _numbers(before) > _numbers(version):
                raise NewerDatabaseError(before)
            self._connection.execute("delete from migration")
            self._connection.execute("insert into migration values (?)", (version,))
        return before

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is written within, or nothing when an exception leaves it."""
        with self._lock:
            self._connection.execute("begin")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def get(self, org: int, kind: str, uid: str) -> Object | None:
        """Return one object."""
        rows = self._read("org = ? and kind = ? and uid = ?", org, kind, uid)
        return rows[0] if rows else None

    def by_id(self, org: int, kind: str, number: int) -> Object | None:
        """Return the object whose field "id" is this number."""
        rows = self._read("org = ? and kind = ? and id = ?", org, kind, number)
        return rows[0] if rows else None

    def named(self, org: int, kind: str, name: str) -> list[Object]:
        """Return the objects that were put with this name."""
        return self._read("org = ? and kind = ? and name = ?", org, kind, name)

    def all(self, org: int, kind: str) -> list[Object]:
        """Return the objects of a kind, oldest first."""
        return self._read("org = ? and kind = ?", org, kind)

    def put(self, org: int, kind: str, uid: str, value: Object, *, name: str | None = None) -> None:
        """Write an object; a name is what `named` finds it by."""
        self._connection.execute(
            "insert into object (org, kind, uid, id, name, body) values (?, ?, ?, ?, ?, ?)"
            " on conflict do update set id = excluded.id, name = excluded.name, body = excluded.body",
            (org, kind, uid, value.get("id"), name, json.dumps(value)),
        )

    def delete(self, org: int, kind: str, uid: str) -> bool:
        """Remove an object and tell whether there was one."""
        where = (org, kind, uid)
        return self._connection.execute("delete from object where org = ? and kind = ? and uid = ?", where).rowcount > 0

    def delete_organisation(self, org: int) -> None:
        """Remove all objects of an organisation."""
        self._connection.execute("delete from object where org = ?", (org,))

    def next_id(self, counter: str) -> int:
        """Return the next number of a counter, from 1 on; a number that was given away does not come again."""
        row = self._connection.execute(
            "insert into counter values (?, 1) on conflict do update set value = value + 1 returning value", (counter,)
        ).fetchone()
        return int(row[0])

    def continue_from(self, counter: str, number: int) -> None:
        """Let the next number of a counter be this one."""
        self._connection.execute(
            "insert into counter values (?, ?) on conflict do update set value = excluded.value", (counter, number - 1)
        )

    def _read(self, where: str, *values: object) -> list[Object]:
        rows = self._connection.execute(f"select body from object where {where} order by rowid", values)  # noqa: S608
        return [json.loads(body) for (body,) in rows]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.split("[-+]", version)[0].split("."))


def new_uid() -> str:
    """Return a random uid as Grafana makes them."""
    return "".join(secrets.choice(_LETTERS) for _index in range(9))


def instant(*, fraction: bool = False) -> str:
    """Return now, in whole seconds or with nanoseconds."""
    now = datetime.now(timezone.utc)
    return now.strftime("%Y-%m-%dT%H:%M:%S") + (f".{now.microsecond * 1000 + 7:09d}Z" if fraction else "Z")
