# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vigil-action does what the host declares, for the attempt that holds its lease, and nothing else."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import syslog
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[4] / "roles/runbook_target/files/action_program.py"
# Keeps the state of units in files: that of `broken` ends as failed, `slow` takes long.
SYSTEMCTL = """#!/bin/sh
printf '%s\\n' "systemctl $*" >>"$CALLS"
for unit; do :; done
case $1 in
  is-active) test -e "$UNITS/$unit" ;;
  show) echo ActiveState=failed Result=exit-code ;;
  reset-failed) ;;
  start|restart)
    case $unit in
      slow.service) sleep 30 ;;
      broken.service) echo "Job for $unit failed."; exit 1 ;;
      fleeting.service) touch "$UNITS/$unit"; (sleep 0.4; rm "$UNITS/$unit") >/dev/null 2>&1 & ;;
      *) touch "$UNITS/$unit" ;;
    esac ;;
  stop) rm -f "$UNITS/$unit" ;;
esac
"""
JOURNALCTL = """#!/bin/sh
printf '%s\\n' "journalctl $*" >>"$CALLS"
echo "Vacuuming done, freed ${FREED:-0B} of archived journals from /var/log/journal."
"""
# Runs what follows --.
SYSTEMD_RUN = """#!/bin/sh
printf '%s\\n' "systemd-run $*" >>"$CALLS"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"""
ALL = ["start", "stop", "restart"]


@pytest.fixture
def program() -> ModuleType:
    """The program as a module."""
    spec = importlib.util.spec_from_file_location("action_program", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Target:
    """A host with its own folder of programs and state."""

    def __init__(self, program: ModuleType, folder: Path) -> None:
        self.folder, self.units, self.calls = folder, folder / "units", folder / "calls"
        for name in ("bin", "units", "state", "pages"):
            (folder / name).mkdir()
        for name, text in (("systemctl", SYSTEMCTL), ("journalctl", JOURNALCTL), ("systemd-run", SYSTEMD_RUN)):
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        names = ("shop", "slow", "broken", "fleeting")
        self.declare(
            units={**{f"{name}.service": ALL for name in names}, "exporter.service": ["restart"]},
            clear={"pages": {"path": str(folder / "pages")}},
            run={
                "promote": {"argv": ["sh", "-c", "echo promoted"]},
                "fail": {"argv": ["sh", "-c", "echo why; exit 3"]},
            },
            vacuum="500M",
        )
        environment = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "UNITS": str(self.units),
            "CALLS": str(self.calls),
        }
        self.host = program.Host(folder / "actions.json", folder / "state", environment)

    def declare(self, **actions: Any) -> None:
        (self.folder / "actions.json").write_text(json.dumps(actions))

    def ask(self, action: str, attempt: str = "a1", **request: Any) -> Any:
        return self.host.answer(json.dumps({"action": action, "attempt": attempt, **request}).encode())

    def state(self) -> Any:
        return json.loads((self.folder / "state/state.json").read_text())

    def called(self, word: str) -> list[str]:
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if word in line]


@pytest.fixture
def target(program: ModuleType, tmp_path: Path) -> Target:
    """A host that no attempt holds."""
    return Target(program, tmp_path)


