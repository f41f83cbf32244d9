# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.tree import mark_staged
from ansible_collections.vigil.observability.plugins.module_utils._staging.prune import claim, prune


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """A directory with four staged ones, a the oldest, and one that nobody staged."""
    tmp_path = tmp_path / "app"
    tmp_path.mkdir()
    for age, name in enumerate("abcd"):
        (tmp_path / name).mkdir()
        mark_staged(tmp_path / name)
        os.utime(tmp_path / name / ".staged", (age, age))
    (tmp_path / "mine").mkdir()
    return tmp_path


def test_what_was_staged_within_the_hour_stays_and_counts(staged: Path) -> None:
    os.utime(staged / "b/.staged")
    prune(staged, keep=1, spared=[])
    assert {path.name for path in staged.iterdir()} == {"b", "mine"}
    os.utime(staged / "b/.staged", (time.time() - 3601,) * 2)
    prune(staged, keep=0, spared=[])
    assert {path.name for path in staged.iterdir()} == {"mine"}


def test_claim_makes_new_what_is_not_active(staged: Path) -> None:
    claim(staged / "a", staged / "link")
    (staged / "link").symlink_to(staged / "a")
    claim(staged / "a", staged / "link")
    assert (staged / "a/.staged").stat().st_mtime == 0
    claim(staged / "b", staged / "link")
    assert time.time() - (staged / "b/.staged").stat().st_mtime < 60


@pytest.mark.parametrize(
    ("keep", "spared", "left"), [(3, "d", "bcd"), (2, "a", "ad"), (1, "ab", "ab"), (0, "c", "c"), (9, "d", "abcd")]
)
def test_oldest_go_and_spared_ones_stay(staged: Path, keep: int, spared: str, left: str) -> None:
    prune(staged, keep=keep, spared=[str(staged / name) for name in spared])
    assert {path.name for path in staged.iterdir()} == {*left, "mine"}


def test_file_of_others_is_kept_when_the_directory_around_it_goes(staged: Path) -> None:
    mark_staged(staged / "a", files=["."])
    os.utime(staged / "a/.staged", (0, 0))
    (staged / "a/targets.json").write_text("[]")
    prune(staged, keep=1, spared=[])
    assert not (staged / "a").exists()
    assert (staged.parent / "local/app/removed/targets.json").read_text() == "[]"


def test_directory_stays_while_files_of_others_in_it_have_nowhere_to_go(staged: Path) -> None:
    mark_staged(staged / "a", files=["."])
    os.utime(staged / "a/.staged", (0, 0))
    (staged / "a/targets.json").write_text("[]")
    (staged.parent / "local").write_text("no directory")
    assert prune(staged, keep=3, spared=[]) == []
    assert (staged / "a/targets.json").read_text() == "[]"
