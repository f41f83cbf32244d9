# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._host import system_user
from ansible_collections.vigil.observability.plugins.module_utils._host.system_user import ensure

MakeProgram = Callable[[str, str], Path]
MakeModule = Callable[..., basic.AnsibleModule]
ME = pwd.getpwuid(os.geteuid()).pw_name
ABSENT = "vigil-test-absent"


@pytest.fixture
def make_module(monkeypatch: pytest.MonkeyPatch) -> MakeModule:
    def make(*, check: bool = False) -> basic.AnsibleModule:
        args = f'{{"ANSIBLE_MODULE_ARGS": {{"_ansible_check_mode": {str(check).lower()}}}}}'
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", args.encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        return basic.AnsibleModule({}, supports_check_mode=True)

    return make


@pytest.fixture
def calls(make_program: MakeProgram, tmp_path: Path) -> Callable[[], list[str]]:
    """Programs that only note how they were called, and a function that returns those calls."""
    log = tmp_path / "calls"
    for name in ("useradd", "groupadd", "usermod"):
        make_program(name, f'echo "$(basename "$0") $*" >> {log}')
    return lambda: log.read_text().splitlines() if log.exists() else []


def test_user_that_is_there_is_unchanged(
    make_module: MakeModule, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grp, "getgrnam", lambda _: grp.getgrgid(os.getegid()))
    assert ensure(make_module(), ME, os.geteuid()) is False
    assert ensure(make_module(), ME) is False
    assert calls() == []


def test_missing_user_is_made_as_a_system_user_without_home_and_login(
    make_module: MakeModule, calls: Callable[[], list[str]]
) -> None:
    assert ensure(make_module(), ABSENT, 5123) is True
    (call,) = calls()
    assert call.startswith("useradd --system --no-create-home --home-dir /nonexistent --shell /")
    assert call.endswith(f" --user-group --uid 5123 {ABSENT}")


def test_check_mode_says_that_the_user_would_be_made_and_makes_nothing(
    make_module: MakeModule, calls: Callable[[], list[str]]
) -> None:
    assert ensure(make_module(check=True), ABSENT) is True
    assert calls() == []


def test_group_that_is_there_already_becomes_the_user_s(
    make_module: MakeModule, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grp, "getgrnam", lambda _: grp.getgrgid(os.getegid()))
    assert ensure(make_module(), ABSENT) is True
    assert calls()[0].endswith(f" --gid {ABSENT} {ABSENT}")


def test_user_without_a_group_of_its_name_stays_as_it_is_beside_one_that_is_made(
    make_module: MakeModule, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_group(group: str) -> Any:
        raise KeyError(group)

    monkeypatch.setattr(grp, "getgrnam", no_group)
    assert ensure(make_module(), ME) is True
    assert calls() == [f"groupadd --system {ME}"]


@pytest.mark.parametrize("check", [False, True])
def test_other_uid_than_asked_for_is_refused_by_name(make_module: MakeModule, check: bool) -> None:
    with pytest.raises(
        OperatorError, match=f"^The user {ME} exists with UID {os.geteuid()}, but UID 5123 was requested"
    ):
        ensure(make_module(check=check), ME, 5123)


def test_failure_passes_on_the_words_of_the_program(make_module: MakeModule, make_program: MakeProgram) -> None:
    make_program("useradd", "echo UID 5123 is not unique >&2; exit 4")
    with pytest.raises(
        OperatorError, match=f"^Cannot create the system user {ABSENT}. useradd failed with: UID 5123 is not unique$"
    ):
        ensure(make_module(), ABSENT, 5123)


def test_host_without_the_program_is_told_what_to_install(
    make_module: MakeModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basic.AnsibleModule, "get_bin_path", lambda *_, **__: None)
    with pytest.raises(OperatorError, match="this host has no useradd. Install the package"):
        ensure(make_module(), ABSENT)


def test_login_shell_is_one_that_the_host_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == "/sbin/nologin")
    assert "/sbin/nologin" in system_user._useradd("x", None, missing_group=True)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert "/bin/false" in system_user._useradd("x", None, missing_group=True)
