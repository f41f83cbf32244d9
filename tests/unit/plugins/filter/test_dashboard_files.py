# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter import dashboard_files
from ansible_collections.vigil.observability.plugins.filter.dashboard_files import dashboard_files as read


def test_the_filter_is_found_by_the_name_of_its_file() -> None:
    assert dashboard_files.FilterModule().filters() == {"dashboard_files": read}


def test_directories_are_folders_and_general_is_the_top(tmp_path: Path) -> None:
    for name in ("hosts/b.json", "hosts/a.json", "general/start.json", "loose.json", "hosts/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps({"title": name, "legend": "{{instance}}"}))
    found = read(str(tmp_path))
    assert [(json.loads(one["dashboard"])["title"], one.get("folder_uid")) for one in found] == [
        ("general/start.json", ""),
        ("hosts/a.json", "hosts"),
        ("hosts/b.json", "hosts"),
        ("loose.json", None),
    ]


def test_a_directory_without_dashboards_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(AnsibleFilterError, match=rf"There is no dashboard in {folder}: "):
            read(str(folder))


@pytest.mark.parametrize(("text", "message"), [("{", "It is not valid JSON"), ("[]", "It must contain one dashboard")])
def test_a_file_that_is_no_dashboard_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(AnsibleFilterError, match=rf"a\.json cannot be used: {message}"):
        read(str(tmp_path))
    (tmp_path / "b.json").write_text('{"uid": "b"}')
    unusable, usable = read(str(tmp_path), keep_unusable=True)
    assert (unusable["path"], usable["path"]) == ("a.json", "b.json")
    assert unusable["error"].startswith(message)
    assert "dashboard" not in unusable


def test_a_model_without_a_uid_gets_the_name_of_its_file_as_one(tmp_path: Path) -> None:
    (tmp_path / "disks.json").write_text(json.dumps({"title": "Disks", "uid": None}))
    (tmp_path / "own.json").write_text(json.dumps({"meta": {}, "dashboard": {"title": "Own", "uid": "its-own"}}))
    (tmp_path / "two words.json").write_text(json.dumps({"title": "No name for a uid"}))
    assert [one.get("uid") for one in read(str(tmp_path))] == ["disks", None, None]
