# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.tree import mark_staged
from ansible_collections.vigil.observability.plugins.module_utils._staging.foreign import foreign_files, put_aside, told


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """A staged directory in which another tool keeps files."""
    directory = tmp_path / "app/0123"
    (directory / "file_sd/empty").mkdir(parents=True)
    for name in ("app.yml", "notes.txt", "file_sd/a.json"):
        (directory / name).write_text(name)
    (directory / "link").symlink_to("/nowhere")
    (directory / ".app.yml.new").write_text("half")
    mark_staged(directory, files=[".", "app.yml"])
    return directory


FOREIGN = [Path("file_sd/a.json"), Path("link"), Path("notes.txt")]


def test_files_that_nobody_staged_are_found_without_directories_and_halves(staged: Path) -> None:
    assert foreign_files(staged) == FOREIGN
    assert foreign_files(staged, ["app.yml", "notes.txt", "link"]) == FOREIGN[:1]


def test_nothing_is_foreign_where_nothing_says_what_was_staged(staged: Path) -> None:
    (staged / ".staged").unlink()
    assert foreign_files(staged) == []


def test_files_put_aside_keep_their_content_where_only_root_looks(staged: Path, tmp_path: Path) -> None:
    local = tmp_path / "local/app"
    put_aside(staged, FOREIGN, local)
    assert foreign_files(staged) == []
    assert (staged / "app.yml").read_text() == "app.yml"
    assert (local / "removed/file_sd/a.json").read_text() == "file_sd/a.json"
    assert (local / "removed/link").readlink() == Path("/nowhere")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (local, local / "removed")] == [0o755, 0o700]


def test_the_last_file_of_a_name_is_kept_whatever_the_one_before_was(staged: Path, tmp_path: Path) -> None:
    removed = tmp_path / "local/app/removed"
    (removed / "notes.txt").mkdir(parents=True)
    (removed / "file_sd").write_text("once a file")
    (removed / "link").write_text("old")
    put_aside(staged, FOREIGN, removed.parent)
    assert (removed / "notes.txt").read_text() == "notes.txt"
    assert (removed / "file_sd/a.json").read_text() == "file_sd/a.json"
    assert (removed / "link").is_symlink()


def test_of_many_files_the_first_are_named() -> None:
    names = [Path(f"{number}.json") for number in range(7)]
    assert told(Path("/etc/app"), names, Path("/etc/vigil/local/app"), "they are moved to") == (
        "/etc/app contains files that this collection did not create, 0.json, 1.json, 2.json, 3.json, 4.json and 2 "
        "more: they are moved to /etc/vigil/local/app/removed. Keep files of other tools in /etc/vigil/local/app, "
        "where no run touches them."
    )