@pytest.fixture
def held(target: Target) -> Target:
    """A host that the attempt a1 holds."""
    assert target.ask("acquire", seconds=60, holder="monitor1", runbook="shop_down")["outcome"] == "done"
    return target


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"restart shop.service", "The request is not JSON."),
        (b"\xff\xfe", "The request is not JSON."),
        (b"[]", "The action has to be one of acquire, renew"),
        (b'{"action": "reboot"}', "The action has to be one of acquire, renew"),
        (b'{"action": ["start"]}', "The action has to be one of acquire, renew"),
        (b'{"action": "start", "attempt": "a1"}', "start needs name."),
        (b'{"action": "vacuum", "attempt": "a1", "name": "x"}', "vacuum does not take name."),
        (b'{"action": "acquire", "attempt": "../a", "seconds": 5}', "attempt has to be letters, digits and ._-."),
        (b'{"action": "acquire", "attempt": "a", "seconds": 0}', "seconds has to be a whole number from 1 to 3600."),
        (b'{"action": "acquire", "attempt": "a", "seconds": 1e9}', "seconds has to be a whole number from 1 to 3600."),
        (b'{"action": "acquire", "attempt": "a", "seconds": true}', "seconds has to be a whole number from 1 to 3600."),
        (b'{"action": "acquire", "attempt": "a", "seconds": 5, "run": "r"}', "acquire needs age, cooldown, runbook"),
        (b'{"action": "renew", "attempt": "a", "seconds": 5, "run": "r"}', "renew does not take run."),
        (b'{"action": "run", "attempt": "a", "name": ["sh"]}', "name has to be a text."),
        (b'{"action": "run", "attempt": "a", "name": "a\\nb"}', "name has to be one line of text."),
        (b'{"action": "status", "check": "no"}', "check has to be true or false."),
        (b'"' + b"a" * 20000, "The request is too long."),
    ],
)
def test_what_is_no_request_is_refused_and_touches_nothing(target: Target, text: bytes, sentence: str) -> None:
    answer = target.host.answer(text)
    assert answer["outcome"] == "refused"
    assert answer["message"].startswith(sentence)
    assert list((target.folder / "state").iterdir()) == []


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("restart", "ssh.service"),
        ("restart", "shop"),
        ("stop", "exporter.service"),
        ("restart", "--help"),
        ("restart", "shop.service ssh.service"),
        ("clear", "/etc"),
        ("run", "sh"),
        ("run", "promote; sh"),
    ],
)
def test_what_the_host_does_not_declare_is_refused_even_to_who_holds_it(held: Target, action: str, name: str) -> None:
    answer = held.ask(action, name=name)
    assert (answer["outcome"], "does not declare" in answer["message"]) == ("refused", True)
    assert held.called("") == []


def test_no_declarations_mean_no_actions(held: Target) -> None:
    held.declare()
    for action, name in (("start", "shop.service"), ("clear", "pages"), ("run", "promote")):
        assert held.ask(action, name=name)["outcome"] == "refused"
    assert held.ask("vacuum") == {"outcome": "refused", "message": "This host does not declare vacuum."}
    (held.folder / "actions.json").unlink()
    assert held.ask("vacuum")["outcome"] == "failed"


def test_no_action_without_the_lease_of_the_host(target: Target) -> None:
    for action, more in (("restart", {"name": "shop.service"}), ("vacuum", {}), ("renew", {"seconds": 5})):
        answer = target.ask(action, **more)
        assert answer["message"] == "The attempt a1 does not hold this host: acquire it first."
    assert target.called("") == []


def test_second_attempt_is_refused_with_who_holds_the_host_and_how_long(held: Target) -> None:
    refusals = [held.ask("acquire", "a2", seconds=5), held.ask("restart", "a2", name="shop.service")]
    refusals += [held.ask("release", "a2"), held.ask("renew", "a2", seconds=5)]
    assert {one["message"] for one in refusals} == {"The attempt a1 of monitor1 holds this host for 60 s more."}
    assert held.called("") == []
    assert held.ask("release")["changed"]
    assert held.ask("acquire", "a2", seconds=5)["outcome"] == "done"


def test_lease_ends_by_itself_unless_it_is_renewed(held: Target, program: ModuleType, monkeypatch: Any) -> None:
    passed = [50.0]
    clock = program.now
    monkeypatch.setattr(program, "now", lambda: clock() + passed[0])
    assert held.ask("renew", seconds=60)["outcome"] == "done"
    passed[0] = 100
    assert "for 10 s more" in held.ask("acquire", "a2", seconds=5)["message"]
    passed[0] = 111
    assert held.ask("restart", name="shop.service")["outcome"] == "refused"
    assert held.ask("acquire", "a2", seconds=5)["outcome"] == "done"


