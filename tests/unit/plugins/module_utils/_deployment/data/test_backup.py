# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of a database; what they are for is tested with the module active_service."""

from __future__ import annotations

import getpass
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.data.backup import DataCopy


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database whose process was killed while it wrote."""
    path = tmp_path / "data/app.db"
    path.parent.mkdir()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").write_text(f"data{suffix}")
    return path


@pytest.fixture
def copies(tmp_path: Path, database: Path) -> DataCopy:
    """Return the copies of that database."""
    found = DataCopy.from_options(
        {"path": str(database)}, folder=tmp_path / "copies", user=getpass.getuser(), run=lambda _words: (1, "", "")
    )
    assert found is not None
    return found


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("options", [{}, {"path": None, "command": None, "restore": None}])
def test_nothing_is_copied_unless_it_is_asked_for(tmp_path: Path, options: dict[str, Any]) -> None:
    assert DataCopy.from_options(options, folder=tmp_path, user="app", run=lambda _words: (0, "", "")) is None


def test_copy_holds_the_database_and_what_it_cannot_do_without(copies: DataCopy) -> None:
    copy = copies.make("/opt/vigil/app/1.0-abc")
    assert re.fullmatch(r"\d{8}T\d{6}Z-1\.0-abc", copy.name)
    assert contents(copy) == {"app.db": "data", "app.db-wal": "data-wal"}


def test_put_back_leaves_nothing_of_what_came_after(copies: DataCopy, database: Path) -> None:
    copy = copies.make("1.0")
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{database}{suffix}").write_text("of another release")
    copies.put_back(copy)
    assert contents(database.parent) == {"app.db": "data", "app.db-wal": "data-wal"}


def test_what_a_killed_run_left_goes_with_the_next_copy(copies: DataCopy) -> None:
    left = copies.folder / ".unpack-left/copy"
    left.mkdir(parents=True)
    copies.make("1.0")
    assert not left.exists()


def test_place_that_cannot_be_written_to_is_named(copies: DataCopy, database: Path) -> None:
    copy = copies.make("1.0")
    shutil.rmtree(database.parent)
    with pytest.raises(FileNotFoundError) as refusal:
        copies.put_back(copy)
    assert refusal.value.filename == str(database.with_name(".app.db.new"))


def test_last_two_copies_are_kept(copies: DataCopy) -> None:
    for name in ("20260101T000000Z-1", "20260102T000000Z-2", "20260103T000000Z-3"):
        (copies.folder / name).mkdir(parents=True)
    copies.prune()
    assert sorted(path.name for path in copies.folder.iterdir()) == ["20260102T000000Z-2", "20260103T000000Z-3"]
