# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal when it cannot be written, and when it is of another version."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal import schema
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.entries import Entries
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.schema import (
    VERSIONS,
    JournalError,
    opened,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.writer import Journal
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.state import windows
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    listing,
    named,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake


def heartbeat(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT OR REPLACE INTO open_heartbeat VALUES (1, 0)")


def test_what_arrives_together_is_committed_together(intake: Intake) -> None:
    begun, free = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        begun.set()
        assert free.wait(10)

    first = intake.journal.write(slow)
    assert begun.wait(10)
    others = [intake.journal.write(heartbeat) for _number in range(100)]
    free.set()
    for one in (first, *others):
        one.result(10)
    assert intake.journal.measures.commits == 2


@pytest.mark.parametrize("failure", [ValueError("no"), sqlite3.IntegrityError("no")])
def test_a_write_that_fails_by_itself_is_undone_alone(intake: Intake, failure: Exception) -> None:
    def failing(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO incident (at, source) VALUES (0, 'x')")
        raise failure

    writes = [intake.journal.write(one) for one in (heartbeat, failing, heartbeat)]
    assert writes[0].result(10) is writes[2].result(10) is None
    with pytest.raises(type(failure)):
        writes[1].result(10)
    assert intake.incidents("all") == []
    assert not intake.journal.measures.failing


def test_a_write_that_nobody_waits_for_any_more_is_left_out(intake: Intake) -> None:
    free = threading.Event()
    first = intake.journal.write(lambda _connection: free.wait(10))
    while not first.running():
        pass
    second = intake.journal.write(heartbeat)
    assert second.cancel()
    free.set()
    assert first.result(10)
    assert (
        intake.journal.write(lambda connection: connection.execute("SELECT 1 FROM open_heartbeat").fetchall()).result(
            10
        )
        == []
    )


@pytest.mark.parametrize("table", ["incident", "episode", "event", "report"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET at = 0"])
def test_what_happened_cannot_be_changed(intake: Intake, table: str, statement: str) -> None:
    intake.notify(notified(named()))
    with pytest.raises(sqlite3.IntegrityError, match="is kept"):
        intake.journal.write(lambda connection: _with_report(connection).execute(statement.format(table))).result(10)
    assert intake.open() == (1, 1)


def _with_report(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("INSERT INTO report (at, source, service, text) VALUES (1, 'a', 'b', 'c')")
    return connection


def full(intake: Intake) -> Callable[[], object]:
    """Have no page left for the journal; the result makes room again."""

    def limited(pages: int) -> Callable[[], object]:
        return lambda: intake.journal.write(
            lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
        ).result(10)

    limited(1)()  # which is what it has now
    return lambda: None


def locked(intake: Intake) -> Callable[[], object]:
    """Have another process hold the journal; the result ends that."""
    other = sqlite3.connect(intake.journal.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other.close


def corrupt(intake: Intake) -> Callable[[], object]:
    """Have something else in the file; the result puts the journal back."""
    intake.journal.close()
    content = intake.journal.path.read_bytes()
    intake.journal.path.write_bytes(b"\xff" * len(content))
    intake.journal = Journal(intake.journal.path.parent)
    return lambda: intake.journal.path.write_bytes(content)


@pytest.mark.parametrize("fault", [full, locked, corrupt])
def test_what_cannot_be_written_is_not_acknowledged_and_later_is(
    intake: Intake, fault: Callable[[Intake], Callable[[], object]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    intake.notify(notified(named("Before")))
    end = fault(intake)
    alerts = [notified(named(f"Host{number}", host="x" * 4000)) for number in range(10)]
    with pytest.raises(JournalError, match=r"The journal cannot be written: .*(full|locked|not a database)"):
        intake.notify(*alerts)
    assert intake.journal.measures.failing
    end()
    assert intake.notify(*alerts) == {"opened": 10}
    assert not intake.journal.measures.failing
    assert [record.levelname for record in caplog.records if "journal" in record.name] == ["ERROR", "INFO"]
    assert len(intake.incidents()) == 2


def test_damage_is_a_failure_until_all_can_be_read_again(intake: Intake) -> None:
    intake.notify(notified(named()))
    intake.journal.close()
    whole = intake.journal.path.read_bytes()
    connection = sqlite3.connect(intake.journal.path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'episode'").fetchone()
    connection.close()
    damaged = bytearray(whole)
    damaged[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    intake.journal.path.write_bytes(damaged)
    intake.journal = Journal(intake.journal.path.parent)
    intake.journal.write(heartbeat).result(10)  # which has a page of its own
    said = "malformed.*stop the service, restore the journal from a backup or move its files away, and start it"
    with pytest.raises(JournalError, match=said):
        intake.notify(notified(named()))
    with pytest.raises(JournalError, match=said):
        intake.journal.write(heartbeat).result(10)
    for file in intake.journal.path.parent.glob("journal.sqlite-*"):
        file.unlink()
    intake.journal.path.write_bytes(whole)
    assert intake.notify(notified(named())) == {"repeated": 1}
    assert not intake.journal.measures.failing


def test_a_journal_that_cannot_be_read_is_named(intake: Intake) -> None:
    with pytest.raises(JournalError, match="The journal cannot be read: unable to open"):
        intake.incidents()


def test_two_processes_do_not_write_one_journal(intake: Intake) -> None:
    with pytest.raises(JournalError, match="Another process writes the journal"):
        Journal(intake.journal.path.parent)


def test_a_journal_of_a_newer_release_is_left_alone(intake: Intake) -> None:
    intake.notify(notified(named()))
    intake.journal.write(lambda connection: connection.execute("PRAGMA user_version = 99")).result(10)
    intake.journal.close()
    intake.journal = Journal(intake.journal.path.parent)
    with pytest.raises(
        JournalError, match=f"has version 99, written by a newer release; this one knows {len(VERSIONS)}"
    ):
        intake.notify(notified(named()))
    connection = sqlite3.connect(intake.journal.path)
    assert connection.execute("SELECT count(*) FROM episode").fetchone() == (1,)
    connection.close()


def test_an_upgrade_keeps_open_incidents(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    intake.notify(notified(named()))
    intake.journal.close()
    wrong = (*VERSIONS, "CREATE TABLE step (id INTEGER PRIMARY KEY); CREATE TABLE incident (id INTEGER);")
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        opened(intake.journal.path, wrong)
    newer = (*VERSIONS, "CREATE TABLE step (id INTEGER PRIMARY KEY);")
    opened(intake.journal.path, newer).close()
    monkeypatch.setattr(schema, "VERSIONS", newer)
    intake.journal = journal_of(intake, newer, monkeypatch)
    intake.now = NOW + 10
    assert intake.notify(notified(named())) == {"repeated": 1}
    intake.now += 600
    assert intake.reconcile([]) == {"closed": 1}
    assert intake.notify(notified(named(), NOW + 500)) == {"opened": 1}


def test_what_people_do_is_added_to_a_journal_of_the_first_version(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.journal.close()
    intake.journal = journal_of(intake, VERSIONS[:1], monkeypatch)
    intake.notify(notified(named(team="sales")))
    intake.journal.close()
    monkeypatch.undo()
    intake.journal = Journal(intake.journal.path.parent)
    assert intake.act("acknowledge")["holder"]["person"] == "anna"
    assert intake.incident(1)["holder"]["took_over"] is False


def test_windows_of_a_journal_that_had_no_planned_ones_are_open(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.journal.close()
    intake.journal = journal_of(intake, VERSIONS[:4], monkeypatch)
    insert = "INSERT INTO open_window VALUES (1, ?, 'freeze', '', '', 'anna', 'audit', ?)"

    def write(connection: sqlite3.Connection) -> None:
        Entries(connection, NOW, "user anna").event("window_opened", detail={})
        connection.execute(insert, (NOW, NOW + 60))

    intake.journal.write(write).result(10)
    intake.journal.close()
    monkeypatch.undo()
    intake.journal = Journal(intake.journal.path.parent)
    intake.journal.write(lambda _connection: None).result(10)
    with intake.reader.connected() as connection:
        (window,) = windows(connection, NOW + 1)
    assert (window["starts_at"], window["state"]) == (window["at"], "open")


def journal_of(intake: Intake, versions: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Journal:
    """Return the journal as a release with these versions opens it."""
    monkeypatch.setattr(f"{Journal.__module__}.opened", lambda path, **_how: opened(path, versions))
    return Journal(intake.journal.path.parent)


def test_an_alert_takes_at_most_five_kilobytes(intake: Intake) -> None:
    labels: dict[str, Any] = {f"label{number}": "x" * 40 for number in range(10)}
    annotations = dict.fromkeys(("summary", "description", "runbook_url"), "y" * 300)
    alerts = [named(f"Alert{number}", service=f"s{number}", **labels) for number in range(300)]
    intake.notify(*(notified(one, annotations=annotations) for one in alerts))
    for silenced_by in (["s1"], []):
        intake.reconcile([listing(one, silenced_by=silenced_by) for one in alerts])
    for _member in range(2):
        intake.notify(*(notified(one, ended_at=NOW + 5) for one in alerts))
    intake.reconcile([], asked_ago=-1)
    assert intake.open() == (0, 0)
    folder = intake.journal.path.parent
    intake.journal.close()
    assert intake.journal.path.stat().st_size / len(alerts) < 5000
    intake.journal = Journal(folder)
