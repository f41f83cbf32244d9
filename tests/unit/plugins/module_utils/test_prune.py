# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._prune import prune
from ansible_collections.vigil.observability.plugins.module_utils._tree import mark_staged


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """A directory with four staged ones, a the oldest, and one that nobody staged."""
    for age, name in enumerate("abcd"):
        (tmp_path / name).mkdir()
        mark_staged(tmp_path / name)
        os.utime(tmp_path / name / ".staged", (age, age))
    (tmp_path / "mine").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("keep", "spared", "left"), [(3, "d", "bcd"), (2, "a", "ad"), (1, "ab", "ab"), (0, "c", "c"), (9, "d", "abcd")]
)
def test_oldest_go_and_spared_ones_stay(staged: Path, keep: int, spared: str, left: str) -> None:
    prune(staged, keep=keep, spared=[str(staged / name) for name in spared])
    assert {path.name for path in staged.iterdir()} == {*left, "mine"}
