# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of staged releases, in a form that shows whether somebody changed them since."""

from __future__ import annotations

import stat
from pathlib import Path

from .._host.tree import MARKER, paths_below, staging_facts
from .directory import leftovers

__all__ = ["manifest_of", "untouched_releases"]


def manifest_of(root: Path) -> dict[str, str]:
    """Return mode and owner, and for all but directories size and time, of everything below root by its path.

    Not the content: reading it would cost an unchanged run seconds, and no edit keeps the time in nanoseconds.
    """
    manifest = {}
    for name in paths_below(root):
        found = (root / name).lstat()
        text = f"{found.st_mode:o} {found.st_uid}:{found.st_gid}"
        manifest[str(name)] = text if stat.S_ISDIR(found.st_mode) else f"{text} {found.st_size} {found.st_mtime_ns}"
    return manifest


def untouched_releases(folder: Path) -> dict[str, str]:
    """Return the digest of each staged release of a service that is as it was staged, by its directory.

    Empty if a killed run left something behind, which the next staging removes.
    """
    if leftovers(folder):
        return {}
    staged = {marker.parent: staging_facts(marker.parent) for marker in folder.glob(f"*/{MARKER}")}
    return {
        str(path): facts.get("sha256") or facts["sha512"]
        for path, facts in staged.items()
        if facts.get("files") == manifest_of(path)
    }
