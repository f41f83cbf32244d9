# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Activations that are killed at every point where they write or run something, or that find the disk full."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils import basic

from ansible_collections.vigil.observability.plugins.modules import active_service

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.unit.plugins.modules.conftest import Host

RunModule = Callable[..., Any]

WRITES = {"os.rename", "os.symlink", "os.remove", "os.mkdir", "os.chown", "subprocess.Popen"}


def run_killed(options: dict[str, Any], last: int) -> int:
    """Run the module, kill it right before its last write or command by number, and return its exit status.

    It runs in a process forked from this one, which has imported all of it.
    """
    child = os.fork()
    if child == 0:
        try:
            _run_until(options, last)
        except SystemExit as end:
            os._exit(int(end.code or 0))
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run_until(options: dict[str, Any], last: int) -> None:
    sys.settrace(None)
    passed = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal passed
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
        if opens or event in WRITES:
            passed += 1
            if passed == last:
                os.kill(os.getpid(), signal.SIGKILL)

    internal = {"_ansible_remote_tmp": options["records_dir"], "_ansible_keep_remote_files": False}
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, **internal}}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    with Path(os.devnull).open("w") as sys.stdout:
        sys.addaudithook(count)
        active_service.main()


def run_until_the_end(options: dict[str, Any], prepare: Callable[[], None], check: Callable[[int], None]) -> int:
    """Kill runs one step later each time until one gets to its end; return how many were killed."""
    for last in range(1, 200):
        prepare()
        ended = run_killed(options, last)
        if ended == 0:
            return last - 1
        assert ended == -signal.SIGKILL
        check(last)
    raise AssertionError("the run never came to its end")


@pytest.mark.every_step
def test_upgrade_killed_at_any_point_converges_when_it_is_repeated(host: Host, run_module: RunModule) -> None:
    old, new = host.options("1.0.0"), host.options("2.0.0", "two")

    def prepare() -> None:
        assert not run_module(active_service, **old)["failed"]
        assert host.serves() == "1.0.0 one"

    def repeated_run_converges(last: int) -> None:
        assert not run_module(active_service, **new)["failed"], f"killed before step {last}"
        assert host.serves() == "2.0.0 two"
        assert (host.record["proven"], host.state["enabled"]) == (True, True)
        assert host.record["previous"]["release"] == old["release"]
        assert not run_module(active_service, **new)["changed"]

    assert run_until_the_end(new, prepare, repeated_run_converges) > 10


@pytest.mark.every_step
def test_first_installation_killed_at_any_point_converges_when_it_is_repeated(
    host: Host, run_module: RunModule
) -> None:
    options = host.options()

    def prepare() -> None:
        for command in (["systemctl", "disable", "--now", "demo.service"], ["systemctl", "daemon-reload"]):
            subprocess.run(command, check=True)
        for path in (host.unit, host.root / "opt/demo", host.root / "etc/demo", host.root / "records/demo.json"):
            path.unlink(missing_ok=True)

    def repeated_run_converges(last: int) -> None:
        assert not run_module(active_service, **options)["failed"], f"killed before step {last}"
        assert host.serves() == "1.0.0 one"
        assert not run_module(active_service, **options)["changed"]

    assert run_until_the_end(options, prepare, repeated_run_converges) > 10


@pytest.mark.parametrize("verb", ["daemon-reload", "restart"])
def test_killed_upgrade_to_a_release_that_crashes_goes_back_when_it_is_repeated(
    host: Host, run_module: RunModule, verb: str
) -> None:
    run_module(active_service, **host.options())
    host.release("2.0.0", "crash")
    broken = host.options("2.0.0", description="New")
    # systemctl obeys and then kills the module that asked it, once.
    (host.systemd / f"kill-{verb}").write_text("")
    assert run_killed(broken, 1000) == -signal.SIGKILL
    assert (host.root / "opt/demo").readlink().name == "2.0.0"
    result = run_module(active_service, **broken)
    assert "Rolled back to demo 1.0.0, which is healthy" in result["msg"]
    assert host.serves() == "1.0.0 one"
    assert not run_module(active_service, **host.options())["changed"]


def test_killed_upgrade_is_undone_by_a_run_that_asks_for_the_old_release(host: Host, run_module: RunModule) -> None:
    run_module(active_service, **host.options())
    (host.systemd / "kill-restart").write_text("")
    assert run_killed(host.options("2.0.0"), 1000) == -signal.SIGKILL
    assert run_module(active_service, **host.options())["action"] == "restarted"
    assert host.serves() == "1.0.0 one"


@pytest.mark.parametrize("full", ["records", "units", "opt", "bin"])
def test_full_disk_leaves_the_running_service_untouched(
    host: Host, run_module: RunModule, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_module(active_service, **host.options())
    process, unit = host.process(), host.unit.read_text()
    changed = host.options("2.0.0", description="New", binaries=["server", "behavior"])
    fill(monkeypatch, full)
    result = run_module(active_service, **changed)
    monkeypatch.undo()
    assert result["failed"]
    assert "No space left on device" in result["msg"]
    assert "The running service was not touched" in result["msg"]
    assert (host.serves(), host.process(), host.unit.read_text()) == ("1.0.0 one", process, unit)
    assert (host.root / "opt/demo").readlink().name == "1.0.0"
    assert not list(host.root.glob("*/.*.new"))


def test_full_disk_during_a_first_installation_leaves_nothing_behind(
    host: Host, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = host.options()
    fill(monkeypatch, "units")
    result = run_module(active_service, **options)
    assert "Nothing was started, and the files that were written were removed" in result["msg"]
    assert not list((host.root / "opt").iterdir())
    assert not host.record


def test_disk_that_has_no_room_for_the_proof_is_named_and_what_served_put_back(
    host: Host, run_module: RunModule, full_disk: Path
) -> None:
    records = str(full_disk)
    run_module(active_service, **host.options(records_dir=records))
    # The record holds the unit, which is larger than what is left.
    changed = host.options("2.0.0", description="x" * 600_000, records_dir=records)
    result = run_module(active_service, **changed)
    assert f" at {full_disk}/demo.json" in result["msg"]
    assert "Rolled back to demo 1.0.0, which is healthy." in result["msg"]
    assert ".." not in result["msg"]
    assert host.serves() == "1.0.0 one"
    assert not run_module(active_service, **host.options(records_dir=records))["changed"]


def fill(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    """Let the operating system find no space in folders of this name, for files as for links."""
    really_open, really_link, full = os.open, os.symlink, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fails(path: Any) -> None:
        if Path(path).parent.name == folder and Path(path).name.startswith("."):
            raise OSError(full.errno, full.strerror, str(path))

    def open_file(path: Any, *args: Any, **options: Any) -> int:
        if args and args[0] & os.O_CREAT:
            fails(path)
        return really_open(path, *args, **options)

    def symlink(target: Any, link: Any, *args: Any, **options: Any) -> None:
        fails(link)
        really_link(target, link, *args, **options)

    monkeypatch.setattr(os, "open", open_file)
    monkeypatch.setattr(os, "symlink", symlink)
