# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.directory import (
    plain_name,
    reason_of,
    remove_leftovers,
    replace_tree,
    scratch_directory,
)


@pytest.mark.parametrize("name", ["prometheus", "node_exporter", "3.5.0-rc.1", "getty@tty1", "1.0+ds~2"])
def test_plain_name_is_taken(name: str) -> None:
    assert plain_name("service", name) == name


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "-rf", "a/b", "a b", "a\n", "ü"])
def test_name_that_is_no_path_component_is_refused(name: str) -> None:
    with pytest.raises(OperatorError, match="^The version .* cannot be the name of a directory"):
        plain_name("version", name)


def test_scratch_directory_is_private_and_gone_afterwards_even_on_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), scratch_directory(tmp_path) as scratch:
        assert scratch.stat().st_mode & 0o777 == 0o700
        (scratch / "half").touch()
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_killed_runs_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".unpack-killed/half").mkdir(parents=True)
    (tmp_path / "3.5.0-abc").mkdir()
    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path / "absent")
    assert [path.name for path in tmp_path.iterdir()] == ["3.5.0-abc"]


def tree(path: Path, content: str) -> Path:
    path.mkdir()
    (path / "file").write_text(content)
    return path


@pytest.mark.parametrize("can_exchange", [True, False])
def test_directory_is_replaced_and_the_old_one_handed_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace())
    new, path = tree(tmp_path / "new", "new"), tree(tmp_path / "path", "old")
    replace_tree(new, path)
    assert [(path / "file").read_text(), (new / "file").read_text()] == ["new", "old"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["new", "path"]


def test_directory_takes_an_empty_place(tmp_path: Path) -> None:
    replace_tree(tree(tmp_path / "new", "new"), tmp_path / "path")
    assert [entry.name for entry in tmp_path.iterdir()] == ["path"]


def test_reason_names_what_is_free_where_the_disk_is_full(tmp_path: Path) -> None:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    reason = reason_of(error, tmp_path / "absent/deeper")
    assert reason.startswith("No space left on device (")
    assert reason.endswith(f"KiB are free on the file system of {tmp_path}). Free up space there and run again.")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/opt"),
            "Permission denied at /opt. Run as root, with become: true.",
        ),
        (OSError(errno.EIO, "Input/output error"), "Input/output error."),
        (OSError("odd"), "odd."),
    ],
)
def test_reason_is_the_system_s_own_with_the_path_and_what_to_do(tmp_path: Path, error: OSError, reason: str) -> None:
    assert reason_of(error, tmp_path) == reason
