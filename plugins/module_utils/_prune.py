# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old staged directories are removed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ._tree import MARKER, remove_tree

__all__ = ["prune"]


def prune(folder: Path, *, keep: int, spared: Iterable[str]) -> list[Path]:
    """Remove the oldest staged directories of the folder but for those spared, until no more than keep are left."""
    staged = sorted(folder.glob(f"*/{MARKER}"), key=lambda marker: marker.stat().st_mtime)
    spare = {Path(path) for path in spared}
    candidates = [marker.parent for marker in staged if marker.parent not in spare]
    surplus = candidates[: max(0, len(staged) - keep)]
    for path in surplus:
        remove_tree(path)
    return surplus
