# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.module_utils import basic

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._host.systemd import Systemd

MakeProgram = Callable[[str, str], Path]


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch, make_program: MakeProgram) -> Systemd:
    """The unit demo.service of a host whose commands are those that a test makes."""
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", b'{"ANSIBLE_MODULE_ARGS": {}}')
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    return Systemd(basic.AnsibleModule(argument_spec={}), "demo")


def show(make_program: MakeProgram, *facts: str) -> None:
    make_program("systemctl", "\n".join(f"echo {fact}" for fact in facts))


def test_running_unit_is_read(systemd: Systemd, make_program: MakeProgram) -> None:
    show(make_program, "LoadState=loaded", "ActiveState=active", "SubState=running", "UnitFileState=enabled")
    state = systemd.read()
    assert (state.running, state.starting, state.enabled, state.stale) == (True, False, True, False)


def test_unit_that_waits_for_its_next_start_is_not_starting(systemd: Systemd, make_program: MakeProgram) -> None:
    show(make_program, "ActiveState=activating", "SubState=auto-restart", "NRestarts=3")
    state = systemd.read()
    assert (state.running, state.starting, state.restarts) == (False, False, 3)


def test_unknown_unit_is_neither_running_nor_enabled(systemd: Systemd, make_program: MakeProgram) -> None:
    show(make_program, "LoadState=not-found", "ActiveState=inactive", "UnitFileState=", "NRestarts=")
    state = systemd.read()
    assert (state.running, state.enabled, state.restarts) == (False, False, 0)


@pytest.mark.parametrize(
    ("facts", "end"),
    [
        (["ExecMainCode=1", "ExecMainStatus=203"], "exit status 203"),
        (["ExecMainCode=2", "ExecMainStatus=31"], "signal 31"),
        (["ExecMainCode=0", "Result=resources"], "result resources"),
    ],
)
def test_end_of_the_last_process_is_told(
    systemd: Systemd, make_program: MakeProgram, facts: list[str], end: str
) -> None:
    show(make_program, *facts)
    assert systemd.read().end == end


def test_refused_verb_is_told_with_the_words_of_systemctl(systemd: Systemd, make_program: MakeProgram) -> None:
    make_program("systemctl", "echo 'Access denied' >&2; exit 4")
    with pytest.raises(OperatorError, match="^systemctl restart demo.service failed: Access denied$"):
        systemd.verb("restart")


def test_host_without_systemctl_is_said(systemd: Systemd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basic.AnsibleModule, "get_bin_path", lambda *_: None)
    with pytest.raises(OperatorError, match="Cannot run systemctl daemon-reload: this host has no systemctl"):
        systemd.read_units()
    assert systemd.journal(0) == []


def test_journal_is_synchronized_and_then_read_since_a_second(
    systemd: Systemd, make_program: MakeProgram, tmp_path: Path
) -> None:
    make_program("journalctl", f'echo "$@" >> {tmp_path}/asked')
    assert systemd.journal(12.9, lines=5) == []
    assert (tmp_path / "asked").read_text().splitlines() == [
        "--sync",
        "--unit=demo.service --since=@12 --lines=5 --reverse --output=json --all",
    ]


def test_journal_leaves_out_the_end_of_the_process_before(systemd: Systemd, make_program: MakeProgram) -> None:
    entries: list[dict[str, object]] = [
        {"MESSAGE": "closing 1 of 90", "_SYSTEMD_INVOCATION_ID": "old"},
        {"MESSAGE": "Stopped demo.", "INVOCATION_ID": "old"},
        {"MESSAGE": "Started demo.", "INVOCATION_ID": "new"},
        {"MESSAGE": [112, 97, 110, 105, 99, 255], "_SYSTEMD_INVOCATION_ID": "new"},
        {"MESSAGE": None},
    ]
    program = "\n".join(f"echo '{json.dumps(entry)}'" for entry in reversed(entries))
    make_program("journalctl", f'[ "$1" = --sync ] && exit 1; echo "-- Boot --"\n{program}')
    assert systemd.journal(0, without="old") == ["Started demo.", "panic\ufffd", ""]
    assert systemd.journal(0)[:2] == ["closing 1 of 90", "Stopped demo."]


def test_unreadable_journal_is_empty(systemd: Systemd, make_program: MakeProgram) -> None:
    make_program("journalctl", "exit 1")
    assert systemd.journal(0) == []
