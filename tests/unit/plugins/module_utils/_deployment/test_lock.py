# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.lock import LockError, locked

Hold = Callable[..., "subprocess.Popen[str]"]

# Takes the locks, says so, and holds them until its input ends, with a command that it has started besides.
HOLDER = """
import subprocess, sys
from types import SimpleNamespace
from ansible_collections.vigil.observability.plugins.module_utils._deployment.lock import locked

folder, *services = sys.argv[1:]
params = {"lock_timeout": 60, "locks_dir": folder}
with locked(SimpleNamespace(params=params, check_mode=False, _name="vigil.observability.active_service"), services):
    command = subprocess.Popen(["sleep", "300"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    print(command.pid, flush=True)
    sys.stdin.read()
    command.kill()
"""


def module(folder: Path, *, timeout: float = 0, check: bool = False) -> Any:
    """Return what a lock knows of a module."""
    return SimpleNamespace(
        params={"lock_timeout": timeout, "locks_dir": folder}, check_mode=check, _name="staged_config"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run/vigil"


@pytest.fixture
def hold(folder: Path) -> Iterator[Hold]:
    """A function that starts a process which holds the locks of services, and waits until it does."""
    started: list[subprocess.Popen[str]] = []
    commands: list[int] = []

    def start(*services: str, wait: bool = True, user: str = "deploy") -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "SUDO_USER": user,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        words = [sys.executable, "-c", HOLDER, str(folder), *services]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(words, env=environment, **pipes))
        if wait:
            commands.append(int(line_of(started[-1])))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
    for command in commands:
        subprocess.run(["kill", str(command)], stderr=subprocess.DEVNULL, check=False)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def test_lock_is_for_root_alone(folder: Path) -> None:
    with locked(module(folder), ["demo"]):
        assert [path.name for path in folder.iterdir()] == ["demo.lock"]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "demo.lock")]
    assert modes == [0o700, 0o600]


def test_second_run_waits_until_the_first_has_finished(folder: Path, hold: Hold) -> None:
    holder = hold("demo")
    assert holder.stdin
    threading.Timer(0.5, holder.stdin.close).start()
    begin = time.monotonic()
    with locked(module(folder, timeout=30), ["demo"]):
        assert 0.4 < time.monotonic() - begin < 20


def test_run_that_waited_too_long_is_told_who_works_on_the_service_and_since_when(folder: Path, hold: Hold) -> None:
    holder = hold("demo")
    since = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    with pytest.raises(LockError) as caught, locked(module(folder, timeout=0.3), ["demo"]):
        pass
    told = (
        f"vigil.observability.active_service (pid {holder.pid}, started by deploy) has been working on it since {since}"
    )
    assert str(caught.value).startswith("Another run is working on demo and did not finish within 0.3 s: " + told)


def test_killed_run_frees_the_lock_at_once_though_a_command_of_it_goes_on(folder: Path, hold: Hold) -> None:
    holder = hold("demo")
    holder.kill()
    holder.wait()
    with locked(module(folder), ["demo"]):
        pass


def test_failing_run_frees_the_lock(folder: Path) -> None:
    with pytest.raises(SystemExit), locked(module(folder), ["demo"]):
        sys.exit(1)
    with locked(module(folder), ["demo"]):
        pass


def test_services_do_not_wait_for_each_other(folder: Path, hold: Hold) -> None:
    hold("other")
    with locked(module(folder), ["demo"]):
        pass


def test_runs_that_want_the_same_services_do_not_wait_for_each_other_for_ever(folder: Path, hold: Hold) -> None:
    holders = [hold(*services, wait=False) for services in ("abc", "cba", "bca") for _run in range(2)]
    for holder in holders:
        assert holder.stdin
        holder.stdin.close()
    assert [holder.wait(60) for holder in holders] == [0] * 6


def test_check_mode_makes_no_lock_and_waits_for_none(folder: Path, hold: Hold) -> None:
    with locked(module(folder, check=True), ["demo"]):
        assert not folder.exists()
    hold("demo")
    with locked(module(folder, check=True), ["demo"]):
        pass


def test_lock_that_cannot_be_made_is_named(folder: Path, tmp_path: Path) -> None:
    folder.parent.write_text("")
    with pytest.raises(LockError, match=f"Cannot lock demo: .* at {tmp_path}/run"), locked(module(folder), ["demo"]):
        pass


def test_link_in_the_place_of_a_lock_is_not_followed(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "demo.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LockError, match="Cannot lock demo"), locked(module(folder), ["demo"]):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_holder_that_left_no_name_is_said(folder: Path, hold: Hold) -> None:
    hold("demo")
    (folder / "demo.lock").write_text("")
    with (
        pytest.raises(LockError, match=f"an unidentified process holds {folder}"),
        locked(module(folder), ["demo"]),
    ):
        pass
