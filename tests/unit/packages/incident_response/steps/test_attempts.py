# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attempts over the socket: started once, found again, whoever dies."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps import (
    Host,
    State,
    StepError,
    attempts,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.state import Kind
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.steps.place import Place

FINISHED = State(Kind.FINISHED, 0)
HOSTILE = ["", ".", "..", "../inc-1", "/etc", "inc-1/..", "a b", "a\0b", "-a", ".hidden", "a" * 101, "ä", "a\nb"]


def test_attempt_that_was_asked_for_twice_starts_once(place: Place) -> None:
    place.marking_step()
    place.attempts.start(place.spec())
    place.wait_for(lambda: place.state() == FINISHED)
    assert place.attempts.start(place.spec()) == FINISHED
    assert place.marks.read_text() == "once\n"


def test_one_of_many_runners_of_the_same_attempt_starts_it(place: Place) -> None:
    place.marking_step()
    place.start_runners = False
    with pytest.raises(StepError, match="at once"):
        place.attempts.start(place.spec())

    def answer(_number: int) -> str:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            place.processes.append(place.started(theirs.fileno()))
            ours.sendall(b"inc-1-s1-a1\n")
            return ours.recv(4096).decode()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(answer, range(4)))
    assert answers == ["The attempt inc-1-s1-a1 has already started.\n"] * 3 + [
        "The attempt inc-1-s1-a1 has started.\n"
    ]
    place.wait_for(lambda: place.state() == FINISHED)
    assert place.marks.read_text() == "once\n"


def test_attempts_are_forgotten_when_they_have_ended_long_ago(place: Place) -> None:
    place.attempts.forget(time.time())  # before there is any
    place.marking_step()
    place.attempts.start(place.spec())
    place.wait_for(lambda: place.state() == FINISHED)
    place.attempts.forget(time.time() - 60)
    assert place.state() == FINISHED
    os.utime(place.attempts.place("inc-1-s1-a1"), (1, 1))
    with (place.attempts.place("inc-1-s1-a1") / "started").open() as started:
        fcntl.flock(started, fcntl.LOCK_EX)
        (place.attempts.place("inc-1-s1-a1") / "rc").rename(place.attempts.place("inc-1-s1-a1").parent / "rc")
        os.utime(place.attempts.place("inc-1-s1-a1"), (1, 1))
        place.attempts.forget(time.time() - 60)
        assert place.state().kind is Kind.RUNNING
    (place.attempts.place("inc-1-s1-a1").parent / "rc").unlink()
    place.attempts.forget(time.time() - 60)
    assert place.state().kind is Kind.NEVER_STARTED


def test_step_goes_on_when_who_asked_for_it_is_gone(place: Place) -> None:
    place.marking_step()
    place.start_runners = False
    with pytest.raises(StepError):
        place.attempts.start(place.spec())
    place.start_runners = True
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(place.folder / "socket"))
        connection.sendall(b"inc-1-s1-a1\n")
    place.wait_for(lambda: place.state() == FINISHED)
    assert place.marks.read_text() == "once\n"


def test_attempt_whose_runner_was_killed_runs_until_all_of_it_has_ended_and_is_unknown_then(place: Place) -> None:
    hold = place.holding_step()
    assert place.attempts.start(place.spec()) == State(Kind.RUNNING)
    place.wait_for(place.marks.exists)
    place.processes[0].kill()
    place.processes[0].wait()
    assert place.state() == State(Kind.RUNNING)
    hold.unlink()
    place.wait_for(lambda: place.state() == State(Kind.UNKNOWN))
    assert place.attempts.start(place.spec()) == State(Kind.UNKNOWN)
    assert place.marks.read_text() == "once\n"


def test_failed_step_is_finished_with_its_exit_code(place: Place) -> None:
    place.step("- ansible.builtin.fail: {msg: no}")
    place.attempts.start(place.spec())
    place.wait_for(lambda: place.state() == State(Kind.FINISHED, 2))


def test_attempt_that_nobody_made_never_started(place: Place) -> None:
    assert place.state("inc-9-s1-a1") == State(Kind.NEVER_STARTED)


def test_step_that_there_is_not_leaves_nothing_behind(place: Place) -> None:
    with pytest.raises(StepError, match="no step mend"):
        place.attempts.start(place.spec())
    assert not list(place.folder_of_attempts.iterdir())


def test_attempt_that_cannot_be_written_leaves_nothing_behind(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: Any) -> None:
        raise OSError(28, "No space left on device")

    place.marking_step()
    monkeypatch.setattr(attempts, "write_spec", full)
    with pytest.raises(OSError, match="No space"):
        place.attempts.start(place.spec())
    assert not list(place.folder_of_attempts.iterdir())


def test_attempt_without_a_socket_is_an_error_and_can_start_later(place: Place) -> None:
    place.marking_step()
    (place.folder / "socket").rename(place.folder / "away")
    with pytest.raises(FileNotFoundError):
        place.attempts.start(place.spec())
    (place.folder / "away").rename(place.folder / "socket")
    place.attempts.start(place.spec())
    place.wait_for(lambda: place.state() == FINISHED)


def test_step_that_changed_after_the_attempt_was_made_is_refused(place: Place) -> None:
    place.marking_step()
    place.start_runners = False
    with pytest.raises(StepError):
        place.attempts.start(place.spec())
    place.start_runners = True
    place.marking_step(then="echo more")
    with pytest.raises(StepError, match="has changed since"):
        place.attempts.start(place.spec())
    assert place.state() == State(Kind.NEVER_STARTED)


@pytest.mark.parametrize("name", HOSTILE)
def test_name_that_is_none_is_refused_by_both_sides(place: Place, name: str) -> None:
    (place.folder / "spec.json").write_text("{}")
    with pytest.raises(StepError, match="is not the name"):
        place.attempts.state(name)
    with pytest.raises(StepError, match="is not the name"):
        place.spec(name)
    with pytest.raises(StepError, match="There is no attempt"):
        place.runner.claimed(name)


def test_link_to_a_directory_is_no_attempt(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    (place.folder_of_attempts / "inc-1").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(StepError, match="There is no attempt"):
        place.runner.claimed("inc-1")


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "all"},
        {"name": "web*"},
        {"name": "web[1:3]"},
        {"name": "web1,web2"},
        {"name": "!web1"},
        {"name": "::1"},
        {"name": "https://web1"},
        {"name": ""},
        {"name": "localhost"},
        {"address": "-oProxyCommand=true"},
        {"address": ""},
        {"port": 0},
        {"user": "root -x"},
    ],
)
def test_what_is_not_one_host_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(StepError):
        Host(**{"name": "web1", "address": "192.0.2.7", **changed})


@pytest.mark.parametrize("changed", [{"step": "../mend"}, {"seconds": 0}, {"seconds": 3601}])
def test_attempt_that_cannot_be_made_is_refused(place: Place, changed: dict[str, Any]) -> None:
    with pytest.raises(StepError):
        place.spec(**changed)


def test_attempt_with_a_damaged_exit_code_is_named(place: Place) -> None:
    folder: Path = place.folder_of_attempts / "inc-1"
    folder.mkdir()
    (folder / "started").touch()
    (folder / "rc").write_text("")
    with pytest.raises(StepError, match="has no exit code"):
        place.state("inc-1")


def test_damaged_attempt_is_refused(place: Place) -> None:
    folder: Path = place.folder_of_attempts / "inc-1"
    folder.mkdir()
    (folder / "spec.json").write_text("[]")
    with pytest.raises(StepError, match="cannot be read"):
        place.runner.claimed("inc-1")
