# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import grp
import json
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment import host_checks
from ansible_collections.vigil.observability.plugins.module_utils._host.tree import MARKER, set_symlink, staging_token
from ansible_collections.vigil.observability.plugins.module_utils._staging import passed_tests
from ansible_collections.vigil.observability.plugins.module_utils._staging.seal import seal
from ansible_collections.vigil.observability.plugins.modules import host_preflight, staged_config

Result = dict[str, Any]
Stage = Callable[..., Result]
MakeProgram = Callable[[str, str], Path]

ME = pwd.getpwuid(os.geteuid()).pw_name
SECRET = "correct horse\nbattery-staple\n"
FILES: list[Result] = [
    {"path": "app.yml", "content": "interval: 15s\n"},
    {"path": "rules/cpu.yml", "content": "groups: []\n", "mode": "0440"},
    {"path": "passwords/admin", "secret_content": SECRET},
]


def snapshot(root: Path) -> dict[str, tuple[int, int, int]]:
    """Return inode and times of everything below root: any write shows."""
    found = {path: path.lstat() for path in (root, *root.rglob("*"))}
    return {str(path): (stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in found.items()}


def with_file(path: str, **entry: Any) -> list[Result]:
    """Return the usual files with this one in the place of the one at that path, or beside them."""
    return [*(file for file in FILES if file["path"] != path), {"path": path, **entry}]


@pytest.fixture
def configurations(tmp_path: Path) -> Path:
    return tmp_path / "etc/vigil"


@pytest.fixture
def active(tmp_path: Path) -> Path:
    return tmp_path / "etc/app"


@pytest.fixture(autouse=True)
def group_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests has a group of the same name, as the users have that the module makes."""
    found = grp.getgrnam
    mine = grp.struct_group((ME, "x", os.getegid(), []))
    monkeypatch.setattr(grp, "getgrnam", lambda name: mine if name == ME else found(name))


@pytest.fixture
def stage(run_module: Stage, configurations: Path, active: Path) -> Stage:
    """A function that stages the usual files; options lay over the usual ones."""
    usual = {"service": "app", "user": ME, "files": FILES, "configurations_dir": str(configurations)}

    def run(**options: Any) -> Result:
        return run_module(staged_config, **{**usual, "active": str(active), "locks_dir": f"{active}.locks", **options})

    return run


def staged_names(configurations: Path) -> list[str]:
    return sorted(path.name for path in (configurations / "app").iterdir())


def by_file(result: Result) -> dict[str, tuple[str, str]]:
    """Return before and after of a diff by the last part of its header."""
    return {Path(part["before_header"]).name: (part["before"], part["after"]) for part in result["diff"]}


def test_files_are_written_for_the_user_alone_whatever_the_umask_is(stage: Stage, configurations: Path) -> None:
    umask = os.umask(0o077)
    try:
        result = stage()
    finally:
        os.umask(umask)
    path = Path(result["path"])
    assert path == configurations / "app" / result["digest"][:12]
    modes = {".": 0o750, "rules": 0o750, "app.yml": 0o640, "rules/cpu.yml": 0o440, "passwords/admin": 0o640}
    assert {name: stat.S_IMODE((path / name).stat().st_mode) for name in modes} == modes
    assert {(path / name).stat().st_gid for name in modes} == {os.getegid()}
    assert (path / "passwords/admin").read_text() == SECRET
    assert (result["changed"], result["validated"], staged_names(configurations)) == (True, False, [path.name])
    assert stat.S_IMODE(configurations.stat().st_mode) == 0o755


def test_a_place_for_files_of_other_tools_is_made_and_then_left_alone(stage: Stage, configurations: Path) -> None:
    stage(check=True)
    assert not configurations.exists()
    stage()
    place = configurations / "local/app"
    assert stat.S_IMODE(place.stat().st_mode) == 0o755
    (place / "targets.json").write_text("[]")
    place.chmod(0o775)
    stage(files=FILES[1:])
    assert (stat.S_IMODE(place.stat().st_mode), (place / "targets.json").read_text()) == (0o775, "[]")


def test_unchanged_run_writes_nothing_and_asks_no_validator(
    stage: Stage, configurations: Path, make_program: MakeProgram, tmp_path: Path
) -> None:
    checker = make_program("checker", f"echo asked >> {tmp_path}/asked")
    commands = [[str(checker), "{dir}"]]
    first = stage(validate=commands)
    before = snapshot(configurations)
    second = stage(validate=commands, diff=True)
    assert (second["changed"], second["validated"], second["path"]) == (False, True, first["path"])
    assert snapshot(configurations) == before
    assert (tmp_path / "asked").read_text() == "asked\n"


@pytest.mark.parametrize(
    "options",
    [
        {"files": with_file("app.yml", content="interval: 30s\n")},
        {"files": with_file("app.yml", content="interval: 15s\n", mode="0644")},
        {"files": with_file("other.yml", content="")},
        {"files": FILES[1:]},
        {"user": "daemon"},
    ],
    ids=["content", "mode", "path", "missing", "group"],
)
def test_digest_covers_paths_groups_modes_and_contents(stage: Stage, options: Result) -> None:
    assert stage(check=True, **options)["digest"] != stage(check=True)["digest"]


def test_digest_does_not_depend_on_the_order_or_on_what_is_secret(stage: Stage) -> None:
    files = [{"path": "passwords/admin", "content": SECRET}, *reversed(FILES[:2])]
    assert stage(check=True, files=files)["digest"] == stage(check=True)["digest"]


def test_digest_covers_the_owner(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = stage(check=True)["digest"]
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd(("other", "x", 1, 1, "", "/", "/bin/sh")))
    assert stage(check=True)["digest"] != digest


def edit(path: Path) -> None:
    (path / "app.yml").write_text("interval: 1s\n")


def edit_a_secret(path: Path) -> None:
    (path / "passwords/admin").write_text("guess\n")


def open_to_everyone(path: Path) -> None:
    (path / "app.yml").chmod(0o666)


def open_the_directory(path: Path) -> None:
    path.chmod(0o755)


def delete(path: Path) -> None:
    (path / "app.yml").unlink()


def add(path: Path) -> None:
    (path / "extra.yml").write_text("by hand\n")
    (path / "extra.yml").chmod(0o644)


def replace_by_a_link(path: Path) -> None:
    (path / "app.yml").unlink()
    (path / "app.yml").symlink_to("/etc/hostname")


def delete_the_marker(path: Path) -> None:
    (path / MARKER).unlink()


EDITS: dict[Callable[[Path], None], dict[str, tuple[str, str]]] = {
    edit: {"app.yml": ("interval: 1s\n", "interval: 15s\n")},
    edit_a_secret: {"admin": ("(secret)\n", "(secret, changed)\n")},
    open_to_everyone: {"app.yml": ("-rw-rw-rw- ", "-rw-r----- ")},
    open_the_directory: {"app": ("drwxr-xr-x ", "drwxr-x--- ")},
    delete: {"app.yml": ("", "-rw-r----- ")},
    add: {"extra.yml": ("-rw-r--r-- ", "")},
    replace_by_a_link: {"app.yml": ("lrwxrwxrwx ", "-rw-r----- ")},
    delete_the_marker: {},
}


def test_files_of_another_tool_are_moved_aside_with_a_warning_before_the_directory_is_put_back(
    stage: Stage, configurations: Path, active: Path
) -> None:
    path, moved = Path(stage()["path"]), configurations / "local/app/removed/file_sd/a.json"
    set_symlink(active, path)
    (path / "file_sd").mkdir()
    (path / "file_sd/a.json").write_text("[]")
    warning = f"{active} contains files that this collection did not create, file_sd/a.json: they are moved to "
    assert stage(check=True)["warnings"][0].startswith(f"{warning}{moved.parents[1]}. Keep files of other tools in ")
    assert (path / "file_sd/a.json").exists()
    assert stage()["warnings"][0].startswith(warning)
    assert (moved.read_text(), (path / "file_sd").exists()) == ("[]", False)
    assert stage()["warnings"] == []


def test_files_of_another_tool_stay_behind_with_a_warning_in_a_configuration_that_is_replaced(
    stage: Stage, active: Path
) -> None:
    first = Path(stage()["path"])
    set_symlink(active, first)
    (first / "notes.txt").write_text("mine")
    result = stage(files=FILES[1:])
    assert f"notes.txt: they stay in {first} until that configuration is pruned" in result["warnings"][0]
    assert (first / "notes.txt").read_text() == "mine"
    set_symlink(active, Path(result["path"]))
    assert stage(files=FILES[1:])["warnings"] == []


@pytest.mark.parametrize("change", EDITS, ids=[change.__name__ for change in EDITS])
@pytest.mark.parametrize("is_active", [True, False], ids=["active", "only staged"])
def test_configuration_edited_by_hand_is_shown_and_put_back_with_a_new_token(
    stage: Stage, configurations: Path, active: Path, change: Callable[[Path], None], is_active: bool
) -> None:
    path = Path(stage()["path"])
    if is_active:
        set_symlink(active, path)
    token, intact = staging_token(path), {name: (path / name).read_bytes() for name in ("app.yml", "passwords/admin")}
    change(path)
    for options in ({"check": True}, {}):
        result = stage(diff=True, **options)
        assert result["changed"] is True
        if is_active:
            shown = by_file(result)
            assert shown.keys() == EDITS[change].keys()
            for name, (before, after) in EDITS[change].items():
                assert shown[name][0].startswith(before)
                assert shown[name][1].startswith(after)
        assert "by hand" not in str(result)
    assert {name: (path / name).read_bytes() for name in intact} == intact
    assert staging_token(path) not in (None, token)
    assert staged_names(configurations) == [path.name]
    assert stage()["changed"] is False


def test_edit_of_a_configuration_that_is_not_active_is_shown_beside_the_change(stage: Stage, active: Path) -> None:
    first = Path(stage()["path"])
    set_symlink(active, first)
    files = with_file("app.yml", content="interval: 30s\n")
    second = Path(stage(files=files)["path"])
    (second / "rules/cpu.yml").chmod(0o600)
    (second / "rules/cpu.yml").write_text("edited\n")
    headers = {part["before_header"]: part["before"] for part in stage(files=files, diff=True, check=True)["diff"]}
    assert headers[str(active / "app.yml")] == "interval: 15s\n"
    assert headers[str(second / "rules/cpu.yml")].endswith("edited\n")
    assert len(headers) == 2


def test_diff_of_a_first_configuration_shows_all_files_but_the_contents_of_secrets(stage: Stage) -> None:
    result = stage(check=True, diff=True)
    shown = by_file(result)
    assert shown["app.yml"][0] == ""
    assert shown["app.yml"][1].endswith("interval: 15s\n")
    assert shown["admin"][1].endswith("(secret, changed)\n")
    assert not any(word in str(result) for word in ("correct", "horse", "battery"))


def test_diff_shows_only_what_differs_from_the_active_configuration(stage: Stage, active: Path) -> None:
    set_symlink(active, Path(stage()["path"]))
    files = with_file("passwords/admin", secret_content=SECRET, mode="0600")
    shown = by_file(stage(files=files, diff=True, check=True))
    assert list(shown) == ["admin"]
    assert shown["admin"][0].endswith("(secret)\n")
    assert shown["admin"][1].startswith("-rw------- ")
    assert shown["admin"][1].endswith("(secret, unchanged)\n")


@pytest.mark.parametrize(
    "files", [FILES[:2], with_file("passwords/admin", content="public now\n")], ids=["removed", "no secret any more"]
)
def test_diff_never_shows_what_was_secret_in_the_active_configuration(
    stage: Stage, active: Path, files: list[Result]
) -> None:
    set_symlink(active, Path(stage()["path"]))
    result = stage(files=files, diff=True, check=True)
    assert by_file(result)["admin"][0].endswith("(secret)\n")
    assert not any(word in str(result) for word in ("correct", "horse", "battery"))


def test_diff_does_not_show_an_active_configuration_that_is_not_ours(stage: Stage, active: Path) -> None:
    active.mkdir(parents=True)
    (active / "app.yml").write_text("password: by-hand\n")
    assert "by-hand" not in str(stage(diff=True, check=True))


def test_diff_is_made_against_the_directory_below_etc_by_default(run_module: Stage, configurations: Path) -> None:
    options = {"service": "vigil-test", "user": ME, "files": FILES[:1], "configurations_dir": str(configurations)}
    result = run_module(staged_config, check=True, diff=True, **options)
    assert "/etc/vigil-test/app.yml" in {part["after_header"] for part in result["diff"]}


@pytest.mark.parametrize("check", [False, True])
def test_invalid_configuration_is_refused_with_the_validator_s_words_and_nothing_left(
    stage: Stage, configurations: Path, make_program: MakeProgram, tmp_path: Path, check: bool
) -> None:
    checker = make_program("checker", f'echo "$1: line 1: no such field"; echo "$0" "$1" > {tmp_path}/asked; exit 3')
    result = stage(check=check, validate=[[str(checker), "{dir}/app.yml"]])
    assert result["msg"] == (
        f"'{checker} app.yml' rejects the configuration of app with exit code 3. Nothing was staged, and the running "
        "service was not touched. Its output:\napp.yml: line 1: no such field"
    )
    assert not configurations.exists() if check else staged_names(configurations) == []
    assert not Path((tmp_path / "asked").read_text().split()[1]).exists()


@pytest.mark.parametrize("check", [False, True])
def test_validators_see_all_files_and_are_all_asked(
    stage: Stage, make_program: MakeProgram, tmp_path: Path, check: bool
) -> None:
    checker = make_program("checker", f'cat "$1/app.yml" "$1/passwords/admin" rules/cpu.yml > {tmp_path}/seen.$$')
    result = stage(check=check, validate=[["checker", "{dir}"], [str(checker), "{dir}/"], []])
    assert result["validated"] is True
    assert [file.read_text() for file in tmp_path.glob("seen.*")] == [f"interval: 15s\n{SECRET}groups: []\n"] * 2


def test_other_validators_are_asked_about_a_configuration_that_is_staged_already(
    stage: Stage, configurations: Path, make_program: MakeProgram, tmp_path: Path
) -> None:
    path = Path(stage()["path"])
    token = staging_token(path)
    checker = make_program("checker", f"echo asked >> {tmp_path}/asked; test ! -e {tmp_path}/strict")
    commands = [[str(checker), "{dir}"]]
    before = snapshot(configurations)
    assert stage(check=True, validate=commands)["validated"] is True
    assert snapshot(configurations) == before
    for _attempt in range(2):
        result = stage(validate=commands)
        assert (result["changed"], result["validated"], staging_token(path)) == (False, True, token)
    assert (tmp_path / "asked").read_text() == "asked\n" * 2
    (tmp_path / "strict").touch()
    assert "rejects the configuration of app" in stage(validate=[*commands, *commands])["msg"]


def test_missing_validator_is_named_in_a_warning_of_check_mode(
    stage: Stage, configurations: Path, make_program: MakeProgram
) -> None:
    present = [str(make_program("checker", "true")), "{dir}"]
    absent = ["/opt/vigil/app/1.0-abc/apptool", "check", "config", "{dir}/app.yml"]
    result = stage(check=True, validate=[present, absent])
    assert (result["changed"], result["validated"]) == (True, False)
    (warning,) = result["warnings"]
    assert warning == (
        "The configuration of app was not validated by '/opt/vigil/app/1.0-abc/apptool check config app.yml': the "
        "program does not exist on this host yet. A run without check mode validates it."
    )
    assert stage(check=True, validate=[absent])["validated"] is False
    assert not configurations.exists()


def test_many_missing_validators_are_one_warning(stage: Stage) -> None:
    result = stage(check=True, validate=[["/nowhere/tool", "test", f"{{dir}}/{number}"] for number in range(9)])
    (warning,) = result["warnings"]
    assert (
        "not validated by '/nowhere/tool test 0', '/nowhere/tool test 1' and 7 more: the program does not exist"
        in warning
    )


def test_validator_with_an_environment_is_the_program_behind_it(stage: Stage) -> None:
    command = ["/usr/bin/env", "PLACE={dir}", "sh", "-c", '[ "$PLACE" != "" ] && grep -q x "$PLACE/a.yml"']
    assert stage(files=[{"path": "a.yml", "content": "x"}], validate=[command])["changed"]
    result = stage(check=True, validate=[["/usr/bin/env", "PLACE={dir}", "/absent/check"]])
    assert "the program does not exist on this host yet" in result["warnings"][0]


def test_missing_validator_fails_outside_of_check_mode(stage: Stage, configurations: Path) -> None:
    result = stage(validate=[["/opt/vigil/app/1.0-abc/apptool", "{dir}"]])
    assert "the program does not exist on this host. Stage the release that contains it first" in result["msg"]
    assert not (configurations / "app").exists()


def test_validator_that_cannot_run_is_named(stage: Stage, make_program: MakeProgram) -> None:
    checker = make_program("checker", "")
    checker.write_bytes(b"\x7fELF of another architecture")
    assert stage(validate=[[str(checker)]])["msg"] == f"Cannot run {checker} to validate app: Exec format error."


@pytest.fixture
def ran(make_program: MakeProgram, tmp_path: Path) -> Callable[[], list[str]]:
    """A function that returns the tests that the program `tester` ran since the last time, in their order by name.

    It refuses a test in which it reads "wrong".
    """
    path = tmp_path / "ran"
    make_program("tester", f'echo "$2" "$(nice)" >> {path}; if grep wrong "$2"; then exit 1; fi')

    def names() -> list[str]:
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return sorted(Path(line.split()[0]).name for line in lines)

    return names


@pytest.fixture
def one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run one after the other."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})


TESTS: list[Result] = [
    {"path": "tests/a", "content": "of app\n", "tests": ["app.yml"]},
    {"path": "tests/b", "content": "of both\n", "tests": ["rules/cpu.yml", "app.yml"]},
    {"path": "tests/c", "content": "of cpu\n", "tests": ["rules/cpu.yml"]},
]
TESTED: Result = {"files": [*FILES, *TESTS], "test": ["tester", "test"]}


def with_tests(changed: str, /, **entry: Any) -> Result:
    """Return options with tests, and with other values for the file at that path."""
    files = [{**file, **entry} if file["path"] == changed else file for file in TESTED["files"]]
    return {**TESTED, "files": files}


@pytest.mark.parametrize(
    ("options", "again"),
    [
        (with_tests("passwords/admin", secret_content="other"), []),
        (with_tests("app.yml", mode="0644"), []),
        (with_tests("app.yml", content="interval: 30s\n"), ["a", "b"]),
        (with_tests("rules/cpu.yml", content="groups: [x]\n"), ["b", "c"]),
        (with_tests("tests/a", content="of the app\n"), ["a"]),
        (with_tests("tests/a", path="tests/d"), ["d"]),
        ({**TESTED, "test": ["tester", "check"]}, ["a", "b", "c"]),
    ],
    ids=["another file", "mode", "a tested file", "another tested file", "the test", "its name", "arguments"],
)
@pytest.mark.parametrize("check", [False, True])
def test_a_test_that_passed_runs_again_only_when_something_changed_that_it_reads(
    stage: Stage, ran: Callable[[], list[str]], configurations: Path, options: Result, again: list[str], check: bool
) -> None:
    assert stage(**TESTED)["validated"] is True
    assert ran() == ["a", "b", "c"]
    before = snapshot(configurations)
    assert stage(**TESTED)["validated"] is True
    assert stage(**options, check=check)["validated"] is True
    assert ran() == again
    if check:
        assert snapshot(configurations) == before


def test_tests_run_again_for_another_program_and_not_for_one_that_passed_them_before(
    stage: Stage, ran: Callable[[], list[str]], make_program: MakeProgram, tmp_path: Path
) -> None:
    stage(**TESTED)
    old = (tmp_path / "programs/tester").read_text().removeprefix("#!/bin/sh\n").removesuffix("\n")
    for script, runs in ((f"{old} # new", ["a", "b", "c"]), (old, [])):
        ran()
        make_program("tester", script)
        stage(**with_tests("passwords/admin", secret_content=script))
        assert ran() == runs


def test_going_back_to_an_earlier_configuration_runs_no_test(
    stage: Stage, ran: Callable[[], list[str]], configurations: Path
) -> None:
    stage(**TESTED)
    stage(**with_tests("app.yml", content="interval: 30s\n"))
    for marker in configurations.glob(f"app/*/{MARKER}"):
        marker.unlink()
    ran()
    stage(**TESTED)
    assert ran() == []


def test_test_of_files_that_are_not_known_or_not_there_runs_on_every_change(
    stage: Stage, ran: Callable[[], list[str]]
) -> None:
    odd = [{**TESTS[0], "tests": []}, {**TESTS[1], "tests": ["rules/cpu.yml", "/etc/hostname"]}, TESTS[2]]
    for number, runs in enumerate((["a", "b", "c"], ["a", "b"])):
        stage(files=[*with_file("passwords/admin", secret_content=str(number)), *odd], test=["tester", "test"])
        assert ran() == runs


@pytest.mark.usefixtures("one_processor")
def test_test_that_failed_runs_again_and_those_that_passed_before_it_do_not(
    stage: Stage, ran: Callable[[], list[str]], configurations: Path
) -> None:
    wrong = with_tests("tests/b", content="wrong\n")
    assert "'tester test tests/b' rejects the configuration of app" in stage(**wrong, check=True)["msg"]
    for runs in (["a", "b"], ["a", "b"], ["b"]):
        assert ran() == runs
        assert "rejects the configuration of app" in stage(**wrong)["msg"]
    ran()
    assert staged_names(configurations) == [".passed"]
    assert stage(**TESTED)["validated"] is True
    assert ran() == ["b", "c"]


def test_tests_run_side_by_side_with_less_priority_and_the_first_of_the_list_is_told(
    stage: Stage, make_program: MakeProgram, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    wait = f"while ! test -e {tmp_path}/b; do sleep 0.02; done"
    script = f'case "$1" in */a) {wait};; esac; touch "{tmp_path}/${{1##*/}}"; nice; echo "$1"; exit 1'
    make_program("tester", script)
    result = stage(**{**TESTED, "test": ["tester"]})
    niceness = min(os.getpriority(os.PRIO_PROCESS, 0) + 10, 19)
    assert result["msg"].endswith(f"Its output:\n{niceness}\ntests/a")


def open_for_all(path: Path) -> None:
    path.chmod(0o666)


def give_away(path: Path) -> None:
    path.rename(path.with_name("kept"))
    path.symlink_to("kept")


@pytest.mark.parametrize("tamper", [open_for_all, give_away], ids=["everyone may write", "a link"])
def test_what_others_may_have_written_is_not_taken_for_passed(
    stage: Stage, ran: Callable[[], list[str]], configurations: Path, tamper: Callable[[Path], None]
) -> None:
    stage(**TESTED)
    memory = configurations / "app/.passed"
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600
    tamper(memory)
    ran()
    for number, runs in enumerate((["a", "b", "c"], [])):
        stage(**with_tests("passwords/admin", secret_content=str(number)))
        assert ran() == runs
    assert (memory.is_symlink(), stat.S_IMODE(memory.stat().st_mode)) == (False, 0o600)


def test_tests_that_passed_longest_ago_are_forgotten_and_those_in_use_are_not(
    stage: Stage, ran: Callable[[], list[str]], configurations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passed_tests, "_KEPT", 2)
    stage(**TESTED)
    for content in ("of one\n", "of another\n"):
        stage(**with_tests("tests/c", content=content))
        assert len((configurations / "app/.passed").read_text().splitlines()) == 3
    for marker in configurations.glob(f"app/*/{MARKER}"):
        marker.unlink()
    ran()
    stage(**with_tests("tests/c", content="of one\n"))
    assert ran() == ["c"]


def test_missing_tester_is_named_in_a_warning_of_check_mode(stage: Stage, configurations: Path) -> None:
    result = stage(**{**TESTED, "test": ["/nowhere/tester"]}, check=True)
    assert result["validated"] is False
    assert "was not validated by '/nowhere/tester tests/a', '/nowhere/tester tests/b' and 1 more" in str(result)
    assert not configurations.exists()


def test_secrets_are_scrubbed_from_the_words_of_the_validator(stage: Stage, make_program: MakeProgram) -> None:
    make_program("checker", 'echo "bad password battery-staple near $(head -1 "$1/passwords/admin")" >&2; exit 1')
    result = stage(validate=[["checker", "{dir}"]])
    assert result["msg"].endswith("Its output:\nbad password ******** near ********")
    assert not any(word in str(result) for word in ("horse", "battery"))


def test_secret_of_several_lines_does_not_reach_the_system_log(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr("syslog.syslog", lambda *parts: logged.append(str(parts)))
    monkeypatch.setattr("ansible.module_utils.basic.has_journal", False)
    stage()
    assert any("app.yml, rules/cpu.yml, passwords/admin" in line for line in logged)
    assert not any(word in line for word in ("correct", "horse", "battery") for line in logged)


def test_what_a_killed_run_left_is_cleaned_and_the_run_repeated(stage: Stage, configurations: Path) -> None:
    for _attempt in range(2):
        (configurations / "app/.unpack-killed/configuration").mkdir(parents=True)
        path = Path(stage()["path"])
        assert staged_names(configurations) == [path.name]


def test_run_that_is_killed_while_it_validates_is_repeated_and_leaves_nothing(
    stage: Stage, configurations: Path, make_program: MakeProgram, tmp_path: Path
) -> None:
    make_program("checker", f'touch {tmp_path}/asked; test -e {tmp_path}/alive || kill -KILL "$PPID"')
    options = {"service": "app", "user": ME, "files": FILES, "configurations_dir": str(configurations)}
    script = f"import json, sys; from {staged_config.__name__} import main; main()"
    collections = next(
        folder for folder in Path(staged_config.__file__).parents if folder.name == "ansible_collections"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "validate": [["checker"]]}}).encode(),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(collections.parent), *sys.path])},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [name[:8] for name in staged_names(configurations)] == [".unpack-"]
    (tmp_path / "alive").touch()
    path = Path(stage(validate=[["checker"]])["path"])
    assert staged_names(configurations) == [path.name]


def test_half_a_configuration_is_replaced(stage: Stage) -> None:
    path = Path(stage(check=True)["path"])
    path.mkdir(parents=True)
    (path / "app.yml").write_text("inter")
    assert stage()["changed"] is True
    assert (path / "app.yml").read_text() == "interval: 15s\n"


def test_full_disk_is_a_clear_error_and_leaves_what_was_staged(stage: Stage, full_disk: Path) -> None:
    first = stage(configurations_dir=str(full_disk))["path"]
    before = snapshot(Path(first))
    result = stage(configurations_dir=str(full_disk), files=with_file("big.yml", content="x" * (1 << 20)))
    assert result["msg"].startswith(f"Cannot stage the configuration of app in {full_disk}/app: ")
    assert "No space left on device" in result["msg"] or "File too large" in result["msg"]
    assert result["msg"].endswith("No files were left behind, and the running service was not touched.")
    assert [str(path) for path in (full_disk / "app").iterdir()] == [first]
    assert snapshot(Path(first)) == before


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([{"path": "/etc/passwd", "content": ""}], "The path '/etc/passwd' of a file is outside of its configuration"),
        ([{"path": "a/../../b", "content": ""}], "The path 'a/../../b' of a file is outside of its configuration"),
        ([{"path": "", "content": ""}], "The path '' of a file is outside of its configuration"),
        ([{"path": "./", "content": ""}], "The path './' of a file is outside of its configuration"),
        ([{"path": MARKER, "content": ""}], f"The path '{MARKER}' of a file is outside of its configuration"),
        ([{"path": "a", "content": ""}, {"path": "./a", "content": ""}], "two files that both use a."),
        ([{"path": "a/b", "content": ""}, {"path": "a", "content": ""}], "two files that both use a/b."),
        ([{"path": "a", "content": "", "mode": 416}], "The mode 416 of a must be four octal digits in quotes"),
        ([{"path": "a", "content": "", "mode": "u=rw"}], "The mode 'u=rw' of a must be four octal digits in quotes"),
        ([{"path": "a", "content": "", "mode": "4755"}], "The mode '4755' of a must be four octal digits in quotes"),
        (
            [{"path": "a", "secret_content": "x", "mode": "0644"}],
            "gives everyone on the host access to the secret file a",
        ),
        ([{"path": "a"}], "one of the following is required: content, secret_content"),
        ([{"path": "a", "content": "", "secret_content": ""}], "mutually exclusive"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(
    stage: Stage, configurations: Path, files: list[Result], message: str
) -> None:
    assert message in stage(files=files)["msg"]
    assert not configurations.exists()


def test_service_that_is_no_directory_name_is_refused(stage: Stage) -> None:
    assert "The service 'a/b' cannot be the name of a directory" in stage(service="a/b")["msg"]


def test_user_with_another_uid_is_refused_before_anything_is_written(stage: Stage, configurations: Path) -> None:
    assert f"The user {ME} exists with UID {os.geteuid()}, but UID 5123 was requested" in stage(uid=5123)["msg"]
    assert not configurations.exists()


@pytest.fixture
def absent_user(monkeypatch: pytest.MonkeyPatch, make_program: MakeProgram, tmp_path: Path) -> str:
    """A user that is missing until useradd, a program of a few lines here, has made it."""
    made, name, passwd, group = tmp_path / "made", "vigil-test-absent", pwd.getpwnam, grp.getgrnam
    make_program("useradd", f'echo "$*" >> {made}')

    def getpwnam(user: str) -> pwd.struct_passwd:
        if user == name and made.exists():
            return pwd.struct_passwd((name, "x", 5123, os.getegid(), "", "/", "/bin/false"))
        return passwd(user)

    def getgrnam(user: str) -> grp.struct_group:
        return grp.struct_group((name, "x", os.getegid(), [])) if user == name and made.exists() else group(user)

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    monkeypatch.setattr(grp, "getgrnam", getgrnam)
    return name


def test_missing_user_is_made_once(stage: Stage, absent_user: str, tmp_path: Path) -> None:
    assert stage(user=absent_user, uid=5123)["changed"] is True
    assert stage(user=absent_user, uid=5123)["changed"] is False
    assert (tmp_path / "made").read_text().count("\n") == 1


def test_check_mode_says_that_the_user_would_be_made_and_validates_without_it(
    stage: Stage, absent_user: str, tmp_path: Path, make_program: MakeProgram
) -> None:
    make_program("checker", 'test -s "$1/app.yml"')
    result = stage(user=absent_user, check=True, diff=True, validate=[["checker", "{dir}"]])
    assert (result["changed"], result["validated"]) == (True, True)
    assert by_file(result)[f"system user {absent_user}"] == ("", "present\n")
    assert by_file(result)["app.yml"][1].startswith(
        f"-rw-r----- {pwd.getpwuid(os.geteuid()).pw_name}:(group to be created)"
    )
    assert not (tmp_path / "made").exists()


def test_user_is_not_made_for_a_configuration_that_is_refused(
    stage: Stage, absent_user: str, tmp_path: Path, make_program: MakeProgram
) -> None:
    make_program("checker", "exit 1")
    assert stage(user=absent_user, validate=[["checker"]])["failed"] is True
    assert not (tmp_path / "made").exists()


def test_user_that_was_removed_is_made_again_for_an_untouched_configuration(
    stage: Stage, absent_user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(stage(user=absent_user)["path"])
    token, mine = staging_token(path), grp.struct_group((absent_user, "x", os.getegid(), []))
    (tmp_path / "made").unlink()
    monkeypatch.setattr(grp, "getgrnam", lambda _: mine)
    assert stage(user=absent_user)["changed"] is True
    assert (tmp_path / "made").exists()
    assert staging_token(path) == token


def test_files_belong_to_root_and_the_group_of_the_user(stage: Stage) -> None:
    user = "daemon" if os.geteuid() == 0 else ME
    path = Path(stage(user=user)["path"])
    owners = {(entry.lstat().st_uid, entry.lstat().st_gid) for entry in path.rglob("*") if entry.name != MARKER}
    assert owners == {(os.geteuid(), grp.getgrnam(user).gr_gid)}
    assert stage(user=user)["changed"] is False


# ------------------------------------------------------------------------------------------- seals of the preflight


@pytest.fixture
def sealed(run_module: Stage, active: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A function that has the preflight look at the active configuration of a service, and returns its seals."""
    monkeypatch.setattr(host_checks.Host, "problems", lambda _: ())
    places = {"root": str(active.parents[1]), "unit_dirs": [], "records_dir": f"{active}.records"}

    def run(key: str, **service: Any) -> Result:
        services = [{"name": "app", "user": ME, **service}]
        return dict(run_module(host_preflight, services=services, key=key, **places)["configurations"])

    return run


def test_the_preflight_seals_the_active_configuration_with_its_key(stage: Stage, sealed: Stage, active: Path) -> None:
    staged = stage(validate=[["/bin/true"]])
    assert sealed("key") == {}
    active.symlink_to(staged["path"])
    assert sealed("key") == {"app": seal(staged["path"], staged["digest"], [["/bin/true"]], "key")}
    assert sealed("another")["app"] != sealed("key")["app"]


def test_the_preflight_seals_nothing_that_was_changed_on_the_host(stage: Stage, sealed: Stage, active: Path) -> None:
    path = Path(stage()["path"])
    active.symlink_to(path)
    assert sealed("key", uid=os.geteuid()) != {}
    assert sealed("key", uid=os.geteuid() + 1) == {}
    assert sealed("key", user="user-of-nobody") == {}
    (path / "app.yml").write_text("interval: 1s\n")
    assert sealed("key") == {}


def test_binary_content_and_files_of_the_host_are_staged_and_never_shown(stage: Stage, tmp_path: Path) -> None:
    certificate = tmp_path / "tls.key"
    certificate.write_bytes(b"key\xff")
    files = [
        {"path": "store", "secret_base64": base64.b64encode(b"\x00\xff\n").decode()},
        {"path": "tls/tls.key", "host_file": str(certificate)},
    ]
    result = stage(files=files, diff=True)
    assert (Path(result["path"]) / "store").read_bytes() == b"\x00\xff\n"
    assert (Path(result["path"]) / "tls/tls.key").read_bytes() == b"key\xff"
    assert by_file(result)["tls.key"][1].endswith("(secret, changed)\n")
    assert not stage(files=files)["changed"]
    certificate.write_bytes(b"renewed")
    renewed = stage(files=files)
    assert (renewed["changed"], renewed["path"] != result["path"]) == (True, True)


def test_file_that_the_host_lacks_is_named_and_empty_in_check_mode(stage: Stage, configurations: Path) -> None:
    files = [{"path": "tls.key", "host_file": "/nowhere/tls.key"}]
    assert stage(files=files)["msg"] == "Cannot copy /nowhere/tls.key to tls.key: No such file or directory."
    assert stage(files=files, check=True)["changed"]
    assert not configurations.exists()
