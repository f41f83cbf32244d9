"""Takes the disk, the lock and the content of its journal from a real engine, and requires that nothing is lost.

The journal is on a file system of its own that gets full, another process locks it, and pages of it are overwritten.
What cannot be kept is not acknowledged, health and metrics say so, and a real Alertmanager sends it again. A journal of
a newer release is left as it is.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.tests.live.incident_intake import Alertmanager, alert, named, send
from ansible_collections.vigil.observability.tests.live.incident_intake import await_that as await_within
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import named as labels_of
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import notified, webhook
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine

ALERTMANAGER = "0.31.1"
SIZE = 4 * 2**20  # bytes of the file system
await_that = partial(await_within, patience=90.0)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Yield a file system of its own, in memory, so that it can be full."""
    place = folder / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


class Kept:
    """An engine, its journal, and the alerts that it has acknowledged."""

    def __init__(self, engine: Engine, disk: Path) -> None:
        self.engine, self.disk, self.journal = engine, disk, disk / "journal.sqlite"
        self.acknowledged: list[str] = []

    def notify(self) -> tuple[int, str]:
        """Send a new alert, and return the status of the answer with its reason."""
        name = f"Kept{time.monotonic_ns()}"
        told = webhook(notified(labels_of(name, service=name), time.time(), annotations={"summary": "x" * 2000}))
        answer = self.engine.post(told)
        if answer.status_code == 200:
            self.acknowledged.append(name)
        return answer.status_code, answer.json().get("error", "")

    def require_failing(self, reason: str) -> None:
        """Require that nothing is acknowledged, for a reason that all of those who look get to know."""
        failures = self.engine.metric("incident_response_journal_failures_total") or 0
        await_that("an alert is refused", lambda: self.notify()[0] == 503)
        status, why = self.notify()
        assert (status, reason in why) == (503, True), why
        assert (self.engine.metric("incident_response_journal_failures_total") or 0) > failures
        health = self.engine.get("/-/healthy")
        assert (health.status_code, reason in health.json()["error"]) == (503, True), health.text
        assert reason in self.engine.log()

    def require_whole(self) -> None:
        """Require that it goes on by itself, with all that it has acknowledged, each once."""
        await_that("it is healthy", lambda: self.engine.get("/-/healthy").status_code == 200)
        assert self.notify()[0] == 200
        with closing(sqlite3.connect(f"{self.journal.as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT json_extract(labels, '$.alertname') FROM episode").fetchall()
        kept = [name for (name,) in rows]
        assert [kept.count(name) for name in self.acknowledged] == [1] * len(self.acknowledged), self.acknowledged


def require_full_disk(kept: Kept, member: Alertmanager) -> None:
    """Require that a full disk loses nothing, also over a kill -9, and that room for it is all that it needs."""
    filler = kept.disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    kept.require_failing("database or disk is full (free space on its disk)")
    send([member], alert("SentWhileFull", service="full"))
    kept.engine.stop(signal.SIGKILL)
    kept.engine.start()
    kept.require_failing("full")
    assert kept.engine.get("/api/incidents?state=all").status_code in {200, 503}
    filler.unlink()
    kept.require_whole()
    await_that("the Alertmanager sends it again", lambda: named(kept.engine, "SentWhileFull")["state"] == "firing")


def require_lock(kept: Kept) -> None:
    """Require that a journal which another process has locked is written once it is free."""
    with closing(sqlite3.connect(kept.journal, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        kept.require_failing("database is locked (end the program that reads or copies it)")
    kept.require_whole()


def require_damage(kept: Kept) -> None:
    """Require that a journal with damaged pages is refused until the files are restored, whatever is still readable."""
    kept.engine.stop()
    whole = kept.journal.read_bytes()
    with closing(sqlite3.connect(kept.journal)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'episode'").fetchone()
    with kept.journal.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    kept.engine.start()
    what = "stop the service, restore the journal from a backup or move its files away, and start it"
    kept.require_failing(what)
    # A write that needs none of the damaged pages, such as each reconciliation, does not hide it.
    time.sleep(1)
    assert kept.engine.get("/-/healthy").status_code == 503
    kept.engine.stop()
    remove(kept.journal)
    kept.journal.write_bytes(whole)
    kept.engine.start()
    kept.require_whole()


def require_lost(kept: Kept) -> None:
    """Require that what is no journal any more is replaced by a new one, which finds what still fires."""
    kept.engine.stop()
    kept.journal.write_bytes(b"\x00\xff" * 8192)
    kept.engine.start()
    kept.require_failing("file is not a database (stop the service")
    kept.engine.stop()
    remove(kept.journal)
    kept.engine.start()
    kept.acknowledged.clear()
    kept.require_whole()
    await_that("what still fires is found", lambda: named(kept.engine, "SentWhileFull")["state"] == "firing")


def require_newer(kept: Kept) -> None:
    """Require that a journal of a newer release is refused in one sentence, and left as it is."""
    kept.engine.stop()
    with closing(sqlite3.connect(kept.journal)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before, logged = kept.journal.read_bytes(), len(kept.engine.log())
    kept.engine.start()
    kept.require_failing("The journal has version 99, written by a newer release; this one knows ")
    errors = [line for line in kept.engine.log()[logged:].splitlines() if "level=ERROR" in line]
    assert len(errors) == 1, errors
    kept.engine.stop()
    assert kept.journal.read_bytes() == before


def remove(journal: Path) -> None:
    """Remove the files of a journal."""
    for file in journal.parent.glob(f"{journal.name}*"):
        file.unlink()


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-journal-") as name, ExitStack() as stack:
        folder, begun = Path(name), time.monotonic()
        disk = stack.enter_context(small_disk(folder))
        (folder / "mon1").mkdir()
        unpack_release("alertmanager", ALERTMANAGER, folder)
        (program,) = folder.glob(f"alertmanager-{ALERTMANAGER}.*/alertmanager")
        member = Alertmanager(folder / "mon1", program)
        changed: dict[str, Any] = {"data_dir": str(disk), "reconciliation_interval": 0.5}
        engine = stack.enter_context(Engine(folder, Certificates(folder), [member.url], **changed))
        engine.start()
        member.configure(engine)
        stack.callback(member.stop)
        member.start([])
        kept = Kept(engine, disk)
        assert kept.notify()[0] == 200
        require_full_disk(kept, member)
        for require in (require_lock, require_damage, require_lost, require_newer):
            require(kept)
        print(f"incident_journal: passed in {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
