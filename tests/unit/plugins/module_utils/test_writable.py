# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils import _writable
from ansible_collections.vigil.observability.plugins.module_utils._writable import (
    make_writable,
    not_writable,
    refused_directory,
)

ME = pwd.getpwuid(os.geteuid()).pw_name


def test_missing_directory_is_made_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "a/b"
    assert not_writable([str(path)], ME) == [path]
    assert refused_directory([str(path)], ME) is None
    make_writable([path], ME)
    assert (path.stat().st_mode & 0o7777, path.stat().st_uid) == (0o750, os.geteuid())
    assert not_writable([str(path)], ME) == []


def test_directory_of_root_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(_writable, "uid_of", lambda _: 4711)
    monkeypatch.setattr(_writable, "gid_of", lambda _: 4712)
    monkeypatch.setattr(os, "chown", lambda _, uid, gid: asked.append((uid, gid)))
    assert not_writable([str(tmp_path)], "demo") == [tmp_path]
    assert refused_directory([str(tmp_path)], "demo") is None
    make_writable([tmp_path], "demo")
    assert asked == [(4711, 4712)]


def test_directory_of_another_user_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_writable, "uid_of", lambda _: 4711)
    monkeypatch.setattr(os, "geteuid", lambda: 1)
    mine = tmp_path.stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: os.stat_result((*mine[:4], 4713, *mine[5:])))
    found = str(refused_directory([str(tmp_path)], "demo"))
    assert f"{tmp_path} is to be a directory of demo, but belongs to UID 4713" in found
    assert "chown -R" in found


@pytest.mark.parametrize(("uid", "refused"), [(4713, False), (pwd.getpwnam("daemon").pw_uid, True)])
def test_directory_that_a_user_to_be_made_may_get_is_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, refused: bool
) -> None:
    monkeypatch.setattr(_writable, "uid_of", lambda _: None)
    monkeypatch.setattr(os, "geteuid", lambda: 2)
    mine = tmp_path.stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: os.stat_result((*mine[:4], uid, *mine[5:])))
    assert (refused_directory([str(tmp_path)], "demo") is not None) == refused


def test_file_in_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "is something else: move it away" in str(refused_directory([str(tmp_path / "data")], ME))
