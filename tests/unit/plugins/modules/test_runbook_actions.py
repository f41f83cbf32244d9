# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module asks vigil-action on the host, for the lease first, and stops at what is refused."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.actions import PROGRAM
from ansible_collections.vigil.observability.plugins.modules import runbook_actions

Run = Callable[..., dict[str, Any]]
ALWAYS = {"attempt": "a1", "check": False}
RESTART = {"action": "restart", "name": "shop.service", "settle": 2}


@pytest.fixture
def act(run_module: Run, make_program: Callable[[str, str], Path], tmp_path: Path) -> Run:
    """A function that runs the module with a vigil-action that refuses what is named; returns what it was asked."""

    def run(refused: str = "", *, check: bool = False, **options: Any) -> dict[str, Any]:
        asked = tmp_path / "asked"
        asked.write_text("")
        # A request is a line, and so is the answer to it.
        done, no = (
            json.dumps({"outcome": "done", "changed": True}),
            json.dumps({"outcome": "refused", "message": "No."}),
        )
        test = f"case $request in *{shlex.quote(refused)}*) answer={shlex.quote(no)} ;; esac" if refused else ":"
        make_program(
            "sudo",
            f'test "$*" = "-n {PROGRAM}" || exit 9\nrequest=$(cat); echo "$request" >>{asked}\n'
            f'answer={shlex.quote(done)}; {test}; echo "$answer"',
        )
        options = {"attempt": "a1", "actions": [RESTART, {"action": "vacuum"}], **options}
        result = run_module(runbook_actions, check=check, **options)
        return {**result, "asked": [json.loads(line) for line in asked.read_text().splitlines()]}

    return run


def test_host_is_held_while_the_actions_are_done_and_released_afterwards(act: Run) -> None:
    result = act(holder="alice", runbook="shop_down", seconds=60)
    assert result["asked"] == [
        {"action": "acquire", "seconds": 60, "holder": "alice", "runbook": "shop_down", **ALWAYS},
        {**RESTART, **ALWAYS},
        {"action": "vacuum", **ALWAYS},
        {"action": "release", **ALWAYS},
    ]
    assert (result["changed"], result["outcome"]) == (True, "done")
    assert result["diff"]["after"] == "restart shop.service\nvacuum\n"


def test_host_is_asked_whether_the_runbook_may_run_there_again(act: Run) -> None:
    limit = {"run": "inc-1-d4-0", "cooldown": 1800, "runs": 3, "within": 86400}
    assert act(limit=limit)["asked"][0].items() >= {**limit, "age": 0}.items()


def test_nothing_is_asked_of_a_host_that_another_attempt_holds(act: Run) -> None:
    result = act("acquire")
    assert (result["failed"], result["outcome"], result["msg"], len(result["asked"])) == (True, "refused", "No.", 1)
    assert not result["changed"]


def test_first_action_that_is_refused_is_the_last_and_the_host_is_released(act: Run) -> None:
    result = act("restart")
    assert [one["action"] for one in result["asked"]] == ["acquire", "restart", "release"]
    assert (result["failed"], result["outcome"], [one["outcome"] for one in result["results"]]) == (
        True,
        "refused",
        ["refused"],
    )


def test_host_stays_held_for_the_next_step_if_that_is_wished(act: Run) -> None:
    assert [one["action"] for one in act(release=False)["asked"]] == ["acquire", "restart", "vacuum"]


def test_check_asks_what_would_be_done_and_releases_nothing(act: Run) -> None:
    asked = act(check=True)["asked"]
    assert [(one["action"], one["check"]) for one in asked] == [
        ("acquire", True),
        ("restart", True),
        ("vacuum", True),
    ]


def test_host_without_the_program_or_the_right_is_named(run_module: Run, make_program: Callable[..., Path]) -> None:
    make_program("sudo", "echo 'sudo: a password is required' >&2; exit 1")
    result = run_module(runbook_actions, attempt="a1")
    assert result["msg"] == ("/usr/local/libexec/vigil-action did not answer (status 1): sudo: a password is required")
