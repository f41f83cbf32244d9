# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs at once that work on the same service of a host, each a process of its own."""

from __future__ import annotations

import getpass
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.vigil.observability.plugins.modules import active_service, staged_config

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.unit.plugins.modules.conftest import Host

RunModule = Callable[..., Any]

DRIVER = """
import importlib, json, sys
from ansible.module_utils import basic

name, options = sys.argv[1], json.load(sys.stdin)
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "_ansible_module_name": name}}).encode()
basic._ANSIBLE_PROFILE = "legacy"
importlib.import_module(f"ansible_collections.vigil.observability.plugins.modules.{name}").main()
"""


class Run:
    """A module that runs in a process of its own."""

    def __init__(self, module: str, options: dict[str, Any]) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, "-c", DRIVER, module], env=environment, **pipes)
        assert self.process.stdin
        self.process.stdin.write(json.dumps({**options, "_ansible_remote_tmp": "/tmp"}))
        self.process.stdin.close()
        self.process.stdin = None

    def answer(self) -> dict[str, Any]:
        """Wait for its end and return what it answers."""
        found: dict[str, Any] = json.loads(self.process.communicate(timeout=60)[0])
        return {"failed": False, **found}


@pytest.fixture
def go(tmp_path: Path) -> Path:
    """A file that a validation under way waits for; its name with .waits is there as soon as it does."""
    return tmp_path / "go"


@pytest.fixture
def slow(tmp_path: Path, go: Path) -> dict[str, Any]:
    """Options that stage a configuration whose validation takes until the file is there, and needs all files then."""
    script = f"touch {go}.waits; until [ -e {go} ]; do sleep 0.02; done; grep -q one $0/app.yml"
    return {**configuration(tmp_path, "one"), "validate": [["/bin/sh", "-c", script, "{dir}"]]}


def configuration(root: Path, text: str) -> dict[str, Any]:
    return {
        "service": "demo",
        "user": getpass.getuser(),
        "files": [{"path": "app.yml", "content": text}],
        "configurations_dir": str(root / "configurations"),
        "active": str(root / "active"),
        "locks_dir": str(root / "locks"),
    }


def wait_for(path: Path) -> None:
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_second_run_does_not_remove_what_the_first_one_validates(
    tmp_path: Path, slow: dict[str, Any], go: Path
) -> None:
    first = Run("staged_config", slow)
    wait_for(go.with_name("go.waits"))
    second = Run("staged_config", configuration(tmp_path, "two"))
    time.sleep(1)
    assert second.process.poll() is None
    go.touch()
    answers = [first.answer(), second.answer()]
    assert [(answer["failed"], answer["changed"]) for answer in answers] == [(False, True)] * 2
    assert names(tmp_path / "configurations/demo") == sorted(Path(answer["path"]).name for answer in answers)


def test_second_run_that_may_not_wait_changes_nothing_and_names_the_first(
    tmp_path: Path, slow: dict[str, Any], go: Path
) -> None:
    first = Run("staged_config", slow)
    wait_for(go.with_name("go.waits"))
    before = names(tmp_path / "configurations/demo")
    result = Run("staged_config", {**configuration(tmp_path, "two"), "lock_timeout": 0}).answer()
    assert (
        f"Another run is working on demo and did not finish within 0 s: staged_config (pid {first.process.pid}"
        in (result["msg"])
    )
    assert names(tmp_path / "configurations/demo") == before
    go.touch()
    assert not first.answer()["failed"]


def test_run_that_was_killed_holds_up_nobody(tmp_path: Path, slow: dict[str, Any], go: Path) -> None:
    first = Run("staged_config", slow)
    wait_for(go.with_name("go.waits"))
    second = Run("staged_config", configuration(tmp_path, "two"))
    first.process.kill()
    first.process.communicate()
    staged = Path(second.answer()["path"])
    assert names(staged.parent) == [staged.name]
    go.touch()


def test_run_that_checks_does_not_wait(tmp_path: Path, slow: dict[str, Any], go: Path, run_module: RunModule) -> None:
    first = Run("staged_config", slow)
    wait_for(go.with_name("go.waits"))
    options = {**configuration(tmp_path, "two"), "lock_timeout": 0}
    assert run_module(staged_config, check=True, **options)["changed"]
    go.touch()
    assert not first.answer()["failed"]


def test_run_waits_for_the_health_of_another_release_and_then_has_its_own(host: Host, run_module: RunModule) -> None:
    run_module(active_service, **host.options())
    host.release("2.0.0", "never ready")
    first = Run("active_service", host.options("2.0.0", start_timeout=1))
    wait_for(host.locks / "demo.lock")
    while host.record["proven"]:
        time.sleep(0.02)
    # However busy the machine is, the first run is under way when the others come.
    first.process.send_signal(signal.SIGSTOP)
    second = Run("active_service", host.options("1.0.0", "two"))
    refused = run_module(active_service, **host.options("1.0.0", "two", lock_timeout=0))["msg"]
    first.process.send_signal(signal.SIGCONT)
    assert refused.startswith("demo was not touched. Another run is working on demo and did not finish within 0 s: ")
    assert f"active_service (pid {first.process.pid}, started by " in refused
    assert "Rolled back to demo 1.0.0, which is healthy" in first.answer()["msg"]
    assert second.answer()["changed"]
    assert host.serves() == "1.0.0 two"
    assert host.record["proven"]


def test_many_runs_at_once_with_changing_configurations_all_go_well(host: Host, run_module: RunModule) -> None:
    run_module(active_service, **host.options())
    options = [host.options("1.0.0", f"c{number}", keep=1) for number in range(6)]
    answers = [run.answer() for run in [Run("active_service", one) for one in options]]
    assert [answer.get("msg") for answer in answers] == [None] * 6
    assert host.serves().startswith("1.0.0 c")
    assert host.record["active"]["config"].endswith(host.serves().partition(" ")[2])
