# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of root are written whole, and only when they differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.modules import root_files

Run = Callable[..., dict[str, Any]]


def listed(folder: Path, **changed: Any) -> list[dict[str, Any]]:
    """Return two files in directories of their own, the second one with changes."""
    other = {"path": str(folder / "etc/rule"), "content": "rule\n", "mode": "0440", **changed}
    return [{"path": str(folder / "bin/program"), "content": "program\n", "mode": "0755"}, other]


def test_files_and_directories_are_made_once(run_module: Run, tmp_path: Path) -> None:
    paths = [tmp_path / "bin/program", tmp_path / "etc/rule"]
    assert run_module(root_files, files=listed(tmp_path))["written"] == list(map(str, paths))
    assert [(path.read_text(), oct(path.stat().st_mode)[-3:]) for path in paths] == [
        ("program\n", "755"),
        ("rule\n", "440"),
    ]
    times = [path.stat().st_mtime_ns for path in paths]
    assert not run_module(root_files, files=listed(tmp_path))["changed"]
    assert [path.stat().st_mtime_ns for path in paths] == times


@pytest.mark.parametrize("changed", [{"content": "other\n"}, {"mode": "0400"}])
def test_file_that_differs_is_written_alone(run_module: Run, tmp_path: Path, changed: dict[str, Any]) -> None:
    run_module(root_files, files=listed(tmp_path))
    result = run_module(root_files, files=listed(tmp_path, **changed))
    assert result["written"] == [str(tmp_path / "etc/rule")]
    (difference,) = result["diff"]
    assert difference["before"].startswith("0440 ")
    assert difference["before"] != difference["after"]
    assert not run_module(root_files, files=listed(tmp_path, **changed))["changed"]


def test_check_tells_what_would_be_written_and_makes_no_directory(run_module: Run, tmp_path: Path) -> None:
    result = run_module(root_files, check=True, files=listed(tmp_path))
    assert len(result["written"]) == 2
    assert result["diff"][0]["before"] == ""
    assert not (tmp_path / "bin").exists()


def test_link_in_place_of_a_file_is_replaced_and_not_followed(run_module: Run, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "other").write_text("other\n")
    (tmp_path / "etc/rule").symlink_to(tmp_path / "other")
    run_module(root_files, files=listed(tmp_path))
    assert not (tmp_path / "etc/rule").is_symlink()
    assert (tmp_path / "other").read_text() == "other\n"


def test_file_that_cannot_be_written_is_named(run_module: Run, tmp_path: Path) -> None:
    (tmp_path / "etc/rule").mkdir(parents=True)
    result = run_module(root_files, files=listed(tmp_path))
    assert (result["failed"], str(tmp_path / "etc/rule") in result["msg"]) == (True, True)