def test_lease_holds_whatever_the_clock_says_and_a_restart_of_the_host_ends_it(
    held: Target, program: ModuleType, monkeypatch: Any
) -> None:
    wall = time.time
    for jump in (-1e6, 1e6):
        monkeypatch.setattr(time, "time", lambda jump=jump: wall() + jump)
        assert held.ask("acquire", "a2", seconds=5)["outcome"] == "refused"
    monkeypatch.setattr(program, "boot", lambda: "another")
    assert held.ask("acquire", "a2", seconds=5)["outcome"] == "done"


def test_last_fifty_attempts_are_kept_with_their_actions(held: Target) -> None:
    held.ask("restart", name="shop.service")
    held.ask("release")
    status = held.host.answer(b'{"action": "status"}')
    (first,) = status["attempts"]
    assert status["lease"] is None
    assert (first["runbook"], first["holder"]) == ("shop_down", "monitor1")
    assert [(one["action"], one["name"], one["failed"]) for one in first["actions"]] == [
        ("restart", "shop.service", False)
    ]
    assert first["acquired"] <= first["released"]
    for number in range(2, 53):
        held.ask("acquire", f"a{number}", seconds=5)
        held.ask("release", f"a{number}")
    known = held.ask("acquire", "last", seconds=5)["attempts"]
    assert [one["attempt"] for one in known] == [*(f"a{number}" for number in range(4, 53)), "last"]


LIMIT = {"runbook": "shop_down", "age": 0, "cooldown": 1800, "runs": 3, "within": 86400, "seconds": 60}


class Days:
    """A host whose time of day a test moves, and runs of a runbook there, each of one attempt."""

    def __init__(self, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
        self.target, self.now = target, 1_767_225_600.0
        monkeypatch.setattr(time, "time", lambda: self.now)

    def run(self, name: str, **changed: Any) -> str:
        """Run the runbook, and return why it is refused, nothing if it is not."""
        asked = {"holder": "monitor1", **LIMIT, "run": name, **changed}
        answer = self.target.ask("acquire", f"{name}-a1", **asked)
        if answer["outcome"] == "done":
            self.target.ask("release", f"{name}-a1")
        return str(answer.get("message", ""))


@pytest.fixture
def days(target: Target, monkeypatch: pytest.MonkeyPatch) -> Days:
    """A host that no attempt has held."""
    return Days(target, monkeypatch)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("run", "../r", "run has to be letters, digits and ._-."),
        ("cooldown", -1, "cooldown has to be a whole number from 0 to 2678400."),
        ("age", "3", "age has to be a whole number from 0 to 2678400."),
        ("runs", 0, "runs has to be a whole number from 1 to 1000."),
        ("within", 1e9, "within has to be a whole number from 1 to 2678400."),
    ],
)
def test_what_is_no_limit_is_refused(days: Days, key: str, value: Any, sentence: str) -> None:
    assert days.target.ask("acquire", **{**LIMIT, "run": "r1", key: value})["message"] == sentence


def test_runbook_that_ran_a_minute_ago_is_refused_to_an_engine_that_does_not_know_it(days: Days) -> None:
    assert days.run("r1") == ""
    days.now += 60
    assert days.run("r2", holder="monitor2") == (
        "shop_down waits for 1800 s between two runs: it ran here in r1-a1 of monitor1, since 2026-01-01 00:00:00 UTC, "
        "60 s ago."
    )
    assert "waits for 1800 s" in days.run("r2", check=True)
    assert days.target.ask("restart", "r2-a1", name="shop.service")["outcome"] == "refused"
    assert days.run("r2", runbook="another") == ""
    assert days.target.ask("acquire", "by-hand", seconds=5, runbook="shop_down")["outcome"] == "done"
    assert days.target.ask("release", "by-hand")["changed"]
    days.now += 1800
    assert days.run("r2") == ""


def test_attempts_of_one_run_do_not_refuse_each_other(days: Days) -> None:
    for attempt in ("s1-a1", "s1-a2", "s2-a1"):
        assert days.target.ask("acquire", attempt, **LIMIT, run="r1")["outcome"] == "done"
        assert days.target.ask("release", attempt)["changed"]
        days.now += 600
    assert "it ran here in s2-a1, since 2026-01-01 00:00:00 UTC, 1800 s ago" in days.run("r2", cooldown=1801)
    assert days.run("r2") == ""


