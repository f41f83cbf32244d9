# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old staged directories are removed, unless a run that is under way has staged them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from .._host.tree import MARKER, remove_tree, target_of
from .foreign import foreign_files, local_directory, put_aside

__all__ = ["claim", "prune"]

_CLAIMED = 3600.0  # seconds


def claim(path: Path, active: Path) -> None:
    """Count the staged directory as new unless the link leads to it: the run that requested it will activate it.

    Where nothing is active yet there is nothing to prune, and nothing is written.
    """
    if target_of(active) not in (None, path):
        os.utime(path / MARKER)


def prune(folder: Path, *, keep: int, spared: Iterable[str]) -> list[Path]:
    """Remove the oldest staged directories of the folder but for those spared, until no more than keep are left.

    What was staged a short while ago stays: another run may be about to activate it. Files of others are kept aside.
    """
    staged = sorted((marker.stat().st_mtime, marker.parent) for marker in folder.glob(f"*/{MARKER}"))
    spare, old = {Path(path) for path in spared}, time.time() - _CLAIMED
    candidates = [path for staging, path in staged if path not in spare and staging < old]
    surplus = candidates[: max(0, len(staged) - keep)]
    return [path for path in surplus if _removed(path)]


def _removed(path: Path) -> bool:
    """Remove the staged directory, unless it holds files of others that there is no room for elsewhere."""
    try:
        put_aside(path, foreign_files(path), local_directory(path.parents[1], path.parent.name))
    except OSError:
        return False
    remove_tree(path)
    return True
