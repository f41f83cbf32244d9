# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps of runbooks as people run them: on hosts that are named one by one, one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION

# Answers as vigil-action does; the second restart fails.
SUDO = """#!/bin/sh
cat >>"$ASKED"
echo >>"$ASKED"
case "$(tail -n 1 "$ASKED") $(grep -c restart "$ASKED")" in
  *restart*2) echo '{"outcome": "failed", "message": "shop.service is failed after restart."}' ;;
  *) echo '{"outcome": "done", "changed": true}' ;;
esac
"""


@pytest.fixture
def step(tmp_path: Path) -> Any:
    """A function that runs a step on an inventory of three hosts and returns its process and what hosts were asked."""
    (tmp_path / "sudo").write_text(SUDO)
    (tmp_path / "sudo").chmod(0o755)
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {"hosts": dict.fromkeys(("web1", "web2", "web3"), local)}
    (tmp_path / "hosts.yml").write_text(json.dumps({"web": hosts}))

    def run(name: str, *options: str, **variables: Any) -> tuple[subprocess.CompletedProcess[str], list[Any]]:
        asked = tmp_path / "asked"
        asked.write_text("")
        play = f"[{{import_playbook: vigil.observability.steps.{name}}}]"
        (tmp_path / "play.yml").write_text(play)
        collections = next(one for one in COLLECTION.parents if one.name == "ansible_collections").parent
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_NOCOLOR": "true",
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "ASKED": str(asked),
        }
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [program, "-i", "hosts.yml", "play.yml", *options, "-e", json.dumps(variables)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return done, [json.loads(line) for line in asked.read_text().splitlines()]

    return run


def test_step_acts_on_each_named_host_in_turn(step: Any) -> None:
    done, asked = step("clear_cache", step_hosts=["web3", "web1"], step_parameters={"directories": ["pages"]})
    assert done.returncode == 0, done.stdout
    assert [one["action"] for one in asked] == ["acquire", "clear", "release"] * 2
    # Others who act by hand in the same second make other attempts: a host would take them for this one.
    attempts = [one["attempt"] for one in asked]
    assert (len(set(attempts[:3])), len(set(attempts[3:])), len(set(attempts))) == (1, 1, 2)
    assert all(one.startswith("by-hand-") for one in attempts)
    assert asked[0]["holder"]


def test_next_host_is_left_alone_when_a_service_does_not_stay_up(step: Any) -> None:
    done, asked = step("restart_service", step_hosts=["web1", "web2", "web3"], step_parameters={"unit": "shop"})
    assert (done.returncode, "shop.service is failed after restart." in done.stdout) == (2, True)
    assert [one["action"] for one in asked] == ["acquire", "restart", "release"] * 2


@pytest.mark.parametrize("hosts", [None, "web1", ["web1", "web*"]])
def test_pattern_group_or_unknown_host_is_refused_and_nothing_is_asked(step: Any, hosts: Any) -> None:
    done, asked = step("run_script", step_hosts=hosts, step_parameters={"command": "repair"})
    assert done.returncode != 0
    assert "step_hosts has to be a list of hosts of the inventory" in done.stdout
    assert asked == []


def test_check_mode_asks_what_would_be_done_and_text_is_no_template(step: Any) -> None:
    hostile = "{{ lookup('ansible.builtin.pipe', 'touch executed') }}"
    parameters = {"command": {"__ansible_unsafe": hostile}}
    done, asked = step("run_script", "--check", step_hosts=["web1"], step_parameters=parameters)
    assert done.returncode == 0, done.stdout
    assert [(one["action"], one["check"], one.get("name")) for one in asked] == [
        ("acquire", True, None),
        ("run", True, hostile),
    ]
