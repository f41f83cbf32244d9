# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the journal, and how an older journal gets those of this version.

What happened is in tables that refuse every change of a row. What is true now is in the tables `open_*`, which can be
made anew from the others and change in the same transactions.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["VERSIONS", "JournalError", "is_damaged", "opened", "read_only", "remedy"]

_KEPT = ("incident", "episode", "event", "report")
_PATIENCE = 2.0  # seconds that another process may lock the file
_PRIMARY = 0xFF  # bits of an error code of SQLite that say of what kind it is
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# What people have to do; the service goes on by itself after it.
_REMEDIES = {
    sqlite3.SQLITE_FULL: "free space on its disk",
    sqlite3.SQLITE_BUSY: "end the program that reads or copies it",
    **dict.fromkeys(
        _DAMAGED, "stop the service, restore the journal from a backup or move its files away, and start it"
    ),
}
_TABLES = """
CREATE TABLE incident (id INTEGER PRIMARY KEY, at REAL NOT NULL, source TEXT NOT NULL);
CREATE TABLE episode (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, incident INTEGER NOT NULL REFERENCES incident (id),
  fingerprint TEXT NOT NULL, labels TEXT NOT NULL, annotations TEXT NOT NULL, generator TEXT NOT NULL,
  starts_at REAL NOT NULL, service TEXT NOT NULL, host TEXT NOT NULL, joined_because TEXT NOT NULL
);
CREATE INDEX episode_of_fingerprint ON episode (fingerprint, id);
CREATE INDEX episode_of_incident ON episode (incident);
CREATE INDEX episode_of_service ON episode (service, incident);
CREATE INDEX episode_of_host ON episode (host, incident);
CREATE TABLE event (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
  incident INTEGER REFERENCES incident (id), episode INTEGER REFERENCES episode (id), detail TEXT NOT NULL
);
CREATE INDEX event_of_incident ON event (incident, id);
CREATE INDEX event_of_episode ON event (episode, id);
CREATE TABLE report (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, source TEXT NOT NULL, service TEXT NOT NULL, text TEXT NOT NULL,
  incident INTEGER REFERENCES incident (id)
);
CREATE INDEX report_of_incident ON report (incident);
CREATE TABLE open_incident (incident INTEGER PRIMARY KEY REFERENCES incident (id), joined_at REAL NOT NULL);
CREATE TABLE open_episode (
  fingerprint TEXT PRIMARY KEY, episode INTEGER NOT NULL UNIQUE REFERENCES episode (id),
  starts_at REAL NOT NULL, noticed_at REAL NOT NULL, resolved_at REAL, muted TEXT NOT NULL
);
CREATE TABLE open_heartbeat (id INTEGER PRIMARY KEY CHECK (id = 1), at REAL NOT NULL);
"""
_GUARDS = "".join(
    f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is kept'); END;"
    for table in _KEPT
    for verb in ("UPDATE", "DELETE")
)
# Who works on an open incident, who stopped all automation, and windows in which it leaves something alone.
_PEOPLE = """
CREATE TABLE open_holder (
  incident INTEGER PRIMARY KEY REFERENCES open_incident (incident) ON DELETE CASCADE,
  person TEXT NOT NULL, at REAL NOT NULL, took_over INTEGER NOT NULL
);
CREATE TABLE open_stop (
  id INTEGER PRIMARY KEY CHECK (id = 1), at REAL NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE open_window (
  id INTEGER PRIMARY KEY REFERENCES event (id), at REAL NOT NULL, kind TEXT NOT NULL, service TEXT NOT NULL,
  host TEXT NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL, ends_at REAL NOT NULL
);
"""
# Decisions of the last days are asked for again and again.
_RUNS = "".join(f"CREATE INDEX event_{kind} ON event (at) WHERE kind = '{kind}';" for kind in ("decided", "verified"))
# Which annotation an incident has is asked of all of them.
_ANNOTATIONS = "CREATE INDEX event_annotated ON event (incident, id) WHERE kind = 'annotated';"
# A window that was opened before could not be planned: it began at once.
_PLANNED = """
ALTER TABLE open_window ADD COLUMN starts_at REAL NOT NULL DEFAULT 0;
UPDATE open_window SET starts_at = at;
"""
# Runbooks that were lowered from `full` after runs that did not help, or that a person has raised since, at that time.
_TRUST = """
CREATE TABLE open_trust (
  runbook TEXT PRIMARY KEY, at REAL NOT NULL, lowered INTEGER NOT NULL, reason TEXT NOT NULL
);
"""
# What each version of the journal adds to the one before it; the number of a version is its place.
VERSIONS: tuple[str, ...] = (_TABLES + _GUARDS, _PEOPLE, _RUNS, _ANNOTATIONS, _PLANNED, _TRUST)


class JournalError(Exception):
    """The journal cannot be written or read, for the reason in the message."""


def remedy(error: Exception) -> str:
    """Return what people have to do about an error of SQLite, an empty text where nothing is known to help."""
    found = _REMEDIES.get(_kind(error), "")
    return f" ({found})" if found else ""


def is_damaged(error: Exception) -> bool:
    """Return whether an error says that what is in the file is not what was written."""
    return _kind(error) in _DAMAGED


def _kind(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY


def opened(path: Path, versions: tuple[str, ...] = VERSIONS, *, whole: bool = False) -> sqlite3.Connection:
    """Return a connection that writes the journal, with its tables, with `whole` only if all of the file can be read.

    Raises JournalError, sqlite3.Error.
    """
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {setting}").fetchall()
        if whole:
            _check(connection)
        _upgrade(connection, versions)
    except BaseException:
        connection.close()
        raise
    connection.row_factory = sqlite3.Row
    return connection


def read_only(path: Path) -> sqlite3.Connection:
    """Return a connection that reads the journal, while it is written or not. Raises sqlite3.Error."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Refuse a file of which not all can be read. Raises sqlite3.Error."""
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        error = sqlite3.DatabaseError("database disk image is malformed")  # as SQLite says it
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _upgrade(connection: sqlite3.Connection, versions: tuple[str, ...]) -> None:
    """Add what is missing, all of it or nothing."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > len(versions):
        raise JournalError(
            f"The journal has version {found}, written by a newer release; this one knows {len(versions)}."
        )
    if found < len(versions):
        missing = "".join(versions[found:])
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {missing} PRAGMA user_version={len(versions)}; COMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.rollback()
            raise
