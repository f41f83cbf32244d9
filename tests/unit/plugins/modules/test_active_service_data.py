# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases that change the data of the one before: what it has left is copied first, and comes back with it."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.vigil.observability.plugins.modules import active_service
from ansible_collections.vigil.observability.tests.unit.plugins.modules.test_active_service_interrupted import (
    run_killed,
    run_until_the_end,
)

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.unit.plugins.modules.conftest import Host

Activate = Callable[..., Any]


@pytest.fixture
def migrating(host: Host) -> Host:
    """Return a host whose releases write to the database when they start."""
    host.migrates = True
    return host


@pytest.fixture
def activate(migrating: Host, run_module: Callable[..., Any]) -> Activate:
    """A function that lets the service of the host be as the changed options say."""

    def run(release: str = "1.0.0", config: str | None = "one", *, check: bool = False, **changed: Any) -> Any:
        return run_module(active_service, check=check, diff=True, **options(migrating, release, config, **changed))

    return run


def options(host: Host, release: str, config: str | None = "one", **changed: Any) -> dict[str, Any]:
    return host.options(release, config, **{"data_copy": {"path": str(host.database)}, **changed})


def copies(host: Host) -> list[str]:
    """Return what is in each copy of the database, the oldest first."""
    found = sorted((host.root / "records/demo-data").glob("*/demo.db"))
    return [path.read_text() for path in found]


def test_first_installation_has_nothing_to_copy(migrating: Host, activate: Activate) -> None:
    assert not activate()["failed"]
    assert (migrating.database.read_text(), copies(migrating)) == ("1.0.0 ", [])


def test_another_release_finds_a_copy_of_the_data_made_that_only_root_reads(
    migrating: Host, activate: Activate
) -> None:
    activate()
    activate("2.0.0")
    assert migrating.database.read_text() == "1.0.0 2.0.0 "
    assert copies(migrating) == ["1.0.0 "]
    folder = migrating.root / "records/demo-data"
    found = {path: path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}
    assert {mode for path, mode in found.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in found.items() if path.is_file()} == {0o600}
    assert migrating.record["copy"] is None


def test_same_release_copies_nothing_when_it_is_configured_anew(migrating: Host, activate: Activate) -> None:
    activate()
    assert activate(config="two")["action"] == "reloaded"
    assert activate(config="two", description="Another")["action"] == "restarted"
    assert not activate(config="two", description="Another")["changed"]
    assert copies(migrating) == []


def test_two_copies_are_kept(migrating: Host, activate: Activate) -> None:
    for version in ("1.0.0", "2.0.0", "3.0.0", "4.0.0"):
        activate(version)
    assert copies(migrating) == ["1.0.0 2.0.0 ", "1.0.0 2.0.0 3.0.0 "]


@pytest.mark.parametrize("behavior", ["crash", "never ready"])
def test_release_that_changes_the_data_and_does_not_serve_is_taken_back_with_the_data(
    migrating: Host, activate: Activate, behavior: str
) -> None:
    activate()
    Path(f"{migrating.database}-journal").write_text("of a process that was killed")
    migrating.release("2.0.0", behavior)
    result = activate("2.0.0", start_timeout=1)
    assert "Rolled back to demo 1.0.0, which is healthy. Its data was restored from" in result["msg"]
    assert result["rolled_back"]
    # The old release has started once more since.
    assert migrating.database.read_text() == "1.0.0 1.0.0 "
    assert Path(f"{migrating.database}-journal").read_text() == "of a process that was killed"
    assert (migrating.record["copy"], migrating.record["proven"]) == (None, True)
    assert not activate()["changed"]


def test_what_the_failed_release_left_beside_the_database_goes(migrating: Host, activate: Activate) -> None:
    activate()
    migrating.release("2.0.0", "crash")
    beside = Path(f"{migrating.database}-wal")
    # The copy is made while the service is stopped: what is there then is the old release's.
    program = Path(migrating.options("2.0.0")["release"], "server")
    program.write_text(program.read_text().replace("migrates = ", f"Path({str(beside)!r}).touch()\nmigrates = "))
    assert activate("2.0.0")["rolled_back"]
    assert not beside.exists()


def test_check_shows_that_a_copy_will_be_made(migrating: Host, activate: Activate) -> None:
    activate()
    options(migrating, "2.0.0")
    before = migrating.snapshot()
    parts = activate("2.0.0", check=True)["diff"]
    assert parts[-1]["after"] == f"a copy of {migrating.database}\n"
    assert migrating.snapshot() == before


