# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runner has Ansible do, and what it writes of that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import count
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps import (
    Spec,
    State,
    StepError,
    runner,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.output import Output
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.state import Kind
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import PACKAGE
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.steps.place import Place

STEPS = "ansible_collections/vigil/observability/playbooks/steps"
PROGRAM = PACKAGE.parents[1] / "roles/runbook_target/files/action_program.py"
# The program of a target, with what it keeps in the folder of the test.
_TARGET = """
import importlib.util, json, pathlib, sys
spec = importlib.util.spec_from_file_location("action_program", "{program}")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
folder = pathlib.Path("{folder}")
host = module.Host(folder / "actions.json", folder / "state", {{"PATH": f"{{folder}}/bin:/usr/bin:/bin"}})
print(json.dumps(host.answer(sys.stdin.buffer.read())))
"""


def ran(place: Place, spec: Spec) -> list[dict[str, Any]]:
    """Run an attempt in this process, and return its events."""
    place.start_runners = False
    with pytest.raises(StepError):
        place.attempts.start(spec)
    place.runner.claimed(spec.attempt).run()
    lines = (place.folder_of_attempts / spec.attempt / "events.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def output(place: Place) -> str:
    return (place.folder_of_attempts / "inc-1-s1-a1/output").read_text()


def test_text_of_labels_stays_text(place: Place) -> None:
    touched = place.folder / "touched"
    hostile = f"{{{{ lookup('ansible.builtin.pipe', 'touch {touched}') }}}} {{% raw %}} $(touch {touched}) <b>"
    place.step('- ansible.builtin.debug: {msg: "{{ [step_parameters, step_holder, step_runbook] }}"}')
    parameters = {"unit": hostile, "units": [hostile]}
    events = ran(place, place.spec(parameters=parameters, holder=hostile, runbook=hostile))
    assert place.state() == State(Kind.FINISHED, 0), output(place)
    assert events[1]["result"]["msg"] == [parameters, hostile, hostile]
    assert not touched.exists()


def test_secrets_in_results_and_output_are_redacted(place: Place) -> None:
    place.step(
        "- ansible.builtin.debug: {msg: 'password=hunter2 and then'}\n"
        "- ansible.builtin.debug: {msg: hunter2}\n"
        "  no_log: true\n"
        "- ansible.builtin.debug: {msg: 'Authorization: Bearer hunter2.hunter2'}\n"
        "  failed_when: true\n"
    )
    (place.playbooks / "broken.yml").write_text("- hosts: web1\n  password: hunter2\n")
    events = ran(place, place.spec())
    assert [one["event"] for one in events] == ["task", "ok", "task", "ok", "task", "failed", "end"]
    ran_broken = place.spec("inc-1-s2-a1", step="broken")
    with pytest.raises(StepError):
        place.attempts.start(ran_broken)
    place.runner.claimed("inc-1-s2-a1").run()
    for file in place.folder_of_attempts.rglob("*"):
        assert file.is_dir() or "hunter2" not in file.read_text(), file
    assert events[1]["result"]["msg"] == "password=[REDACTED] and then"


def test_ssh_connects_to_the_pinned_host_alone(place: Place) -> None:
    place.marking_step()
    ran(place, place.spec())
    call = next(line for line in place.calls.read_text().splitlines() if "192.0.2.7" in line)
    for option in (
        "-F /dev/null",
        "-o StrictHostKeyChecking=yes",
        f"-o UserKnownHostsFile={place.ssh}/known_hosts",
        "-o GlobalKnownHostsFile=/dev/null",
        "-o HostKeyAlias=web1",
        "-o Port=22",
        f'-o IdentityFile="{place.ssh}/id_ed25519"',
        '-o User="vigil-runbook"',
    ):
        assert option in call


def test_check_mode_changes_nothing(place: Place) -> None:
    place.step(f"- ansible.builtin.command: touch {place.marks}")
    events = ran(place, place.spec(check=True))
    assert [one["event"] for one in events] == ["task", "skipped", "end"]
    assert not place.marks.exists()


def test_host_that_cannot_be_reached_is_an_event(place: Place) -> None:
    (place.folder / "bin/ssh").write_text("#!/bin/sh\necho 'Host key verification failed.' >&2\nexit 255\n")
    place.marking_step()
    events = ran(place, place.spec())
    assert [one["event"] for one in events] == ["task", "unreachable", "end"]
    assert place.state() == State(Kind.FINISHED, 4)


@pytest.fixture
def impatient(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that are given up as soon as they have left their mark."""

    class Impatient(subprocess.Popen[bytes]):
        def wait(self, timeout: float | None = None) -> int:
            if timeout is None:
                return super().wait()
            place.wait_for(place.marks.exists)
            raise subprocess.TimeoutExpired(self.args, timeout)

    monkeypatch.setattr("subprocess.Popen", Impatient)
    monkeypatch.setattr(runner, "monotonic", count(step=3600).__next__)


@pytest.mark.usefixtures("impatient")
def test_step_that_hangs_is_given_up_and_is_unknown_once_nothing_of_it_runs(place: Place) -> None:
    hold = place.holding_step()
    ran(place, place.spec(seconds=1))
    assert output(place).endswith("Killed, because it was not done after 31 seconds.\n")
    # What ignores signals and has a session of its own ends with the unit, here by itself.
    assert place.state() == State(Kind.RUNNING)
    hold.unlink()
    place.wait_for(lambda: place.state() == State(Kind.UNKNOWN))


def test_environment_of_who_starts_it_does_not_count(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_CHECK_MODE_MARKERS", "true")
    monkeypatch.setenv("SECRET_OF_THE_ENGINE", "hunter2")
    place.step("- ansible.builtin.raw: env")
    events = ran(place, place.spec())
    assert "SECRET_OF_THE_ENGINE" not in events[1]["result"]["stdout"]
    assert "ANSIBLE_CHECK_MODE_MARKERS" not in events[1]["result"]["stdout"]


def test_steps_of_the_collection_run_as_they_are(place: Place) -> None:
    sudo = place.folder / "bin/sudo"
    sudo.write_text(f"#!/bin/sh\ncat >> '{place.marks}'; echo >> '{place.marks}'\necho '{{\"outcome\": \"done\"}}'\n")
    sudo.chmod(0o755)
    place.attempts = place.attempts_with(place.runner.collections / STEPS)
    events = ran(place, place.spec(step="restart_service", parameters={"unit": "shop", "settle": 0}, release=False))
    assert place.state() == State(Kind.FINISHED, 0), (output(place), events)
    asked = [json.loads(line) for line in place.marks.read_text().splitlines() if line]
    assert [one["action"] for one in asked] == ["acquire", "restart"]
    assert asked[0] == {
        "attempt": "inc-1-s1-a1",
        "check": False,
        "action": "acquire",
        "seconds": 60,
        "holder": "mon1",
        "runbook": "shop_down",
    }
    assert (asked[1]["name"], asked[1]["settle"]) == ("shop.service", 0)


def declaring(place: Place, systemctl: str = "") -> None:
    """Have a host declare the restart of a unit, with its program and the steps of the collection."""
    folder = place.folder
    (folder / "bin/systemctl").write_text(f"#!/bin/sh\n{systemctl}\n")
    (folder / "actions.json").write_text(json.dumps({"units": {"shop.service": ["restart"]}}))
    (folder / "bin/sudo").write_text(f"#!{sys.executable}\n{_TARGET.format(program=PROGRAM, folder=folder)}")
    for name in ("systemctl", "sudo"):
        (folder / "bin" / name).chmod(0o755)
    place.attempts = place.attempts_with(place.runner.collections / STEPS)


def test_new_engine_is_refused_by_a_host_that_remembers_the_run_of_another(place: Place) -> None:
    folder = place.folder
    declaring(place)

    def tried(attempt: str, run: str, **changed: Any) -> Output:
        limit = {"run": run, "age": 0, "cooldown": 600, "runs": 3, "within": 86400}
        told = {"step": "restart_service", "parameters": {"unit": "shop", "settle": 0}, "limit": limit, **changed}
        ran(place, place.spec(attempt, **told))
        return place.attempts.output(attempt)

    rehearsed = tried("inc-1-d4-s1-h1-c1", "inc-1-d4-1", check=True)
    assert (rehearsed.reason, rehearsed.text.splitlines()[-1]) == ("", "+ restart shop.service")
    assert not (folder / "state/state.json").exists()
    for attempt in ("inc-1-d4-s1-h1-a1", "inc-1-d4-s2-h1-a1"):
        assert tried(attempt, "inc-1-d4-1").reason == ""
    found = tried("inc-1-d3-s1-h1-a1", "inc-1-d3-2", holder="mon2")
    said = "shop_down waits for 600 s between two runs: it ran here in inc-1-d4-s2-h1-a1 of mon1, since"
    assert (found.refused, found.reason[: len(said)]) == (True, said)


OWN = """- hosts: "{{ step_hosts }}"
  become: BECOMES
  gather_facts: false
  tasks:
    - name: Mend the shop
      ansible.builtin.raw: TASK
"""


SUDO = """#!/bin/sh
printf '%s\\n' "$*" >> '{folder}/sudo'
case "$*" in *vigil-action) exec '{folder}/bin/vigil-action' ;; esac
for last; do :; done
exec sh -c "$last"
"""


def own(place: Place, task: str, *, becomes: bool = False) -> str:
    """Return a playbook of the operator, on a host whose program is the role's and whose sudo runs anything."""
    folder = place.folder
    (folder / "actions.json").write_text("{}")
    target = f"#!{sys.executable}\n{_TARGET.format(program=PROGRAM, folder=folder)}"
    (folder / "bin/vigil-action").write_text(target)
    # It has options before the command, as Ansible's own call has.
    (folder / "bin/sudo").write_text(SUDO.format(folder=folder))
    for name in ("sudo", "vigil-action"):
        (folder / "bin" / name).chmod(0o755)
    return OWN.replace("BECOMES", str(becomes).lower()).replace("TASK", task)


def lease(place: Place) -> Any:
    """Return what the host knows of who holds it."""
    return json.loads((place.folder / "state/state.json").read_text())["lease"]


def test_playbook_of_the_operator_runs_while_its_host_is_held(place: Place) -> None:
    content = own(place, f"cp '{place.folder}/state/state.json' '{place.marks}'")
    limit = {"run": "inc-1-d1-1", "age": 0, "cooldown": 600, "runs": 3, "within": 86400}
    events = ran(place, place.spec(content=content, limit=limit))
    assert place.state() == State(Kind.FINISHED, 0), (output(place), events)
    held = json.loads(place.marks.read_text())["lease"]
    assert (held["attempt"], held["runbook"], held["holder"]) == ("inc-1-s1-a1", "shop_down", "mon1")
    assert lease(place) is None
    done = [one["task"] for one in events if one["event"] == "ok"]
    assert done == ["Hold the host", "Mend the shop", "Release the host"]
    again = place.spec("inc-1-s2-a1", content=content, limit={**limit, "run": "inc-2-d1-1"})
    place.marks.unlink()
    ran(place, again)
    found = place.attempts.output("inc-1-s2-a1")
    assert (found.refused, place.marks.exists()) == (True, False)
    assert found.reason.startswith("shop_down waits for 600 s between two runs")


def test_host_is_released_after_a_playbook_of_the_operator_that_failed(place: Place) -> None:
    events = ran(place, place.spec(content=own(place, "exit 3")))
    assert place.state() == State(Kind.FINISHED, 2)
    assert lease(place) is None
    assert [one["event"] for one in events if one["event"] in ("ok", "failed")] == ["ok", "failed"]
    assert place.attempts.output("inc-1-s1-a1").reason == "non-zero return code"


@pytest.mark.usefixtures("impatient")
def test_host_stays_held_after_a_playbook_of_the_operator_that_was_killed(place: Place) -> None:
    ran(place, place.spec(seconds=1, content=own(place, f"touch '{place.marks}'; sleep 600")))
    # Before the host is free for others, on its own clock.
    assert output(place).endswith("Killed, because it was not done after 31 seconds.\n")
    assert lease(place)["attempt"] == "inc-1-s1-a1"


@pytest.mark.parametrize(
    ("root", "login"),
    [(True, ("vigil-runbook-root", "id_ed25519_root")), (False, ("vigil-runbook", "id_ed25519"))],
)
def test_second_key_and_its_user_are_for_steps_that_become_root(
    place: Place, root: bool, login: tuple[str, str]
) -> None:
    ran(place, place.spec(content=own(place, f"touch {place.marks}", becomes=root), root=root))
    assert place.marks.exists(), output(place)
    calls = place.calls.read_text().splitlines()
    assert all(f'-o User="{login[0]}"' in one and f'IdentityFile="{place.ssh}/{login[1]}"' in one for one in calls)
    assert any("-u root" in one for one in (place.folder / "sudo").read_text().splitlines()) == root


def test_step_of_the_collection_never_becomes_root(place: Place) -> None:
    with pytest.raises(StepError, match="never becomes root"):
        place.spec(root=True)


def test_playbook_of_the_operator_that_was_changed_since_the_attempt_was_made_does_not_start(place: Place) -> None:
    place.start_runners = False
    with pytest.raises(StepError):
        place.attempts.start(place.spec(content=own(place, "true")))
    (place.folder_of_attempts / "inc-1-s1-a1/playbook.yml").write_text(own(place, "touch /run/other"))
    with pytest.raises(StepError, match="has changed since"):
        place.runner.claimed("inc-1-s1-a1")


def test_every_step_of_the_collection_is_in_the_part_that_the_engine_gets(place: Place) -> None:
    steps = runner._PACKAGES.parents[1] / "playbooks/steps"
    there = place.runner.collections / STEPS
    assert {file.name: file.read_text() for file in there.iterdir()} == {
        file.name: file.read_text() for file in steps.iterdir()
    }
    for part in ("hold_host", "release_host", "step_hosts"):
        assert (there.parent / f"parts/{part}.yml").is_file()


def test_cancelled_step_ends_on_its_host_which_is_released(place: Place) -> None:
    declaring(place, f'case "$1" in restart) echo $$ > "{place.marks}"; exec sleep 600;; esac')
    restart: dict[str, Any] = {"step": "restart_service", "parameters": {"unit": "shop", "settle": 0}}
    assert place.attempts.start(place.spec(**restart)).kind is Kind.RUNNING
    place.wait_for(lambda: place.marks.exists() and place.marks.read_text().endswith("\n"))
    assert lease(place)["attempt"] == "inc-1-s1-a1"
    place.attempts.cancel("inc-1-s1-a1")
    ended = State(Kind.UNKNOWN, reason="its host was released", cancelled=True)
    place.wait_for(lambda: place.state() == ended)
    assert lease(place) is None
    place.wait_for(lambda: output(place).endswith("Killed, because it was cancelled.\n"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(place.marks.read_text()), 0)
    assert place.attempts.start(place.spec(**restart)) == ended


def test_cancelled_playbook_of_the_operator_keeps_its_host_until_the_lease_ends(place: Place) -> None:
    place.attempts.start(place.spec(content=own(place, f"touch '{place.marks}'; sleep 600")))
    place.wait_for(place.marks.exists)
    place.attempts.cancel("inc-1-s1-a1")
    place.wait_for((place.folder_of_attempts / "inc-1-s1-a1/cancelled").exists)
    assert lease(place)["attempt"] == "inc-1-s1-a1"


def test_attempt_that_was_cancelled_before_it_started_does_not_start(place: Place) -> None:
    place.marking_step()
    place.start_runners = False
    with pytest.raises(StepError):
        place.attempts.start(place.spec())
    for _time in range(2):
        assert place.attempts.cancel("inc-1-s1-a1") == State(Kind.NEVER_STARTED)
    with pytest.raises(StepError, match="was cancelled before it started"):
        place.runner.claimed("inc-1-s1-a1")
    assert place.attempts.cancel("inc-9-s1-a1") == State(Kind.NEVER_STARTED)


def test_host_that_cannot_be_released_is_told(place: Place) -> None:
    place.marking_step()
    (place.folder / "bin/ssh").write_text(f"#!/bin/sh\ntouch '{place.marks}'; sleep 600\n")
    place.attempts.start(place.spec())
    place.wait_for(place.marks.exists)
    (place.folder / "bin/ssh").write_text("#!/bin/sh\nexit 255\n")
    place.attempts.cancel("inc-1-s1-a1")
    reason = "its host could not be released, so its lease has to end"
    written = place.folder_of_attempts / "inc-1-s1-a1/cancelled"
    place.wait_for(written.exists)
    assert written.read_text() == f"{reason}\n"