def test_cooldown_begins_when_a_run_was_decided_and_not_when_it_was_approved(days: Days) -> None:
    days.run("r1", age=900)
    days.now += 900
    assert days.run("r2") == ""


def test_runbook_is_refused_after_as_many_runs_as_it_may(days: Days) -> None:
    for name in ("r1", "r2", "r3"):
        assert days.run(name) == ""
        days.now += 3600
    assert days.run("r4").startswith("shop_down may run 3 times in 86400 s, and has: it ran here in r3-a1 of monitor1")
    days.now += 86400 - 3 * 3600
    assert days.run("r4") == ""


def test_clock_that_was_put_back_keeps_a_runbook_for_one_cooldown_and_not_for_ever(days: Days) -> None:
    days.run("r1")
    days.now -= 365 * 86400
    assert "0 s ago" in days.run("r2")
    days.now += 1799
    assert "1799 s ago" in days.run("r2")
    days.now += 1
    assert days.run("r2") == ""


def test_engine_that_gives_a_name_again_gets_neither_the_lease_nor_the_record_of_the_other(days: Days) -> None:
    asked: dict[str, Any] = {**LIMIT, "cooldown": 0}
    assert days.target.ask("acquire", **asked, run="r1")["outcome"] == "done"
    assert "holds this host for 60 s more" in days.target.ask("acquire", **asked, run="r2")["message"]
    days.target.ask("release")
    assert days.target.ask("acquire", **asked, run="r2")["outcome"] == "done"
    days.target.ask("restart", name="shop.service")
    days.target.ask("release")
    found = [(one["run"], len(one["actions"]), bool(one["released"])) for one in days.target.state()["attempts"]]
    assert found == [("r1", 0, True), ("r2", 1, True)]


def test_attempts_that_an_older_program_has_noted_count_too(days: Days) -> None:
    kept = {"attempt": "old", "holder": "", "runbook": "shop_down", "acquired": int(days.now) - 60}
    noted = {"lease": None, "attempts": [{**kept, "released": None, "actions": []}]}
    (days.target.folder / "state/state.json").write_text(json.dumps(noted))
    assert "it ran here in old, since 2025-12-31 23:59:00 UTC, 60 s ago." in days.run("r1")


def test_unit_is_started_stopped_and_restarted_and_changes_only_when_it_was_otherwise(held: Target) -> None:
    told = [(action, held.ask(action, name="shop.service")) for action in ("start", "start", "restart", "stop", "stop")]
    assert [(action, one["changed"], one["active"]) for action, one in told] == [
        ("start", True, True),
        ("start", False, True),
        ("restart", True, True),
        ("stop", True, False),
        ("stop", False, False),
    ]
    assert held.called("systemctl start") == ["systemctl start -- shop.service"]
    assert len(held.called("reset-failed")) == 2


def test_unit_that_does_not_start_or_stay_up_is_a_failure_and_noted_as_one(held: Target) -> None:
    broken = held.ask("restart", name="broken.service")
    assert broken["outcome"] == "failed"
    assert "broken.service is ActiveState=failed, Result=exit-code after restart. Job for" in broken["message"]
    assert held.ask("start", name="fleeting.service", settle=3)["outcome"] == "failed"
    assert [one["failed"] for one in held.state()["attempts"][0]["actions"]] == [True, True]


def test_check_answers_what_would_be_done_and_does_nothing(target: Target) -> None:
    (target.folder / "pages/a").write_text("a" * 5000)
    asked = [("restart", "shop.service"), ("stop", "shop.service"), ("clear", "pages"), ("run", "promote")]
    assert [target.ask(action, name=name, check=True)["changed"] for action, name in asked] == [True, False, True, True]
    assert target.ask("acquire", seconds=5, check=True)["changed"]
    assert target.ask("vacuum", check=True)["changed"]
    assert target.ask("restart", name="ssh.service", check=True)["outcome"] == "refused"
    assert (target.folder / "pages/a").exists()
    assert [line for line in target.called("") if "is-active" not in line] == []
    assert not (target.folder / "state/state.json").exists()