def test_data_without_a_record_is_copied_and_comes_back_when_the_installation_fails(
    migrating: Host, activate: Activate
) -> None:
    migrating.database.parent.mkdir()
    migrating.database.write_text("kept ")
    migrating.release("1.0.0", "crash")
    result = activate()
    assert "so its unit and links were removed. Its data was restored from" in result["msg"]
    assert migrating.database.read_text() == "kept "


def test_no_room_for_a_copy_is_refused_before_anything_is_stopped(
    migrating: Host, activate: Activate, full_disk: Path
) -> None:
    records = str(full_disk)
    activate(records_dir=records)
    with migrating.database.open("ab") as file:
        file.truncate(shutil.disk_usage(full_disk).free + 1)
    process = migrating.process()
    result = activate("2.0.0", records_dir=records)
    assert (
        "demo was not touched. Another release may change the data, and there is not enough space to copy"
        in result["msg"]
    )
    assert f"are free on the file system of {full_disk}. Free up space there and run again" in result["msg"]
    assert migrating.process() == process


def test_copy_that_fails_lets_the_old_release_serve_again(migrating: Host, activate: Activate) -> None:
    activate()
    folder = migrating.root / "records/demo-data"
    folder.write_text("in the way")
    result = activate("2.0.0")
    assert f"at {folder}" in result["msg"]
    assert "Rolled back to demo 1.0.0, which is healthy" in result["msg"]
    assert migrating.serves() == "1.0.0 one"
    assert migrating.record["proven"]


def commands(host: Host, *, restore: bool) -> dict[str, list[str]]:
    """Return the option for a database that is copied by commands of the operator."""
    found = {"command": ["cp", str(host.database), "{dir}/dump"]}
    return found | ({"restore": ["cp", "{dir}/dump", str(host.database)]} if restore else {})


def test_data_is_copied_and_restored_by_commands(migrating: Host, activate: Activate) -> None:
    data_copy = commands(migrating, restore=True)
    migrating.database.parent.mkdir()
    migrating.database.write_text("")
    activate(data_copy=data_copy)
    migrating.release("2.0.0", "crash")
    assert activate("2.0.0", data_copy=data_copy)["rolled_back"]
    assert migrating.database.read_text() == "1.0.0 1.0.0 "
    activate("3.0.0", data_copy=data_copy)
    copy = max((migrating.root / "records/demo-data").glob("*-1.0.0"))
    assert (copy / "dump").read_text() == "1.0.0 1.0.0 "


def test_without_a_command_that_restores_it_is_said_what_to_restore(migrating: Host, activate: Activate) -> None:
    data_copy = commands(migrating, restore=False)
    migrating.database.parent.mkdir()
    migrating.database.write_text("")
    activate(data_copy=data_copy)
    migrating.release("2.0.0", "crash")
    result = activate("2.0.0", data_copy=data_copy)
    (copy,) = (migrating.root / "records/demo-data").glob("*-1.0.0")
    assert not result["rolled_back"]
    assert f"Restore the data from {copy}, then deploy 1.0.0 again" in result["msg"]
    shutil.copy(copy / "dump", migrating.database)
    assert not activate(data_copy=data_copy)["failed"]
    assert migrating.database.read_text() == "1.0.0 1.0.0 "


def test_command_that_fails_is_shown_with_its_words_and_nothing_is_switched(
    migrating: Host, activate: Activate
) -> None:
    activate()
    result = activate("2.0.0", data_copy={"command": ["cp", "/nowhere/dump", "{dir}"]})
    assert "the command to copy the data, cp /nowhere/dump" in result["msg"]
    assert "cannot stat '/nowhere/dump'" in result["msg"]
    assert (result["rolled_back"], migrating.serves()) == (True, "1.0.0 one")


def test_data_that_cannot_be_put_back_is_said(migrating: Host, activate: Activate) -> None:
    activate()
    migrating.release("2.0.0", "crash")
    data_copy = {"command": ["cp", str(migrating.database), "{dir}/dump"], "restore": ["false"]}
    result = activate("2.0.0", data_copy=data_copy)
    assert "Rollback to demo 1.0.0 failed: the command to restore the data" in result["msg"]
    assert migrating.record["copy"]["restoring"]


def test_data_of_an_earlier_installation_that_cannot_be_put_back_is_said(migrating: Host, activate: Activate) -> None:
    migrating.release("1.0.0", "crash")
    result = activate(data_copy={"command": ["true"], "restore": ["false"]})
    assert "Restoring data of an earlier installation failed" in result["msg"]


