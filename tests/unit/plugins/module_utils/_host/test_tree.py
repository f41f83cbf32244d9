# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.tree import (
    MARKER,
    digest_of_file,
    make_directory,
    mark_staged,
    origin_of,
    paths_below,
    remove_tree,
    set_symlink,
    staging_facts,
    staging_token,
    target_of,
    write_atomically,
)

MakeProgram = Callable[[str, str], Path]


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_link_is_made_swapped_and_removed(tmp_path: Path) -> None:
    link = tmp_path / "current"
    assert target_of(link) is None
    assert [set_symlink(link, tmp_path / "1"), target_of(link)] == [True, tmp_path / "1"]
    assert [set_symlink(link, tmp_path / "2"), target_of(link)] == [True, tmp_path / "2"]
    assert [set_symlink(link, None), target_of(link)] == [True, None]
    assert names_in(tmp_path) == []


def test_link_that_is_right_is_not_touched(tmp_path: Path) -> None:
    link = tmp_path / "current"
    set_symlink(link, tmp_path / "1")
    inode = link.lstat().st_ino
    assert set_symlink(link, tmp_path / "1") is False
    assert link.lstat().st_ino == inode
    assert set_symlink(tmp_path / "absent", None) is False


def test_link_replaces_what_a_killed_run_left_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".current.new").symlink_to("/half")
    set_symlink(tmp_path / "current", tmp_path / "1")
    assert names_in(tmp_path) == ["current"]


@pytest.mark.parametrize("target", [Path("/1"), None])
def test_directory_in_the_place_of_a_link_is_not_replaced(tmp_path: Path, target: Path | None) -> None:
    (tmp_path / "current").mkdir()
    with pytest.raises(FileExistsError, match="other than a symbolic link"):
        set_symlink(tmp_path / "current", target)


def test_file_gets_content_and_mode_whatever_the_umask_is(tmp_path: Path) -> None:
    path = tmp_path / "unit"
    umask = os.umask(0o077)
    try:
        assert write_atomically(path, b"[Unit]\n", mode=0o644) is True
    finally:
        os.umask(umask)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"[Unit]\n", 0o644)
    assert names_in(tmp_path) == ["unit"]


def test_file_that_is_right_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "unit"
    write_atomically(path, b"one", mode=0o600)
    before = path.stat()
    assert write_atomically(path, b"one", mode=0o600, uid=os.geteuid(), gid=os.getegid()) is False
    assert path.stat() == before


@pytest.mark.parametrize(("content", "mode"), [(b"two", 0o600), (b"longer", 0o600), (b"one", 0o640)])
def test_file_with_other_content_or_mode_is_replaced(tmp_path: Path, content: bytes, mode: int) -> None:
    path = tmp_path / "unit"
    write_atomically(path, b"one", mode=0o600)
    assert write_atomically(path, content, mode=mode) is True
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (content, mode)


def test_file_of_another_group_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "unit"
    write_atomically(path, b"one")
    groups = [gid for gid in (*os.getgroups(), 1) if gid != os.getegid()]
    if os.geteuid() and len(groups) == 1:
        groups = [os.getegid()]
    changed = write_atomically(path, b"one", gid=groups[0])
    assert (changed, path.stat().st_gid) == (groups[0] != os.getegid(), groups[0])


def test_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("one")
    (tmp_path / "unit").symlink_to("other")
    assert write_atomically(tmp_path / "unit", b"one", mode=0o644) is True
    assert not (tmp_path / "unit").is_symlink()


def test_file_that_cannot_be_written_leaves_the_old_one_and_nothing_beside_it(full_disk: Path) -> None:
    write_atomically(full_disk / "unit", b"old")
    with pytest.raises(OSError, match="No space left on device|File too large") as caught:
        write_atomically(full_disk / "unit", b"new" * 1_000_000)
    assert caught.value.filename == str(full_disk / "unit")
    assert names_in(full_disk) == ["unit"]
    assert (full_disk / "unit").read_bytes() == b"old"


def test_directories_are_made_open_whatever_the_umask_is(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        assert make_directory(tmp_path / "a/b", 0o750) is True
    finally:
        os.umask(umask)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b")] == [0o755, 0o750]
    assert make_directory(tmp_path / "a/b") is False


def test_paths_below_are_sorted_relative_and_without_the_marker_at_the_top(tmp_path: Path) -> None:
    for name in ("b/c", "a", MARKER, f"b/{MARKER}"):
        write_directory = (tmp_path / name).parent
        write_directory.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "loop").symlink_to(".")
    assert [str(path) for path in paths_below(tmp_path)] == ["a", "b", f"b/{MARKER}", "b/c", "loop"]


def test_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert digest_of_file(tmp_path / "empty").startswith("e3b0c44298fc1c14")


def test_removing_a_tree_leaves_what_links_in_it_point_at(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "tree/sub").mkdir(parents=True)
    (tmp_path / "tree/link").symlink_to(tmp_path / "kept")
    (tmp_path / "link").symlink_to("kept")
    (tmp_path / "file").touch()
    for name in ("tree", "link", "file", "absent"):
        remove_tree(tmp_path / name)
    assert names_in(tmp_path) == ["kept"]


def test_marker_gives_a_new_token_every_time_but_keeps_one_that_is_given(tmp_path: Path) -> None:
    first = mark_staged(tmp_path, digest="abc")
    assert staging_facts(tmp_path) == {"token": first, "digest": "abc"}
    second = mark_staged(tmp_path, digest="abc")
    assert re.fullmatch("[0-9a-f]{32}", second)
    assert second != first
    assert mark_staged(tmp_path, token=second, digest="def") == second == staging_token(tmp_path)


def test_token_is_found_through_the_active_link(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    token = mark_staged(tmp_path / "1")
    set_symlink(tmp_path / "current", tmp_path / "1")
    assert staging_token(tmp_path / "current") == token


@pytest.mark.parametrize("marker", [None, "", "[1]", '{"token": 7}', '{"token": "cut'])
def test_directory_without_a_sound_marker_has_no_token(tmp_path: Path, marker: str | None) -> None:
    if marker is not None:
        (tmp_path / MARKER).write_text(marker)
    assert staging_token(tmp_path) is None


@pytest.mark.parametrize(
    ("dpkg", "rpm", "origin"),
    [
        ("echo prometheus: $2", "exit 1", "prometheus"),
        ("echo libc6:amd64: $2", "exit 1", "libc6"),
        ("echo diversion by dash from: $2; echo dash: $2", "exit 1", "dash"),
        ("exit 1", "echo prometheus2", "prometheus2"),
        ("exit 1", "exit 1", None),
        ("true", "true", None),
        ('test "$2" = /lib/demo.service && echo "demo: $2"', "exit 1", "demo"),
    ],
)
def test_origin_is_the_package_that_either_manager_names(
    make_program: MakeProgram, dpkg: str, rpm: str, origin: str | None
) -> None:
    make_program("dpkg-query", dpkg)
    make_program("rpm", rpm)
    assert origin_of(Path("/usr/lib/demo.service")) == origin


def test_origin_is_unknown_without_a_package_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert origin_of(Path("/etc/prometheus")) is None
