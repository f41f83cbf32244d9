# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one thread that writes the journal: what has arrived together is committed together."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from .schema import JournalError, is_damaged, opened, remedy

__all__ = ["Journal", "Measures"]

_LOG = logging.getLogger(__name__)
_TOGETHER = 500  # writes of one commit
# What SQLite refuses in one write, while it can go on with the others.
_OF_ONE_WRITE = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
Result = TypeVar("Result")
Write = Callable[[sqlite3.Connection], Any]


@dataclass
class Measures:
    """What the writer has done since the start, and why it cannot write now, if so. `seconds` are those of commits."""

    commits: int = 0
    failures: int = 0
    seconds: float = 0.0
    last_commit: float = 0.0
    failing: str = ""


class Journal:
    """A journal of a directory. One that cannot be written is opened anew for each write, until it can be."""

    def __init__(self, folder: Path) -> None:
        """Take the journal for this process. Raises JournalError when another one has it."""
        self.path = folder / "journal.sqlite"
        self.measures = Measures()
        self._lock = os.open(folder / "journal.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise JournalError(f"Another process writes the journal {self.path}.") from None
        self._connection: sqlite3.Connection | None = None
        self._damaged = False
        self._waiting: SimpleQueue[tuple[Write, Future[Any]] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def write(self, write: Callable[[sqlite3.Connection], Result]) -> Future[Result]:
        """Return the result of a write once it is on the disk, or JournalError.

        A write that raises something itself is undone alone, and raises that.
        """
        future: Future[Result] = Future()
        self._waiting.put((write, future))
        return future

    def close(self) -> None:
        """Write what waits, and leave the journal to others."""
        self._waiting.put(None)
        self._thread.join()
        self._disconnect()
        os.close(self._lock)

    def _work(self) -> None:
        while batch := self._batch():
            begun = time.monotonic()
            try:
                results = self._committed([write for write, _future in batch])
            except Exception as error:  # noqa: BLE001 - the thread has to outlive whatever it was
                reason = f"{error}{remedy(error)}"
                # Another write may well find undamaged pages; that it does is not the end of the failure.
                self._damaged = is_damaged(error)
                self._report(reason)
                self._disconnect()
                for _write, future in batch:
                    future.set_exception(JournalError(f"The journal cannot be written: {reason}"))
                continue
            self._report("")
            self.measures.commits += 1
            self.measures.seconds += time.monotonic() - begun
            self.measures.last_commit = time.time()
            for (_write, future), (result, failure) in zip(batch, results, strict=True):
                if failure is None:
                    future.set_result(result)
                else:
                    future.set_exception(failure)

    def _batch(self) -> list[tuple[Write, Future[Any]]]:
        """Return what waits, after waiting for something; nothing at the end."""
        batch: list[tuple[Write, Future[Any]]] = []
        while not batch or (len(batch) < _TOGETHER and not self._waiting.empty()):
            one = self._waiting.get()
            if one is None:
                if batch:
                    self._waiting.put(None)
                break
            if one[1].set_running_or_notify_cancel():
                batch.append(one)
        return batch

    def _committed(self, writes: list[Write]) -> list[tuple[Any, Exception | None]]:
        if self._connection is None:
            self._connection = opened(self.path, whole=self._damaged)
            self._damaged = False
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        results = [_alone(connection, write) for write in writes]
        connection.execute("COMMIT")
        return results

    def _report(self, failure: str) -> None:
        """Log a failure when it begins, and its end."""
        self.measures.failures += bool(failure)
        before, self.measures.failing = self.measures.failing, failure
        if failure and failure != before:
            _LOG.error("The journal %s cannot be written: %s", self.path, failure)
        elif before and not failure:
            _LOG.info("The journal %s is written again", self.path)

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _alone(connection: sqlite3.Connection, write: Write) -> tuple[Any, Exception | None]:
    """Return the result of a write, or what it raised, undone. Raises sqlite3.Error when the journal has failed."""
    connection.execute("SAVEPOINT one")
    try:
        result, failure = write(connection), None
    except Exception as error:
        if isinstance(error, sqlite3.Error) and not isinstance(error, _OF_ONE_WRITE):
            raise
        connection.execute("ROLLBACK TO one")
        result, failure = None, error
    connection.execute("RELEASE one")
    return result, failure
