# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.account import (
    Wanted,
    unfit_account,
    unfit_uid,
)
from ansible_collections.vigil.observability.plugins.module_utils._deployment.unit import MARK

NO_LOGIN = "/usr/sbin/nologin"
PROMETHEUS = Wanted("prometheus", "prometheus", None, "/srv/prometheus")
LOCK = "If only this service uses it, lock it (usermod --lock --shell /usr/sbin/nologin prometheus), or set"

Judge = Callable[..., "str | None"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a host on which nothing runs."""
    for folder in ("etc/skel", "proc/self/ns", "units"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/skel/.bashrc").write_text("")
    (tmp_path / "etc/login.defs").write_text("# UID_MIN 5\nUID_MIN\t\t1000\nUID_MAX 60000\n")
    (tmp_path / "proc/self/ns/pid").symlink_to("pid:[1]")
    return tmp_path


@pytest.fixture
def judge(root: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """A function that returns what is said of an account with these properties; a directory's has no password."""

    def judged(
        uid: int = 998,
        home: str = "/home/prometheus",
        program: str = NO_LOGIN,
        hashed: str | None = "!",
        wanted: Wanted = PROMETHEUS,
    ) -> str | None:
        entry = SimpleNamespace(pw_name=wanted.user, pw_uid=uid, pw_dir=home, pw_shell=program)
        monkeypatch.setattr(pwd, "getpwnam", lambda name: {wanted.user: entry}[name])
        shadow = "" if hashed is None else f"{wanted.user}:{hashed}:19000:::::\n"
        (root / "etc/shadow").write_text(f"root:*:1::::::\n{shadow}")
        return unfit_account(wanted, [root / "units"], root)

    return judged


def make_home(root: Path, *names: str, uid: int = 998) -> str:
    """Make a home with these files, and return its path."""
    home = root / "home/prometheus"
    home.mkdir(parents=True)
    for name in names:
        (home / name).write_text("")
    os.chown(home, uid, -1)
    return str(home)


def make_process(root: Path, *, uid: int = 998, unit: str = "db.service", namespace: str = "pid:[1]") -> None:
    process = root / "proc/4711"
    (process / "ns").mkdir(parents=True)
    (process / "comm").write_text("database\n")
    (process / "status").write_text(f"Name:\tdatabase\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
    (process / "cgroup").write_text(f"0::/system.slice/{unit}\n")
    (process / "ns/pid").symlink_to(namespace)


@pytest.mark.parametrize(
    "properties",
    [
        {},  # useradd -r -s /usr/sbin/nologin
        {"program": "/bin/sh"},  # useradd -r, whose password is locked
        {"uid": 1001, "program": "/bin/false"},  # useradd --no-create-home --shell /bin/false
        {"hashed": "!!"},
        {"hashed": "*"},
        {"hashed": None},  # of a directory, without a login shell
        {"home": "/nonexistent"},
        {"home": "/"},
    ],
)
def test_locked_account_without_a_home_in_use_is_taken_as_it_is(judge: Judge, properties: dict[str, Any]) -> None:
    assert judge(**properties) is None


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"hashed": "$y$abc"}, f"it has a password to log in with. {LOCK}"),
        ({"hashed": ""}, f"it has a password to log in with. {LOCK}"),
        ({"uid": 1001, "program": "/bin/bash"}, f"it has a login shell and a UID in the range for people. {LOCK}"),
        (
            {"uid": 160042, "program": "/bin/zsh", "hashed": None},
            "it comes from a directory service and has a login shell",
        ),
        ({"uid": 998, "program": "/bin/sh", "hashed": None}, "it comes from a directory service and has a login shell"),
        ({"uid": 0}, "it is root. Set prometheus_user to another name."),
        ({"uid": 33}, "it is an account of the operating system. Set prometheus_user to another name."),
        ({"uid": 65534}, "it is an account of the operating system."),
    ],
)
def test_account_of_a_person_or_of_the_system_is_refused_with_the_reason(
    judge: Judge, properties: dict[str, Any], reason: str
) -> None:
    said = str(judge(**properties))
    assert said.startswith("The user prometheus (UID ")
    assert f") cannot run prometheus: {reason}" in said
    assert said.endswith("et prometheus_user to another name.")


def test_account_of_systemd_is_of_the_system_though_nothing_runs_as_it(judge: Judge) -> None:
    wanted = Wanted("prometheus", "systemd-network", None, None)
    assert "it is an account of the operating system." in str(judge(wanted=wanted, home="/"))


def test_home_in_use_is_refused_by_what_is_in_it(judge: Judge, root: Path) -> None:
    home = make_home(root, "notes", "a", "b", "c")
    assert "its home directory is in use (a, b, c). Remove the files if nobody needs them, or set" in str(
        judge(home=home)
    )


@pytest.mark.parametrize(("names", "uid"), [((), 998), ((".bashrc",), 998), (("notes",), 0)])
def test_home_that_is_empty_as_it_was_made_or_another_s_is_not_in_use(
    judge: Judge, root: Path, names: tuple[str, ...], uid: int
) -> None:
    assert judge(home=make_home(root, *names, uid=uid)) is None


def test_home_that_is_the_data_directory_is_the_service_s(judge: Judge, root: Path) -> None:
    home = make_home(root, "wal")
    assert judge(home=home, wanted=Wanted("prometheus", "prometheus", None, f"{home}/data")) is None


def test_account_that_another_program_runs_as_is_refused_by_that_program(judge: Judge, root: Path) -> None:
    make_process(root)
    assert "database (pid 4711 of db.service) runs as this user. Stop it if nobody needs it, or set" in str(judge())


def test_account_shared_by_services_of_ours_is_taken(judge: Judge, root: Path) -> None:
    make_process(root, unit="grafana.service")
    (root / "units/grafana.service").write_text(f"{MARK}\n[Unit]\n")
    assert judge() is None


@pytest.mark.parametrize("other", [{"uid": 997}, {"namespace": "pid:[2]"}])
def test_process_of_another_user_or_of_a_container_is_no_reason(
    judge: Judge, root: Path, other: dict[str, Any]
) -> None:
    make_process(root, **other)
    assert judge() is None


def test_people_begin_where_the_host_says_so(judge: Judge, root: Path) -> None:
    (root / "etc/login.defs").write_text("UID_MIN 500\n")
    assert "a UID in the range for people" in str(judge(uid=600, program="/bin/bash"))
    (root / "etc/login.defs").unlink()
    assert judge(uid=600, program="/bin/bash") is None


def test_account_that_is_not_there_can_be_made(judge: Judge) -> None:
    assert unfit_account(Wanted("prometheus", "vigil-absent", None, None), []) is None
    assert unfit_uid(Wanted("prometheus", "vigil-absent", 47110, None)) is None


def test_uid_that_does_not_fit_is_refused_with_the_one_that_does() -> None:
    daemon = pwd.getpwnam("daemon").pw_uid
    assert unfit_uid(Wanted("prometheus", "daemon", daemon, None)) is None
    assert unfit_uid(Wanted("prometheus", "daemon", None, None)) is None
    assert f"exists with UID {daemon}, but prometheus_uid is 4711. Set it to {daemon} or remove it" in str(
        unfit_uid(Wanted("prometheus", "daemon", 4711, None))
    )


def test_uid_of_another_account_is_refused_before_a_user_is_made() -> None:
    daemon = pwd.getpwnam("daemon").pw_uid
    assert unfit_uid(Wanted("prometheus", "vigil-absent", daemon, None)) == (
        f"The UID {daemon} in prometheus_uid belongs to daemon. Choose another one."
    )