@pytest.mark.every_step
def test_upgrade_killed_at_any_point_is_finished_or_taken_back_with_the_data(
    migrating: Host, run_module: Callable[..., Any]
) -> None:
    old, new = options(migrating, "1.0.0"), options(migrating, "2.0.0")

    def prepare() -> None:
        migrating.database.unlink(missing_ok=True)
        assert not run_module(active_service, **old)["failed"]
        migrating.database.write_text("1.0.0 ")

    def repeated_run_converges(last: int) -> None:
        reboot(migrating)
        proven = migrating.record["active"]["version"] == "2.0.0"
        if last % 2 or proven:
            assert not run_module(active_service, **new)["failed"], f"killed before step {last}"
            assert (migrating.serves(), migrating.database.read_text().split()[0]) == ("2.0.0 one", "1.0.0")
            assert all("2.0.0" not in copy for copy in copies(migrating))
        else:
            assert not run_module(active_service, **old)["failed"], f"killed before step {last}"
            assert migrating.serves() == "1.0.0 one"
            assert "2.0.0" not in migrating.database.read_text(), f"killed before step {last}"
        assert (migrating.record["copy"], migrating.record["proven"]) == (None, True)
        shutil.rmtree(migrating.root / "records/demo-data", ignore_errors=True)

    assert run_until_the_end(new, prepare, repeated_run_converges) > 20


def test_killed_upgrade_that_fails_when_it_is_repeated_brings_the_first_data_back(
    migrating: Host, activate: Activate
) -> None:
    activate()
    migrating.release("2.0.0", "crash")
    (migrating.systemd / "kill-restart").write_text("")
    assert run_killed(options(migrating, "2.0.0"), 1000) == -signal.SIGKILL
    assert "2.0.0" in eventually(migrating.database)
    assert activate("2.0.0")["rolled_back"]
    assert migrating.database.read_text() == "1.0.0 1.0.0 "


def test_third_release_after_a_killed_upgrade_starts_on_the_data_of_the_first(
    migrating: Host, activate: Activate
) -> None:
    activate()
    migrating.release("2.0.0")
    (migrating.systemd / "kill-restart").write_text("")
    assert run_killed(options(migrating, "2.0.0"), 1000) == -signal.SIGKILL
    assert "2.0.0" in eventually(migrating.database)
    migrating.release("1.5.0", "crash")
    result = activate("1.5.0")
    assert result["rolled_back"]
    assert migrating.database.read_text() == "1.0.0 1.0.0 "
    assert activate("1.6.0")["action"] == "restarted"
    assert migrating.database.read_text() == "1.0.0 1.0.0 1.6.0 "


def test_restore_that_was_killed_is_finished_by_the_next_run(migrating: Host, activate: Activate) -> None:
    activate()
    migrating.release("2.0.0", "crash")
    (migrating.systemd / "kill-restart").write_text("")
    assert run_killed(options(migrating, "2.0.0"), 1000) == -signal.SIGKILL
    eventually(migrating.database)
    (migrating.systemd / "kill-stop").write_text("")
    assert run_killed(options(migrating, "1.0.0"), 1000) == -signal.SIGKILL
    record = migrating.root / "records/demo.json"
    assert json.loads(record.read_text())["copy"]["restoring"]
    migrating.database.write_text("half of it")
    assert not activate()["failed"]
    assert migrating.database.read_text() == "1.0.0 1.0.0 "


def test_copy_of_a_release_that_never_came_is_dropped(migrating: Host, activate: Activate) -> None:
    activate()
    (migrating.systemd / "kill-stop").write_text("")
    assert run_killed(options(migrating, "2.0.0"), 1000) == -signal.SIGKILL
    record = migrating.root / "records/demo.json"
    found = json.loads(record.read_text())
    found["copy"] = {"path": "/nowhere", "coming": str(migrating.root / "releases/2.0.0"), "restoring": False}
    record.write_text(json.dumps(found))
    assert not activate()["failed"]
    assert (migrating.serves(), migrating.record["copy"]) == ("1.0.0 one", None)


def reboot(host: Host) -> None:
    """Let the service start as at boot, before the next run: a release that was coming may run then."""
    subprocess.run(["systemctl", "restart", "demo.service"], check=True)
    for _attempt in range(100):
        with contextlib.suppress(OSError):
            host.serves()
            return
        time.sleep(0.05)


def eventually(database: Path) -> str:
    """Return what is in the database once a second release has started on it."""
    for _attempt in range(100):
        if len(database.read_text().split()) > 1:
            break
        time.sleep(0.05)
    return database.read_text()