def test_check_is_refused_while_another_attempt_holds_the_host(held: Target) -> None:
    for action, more in (("acquire", {"seconds": 5}), ("restart", {"name": "shop.service"})):
        assert "holds this host" in held.ask(action, "a2", check=True, **more)["message"]


def test_command_runs_as_it_is_declared_and_its_output_comes_back(held: Target) -> None:
    assert held.ask("run", name="promote") == {"outcome": "done", "changed": True, "output": "promoted"}
    (line,) = held.called("systemd-run")
    assert "--unit=vigil-action-command.service" in line
    assert "--property=RuntimeMaxSec=300 --property=TimeoutStopSec=5 --" in line
    failed = held.ask("run", name="fail")
    assert (failed["outcome"], failed["message"]) == ("failed", "The command fail ended with status 3. why")


def test_log_of_the_host_has_no_output_of_a_command(held: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(syslog, "syslog", lambda _priority, line: logged.append(json.loads(line)))
    for name in ("promote", "fail"):
        held.ask("run", name=name)
    assert logged[0].keys() == {"user", "request", "outcome", "changed"}
    assert (logged[1]["outcome"], logged[1]["message"]) == ("failed", "The command fail ended with status 3.")


@pytest.mark.parametrize(("freed", "changed"), [("0B", False), ("8.0M", True)])
def test_vacuum_is_a_change_when_it_freed_something(held: Target, freed: str, changed: bool) -> None:
    held.host.environment["FREED"] = freed
    assert held.ask("vacuum")["changed"] is changed
    assert held.called("journalctl") == ["journalctl --vacuum-size=500M"]


def test_clear_deletes_what_is_in_the_directory_and_follows_no_link(held: Target) -> None:
    outside = held.folder / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    pages = held.folder / "pages"
    (pages / "a/b").mkdir(parents=True)
    (pages / "a/b/page").write_text("x" * 5000)
    (pages / "link").symlink_to(outside)
    cleared = held.ask("clear", name="pages")
    assert (cleared["changed"], cleared["files"], cleared["bytes"] >= 5000) == (True, 2, True)
    assert list(pages.iterdir()) == []
    assert (outside / "kept").exists()
    assert not held.ask("clear", name="pages")["changed"]
    pages.rmdir()
    pages.symlink_to(outside)
    assert held.ask("clear", name="pages")["outcome"] == "failed"
    assert (outside / "kept").exists()


def test_clear_leaves_what_is_younger_than_declared(held: Target) -> None:
    pages = held.folder / "pages"
    held.declare(clear={"pages": {"path": str(pages), "older_than_days": 7}})
    for name, days in (("old", 8), ("young", 6)):
        (pages / name).write_text(name)
        os.utime(pages / name, (time.time() - days * 86400,) * 2)
    assert held.ask("clear", name="pages")["files"] == 1
    assert [one.name for one in pages.iterdir()] == ["young"]


def test_command_ends_with_its_lease_and_nobody_acts_before_it_has(held: Target) -> None:
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(held.ask("restart", name="slow.service")))
    asking.start()
    while not held.called("systemctl restart"):
        time.sleep(0.02)
    assert held.ask("restart", name="shop.service")["message"] == "An action still goes on on this host."
    assert held.ask("renew", seconds=60)["outcome"] == "done"
    assert held.ask("release")["changed"]
    assert held.ask("acquire", "a2", seconds=5)["message"] == "An action still goes on on this host."
    asking.join(10)
    assert "as the lease of the host had ended" in answers[0]["message"]
    assert held.ask("acquire", "a2", seconds=5)["outcome"] == "done"


def test_program_takes_its_request_from_the_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", PROGRAM, "status"], input=b'{"action": "halt"}', capture_output=True, check=False
    )
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (1, "refused")
