# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services whose record is lost, damaged, or of another time: what runs stays, or comes back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.tree import mark_staged

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.unit.plugins.modules.conftest import Host

Activate = Callable[..., Any]


@pytest.fixture
def unrecorded(host: Host, activate: Activate) -> Host:
    """A host whose service runs, and whose record somebody has removed."""
    assert not activate()["failed"]
    mark_staged(host.root / "releases/1.0.0", version="1.0.0")
    lose(host)
    return host


def lose(host: Host) -> None:
    shutil.rmtree(host.root / "records")


def test_release_that_crashes_is_taken_back_where_the_record_was_lost(unrecorded: Host, activate: Activate) -> None:
    unrecorded.release("2.0.0", "crash")
    result = activate("2.0.0", "two", binaries=["server", "behavior"])
    assert result["rolled_back"]
    assert "Rolled back to demo 1.0.0, which is healthy" in result["msg"]
    assert (
        "There is no record of demo: the running deployment is taken as the last known good one." in result["warnings"]
    )
    assert (unrecorded.serves(), unrecorded.state["enabled"]) == ("1.0.0 one", True)
    assert not os.path.lexists(unrecorded.root / "bin/behavior")
    assert (unrecorded.record["active"]["version"], unrecorded.record["proven"]) == ("1.0.0", True)
    assert not activate()["changed"]


def test_lost_record_is_made_anew_by_a_restart_that_proves_what_runs(unrecorded: Host, activate: Activate) -> None:
    before, process = unrecorded.snapshot(), unrecorded.process()
    assert activate(check=True)["action"] == "restarted"
    assert unrecorded.snapshot() == before
    result = activate()
    assert (result["action"], unrecorded.serves()) == ("restarted", "1.0.0 one")
    assert unrecorded.process() != process
    assert unrecorded.record["proven"]
    assert not activate()["changed"]


def test_release_that_crashes_is_taken_back_where_record_and_marks_were_lost(
    unrecorded: Host, activate: Activate
) -> None:
    (unrecorded.root / "releases/1.0.0/.staged").unlink()
    (unrecorded.root / "configurations/one/.staged").unlink()
    unrecorded.release("2.0.0", "crash")
    assert "Rolled back to demo, which is healthy" in activate("2.0.0", "two")["msg"]
    assert unrecorded.serves() == "1.0.0 one"


def test_older_release_is_refused_where_the_record_was_lost_that_knows_the_data(
    unrecorded: Host, activate: Activate
) -> None:
    unrecorded.options("0.9.0")
    before = unrecorded.snapshot()
    result = activate("0.9.0")
    assert "demo was not touched. Its record is missing" in result["msg"]
    assert "Deploy 1.0.0 once, which creates the record" in result["msg"]
    assert unrecorded.snapshot() == before
    assert not activate("0.9.0", writable_paths=[])["failed"]
    lose(unrecorded)
    assert not activate("0.9.0", accept_irreversible=True)["failed"]


def test_service_that_listens_elsewhere_comes_back_without_a_record(unrecorded: Host, activate: Activate) -> None:
    unrecorded.release("2.0.0", "crash")
    result = activate("2.0.0", port=1)
    assert "Rolled back to demo 1.0.0, which is healthy" in result["msg"]
    assert unrecorded.serves() == "1.0.0 one"


def test_program_of_somebody_else_is_refused_where_the_record_was_lost(unrecorded: Host, activate: Activate) -> None:
    (unrecorded.root / "bin/server").unlink()
    (unrecorded.root / "bin/server").symlink_to("/usr/bin/other")
    assert "bin/server is a link to /usr/bin/other that this collection did not create" in activate("2.0.0")["msg"]
    assert unrecorded.serves() == "1.0.0 one"


def test_what_does_not_run_is_not_taken_as_what_worked(unrecorded: Host, activate: Activate) -> None:
    subprocess.run(["systemctl", "stop", "demo.service"], check=True)
    assert activate()["action"] == "installed"


def test_release_that_is_gone_is_not_taken_as_what_worked(unrecorded: Host, activate: Activate) -> None:
    shutil.rmtree(unrecorded.root / "releases/1.0.0")
    assert activate("2.0.0")["action"] == "installed"


def damaged(record: Path) -> None:
    record.write_bytes(record.read_bytes()[:100])


def newer(record: Path) -> None:
    record.write_text(json.dumps({**json.loads(record.read_text()), "schema": 2}))


@pytest.mark.parametrize(
    ("harm", "said"),
    [(damaged, "is damaged (JSONDecodeError"), (newer, "was written by a newer release of vigil.observability")],
)
@pytest.mark.parametrize("check", [False, True])
def test_record_that_cannot_be_used_is_refused_before_anything_is_touched(
    host: Host, activate: Activate, harm: Callable[[Path], None], said: str, check: bool
) -> None:
    activate()
    harm(host.root / "records/demo.json")
    host.release("2.0.0", "crash")
    before = host.snapshot()
    result = activate("2.0.0", check=check)
    assert f"demo was not touched. The record {host.root}/records/demo.json {said}" in result["msg"]
    assert host.snapshot() == before
    assert host.serves() == "1.0.0 one"


def test_damaged_record_that_was_moved_away_is_made_anew(host: Host, activate: Activate) -> None:
    activate()
    record = host.root / "records/demo.json"
    damaged(record)
    assert activate("2.0.0")["failed"]
    record.rename(record.with_suffix(".damaged"))
    assert activate("2.0.0")["action"] == "restarted"
    assert host.serves() == "2.0.0 one"


def test_record_that_is_damaged_during_a_switch_is_said_and_nothing_put_back(host: Host, activate: Activate) -> None:
    activate()
    program = Path(host.release("2.0.0", "crash"), "server")
    record = host.root / "records/demo.json"
    program.write_text(program.read_text().replace("running = ", f"open({str(record)!r}, 'w').close()\nrunning = ", 1))
    result = activate("2.0.0")
    assert "It was not rolled back, because it is not known whether there is a copy of the data" in result["msg"]
    assert not result["rolled_back"]
