# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of others in directories that are replaced as a whole: reported, and moved away first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Container, Sequence
from pathlib import Path

from .._host.tree import make_directory, paths_below, remove_tree, staging_facts

__all__ = ["foreign_files", "local_directory", "put_aside", "told"]

_NAMED = 5  # files; of more, how many follow


def local_directory(root: Path, service: str) -> Path:
    """Return where other tools keep files of a service, below the root of what is staged; no run touches it."""
    return root / "local" / service


def foreign_files(directory: Path, known: Container[str] | None = None) -> list[Path]:
    """Return the files in a staged directory that are not among the known paths, relative to it.

    Without known, the marker of the directory lists what was staged; without such a list, nothing is foreign.
    """
    known = staging_facts(directory).get("files") if known is None else known
    if known is None:
        return []
    found = [path for path in paths_below(directory) if str(path) not in known and not _is_half(path.name)]
    return [path for path in found if (directory / path).is_symlink() or not (directory / path).is_dir()]


def _is_half(name: str) -> bool:
    """Whether a file is called like those that a killed run was about to put in the place of another one."""
    return name.startswith(".") and name.endswith(".new")


def put_aside(directory: Path, names: Sequence[Path], local: Path) -> None:
    """Move files of the directory to `removed` in the local one, which only root may enter. Raises OSError.

    Files that were moved there before under the same names are replaced.
    """
    for name in names:
        make_directory(local)
        target = local / "removed" / name
        for parent in reversed(list(target.parents)[: len(name.parts)]):
            if os.path.lexists(parent) and not parent.is_dir():
                remove_tree(parent)
            make_directory(parent, 0o700)
        remove_tree(target)
        shutil.move(directory / name, target)


def told(directory: Path, names: Sequence[Path], local: Path, fate: str) -> str:
    """Return a sentence about files of others in a directory, what happens to them, and where to keep them."""
    more = len(names) - _NAMED
    shown = ", ".join(map(str, names[:_NAMED])) + (f" and {more} more" if more > 0 else "")
    return (
        f"{directory} contains files that this collection did not create, {shown}: {fate} {local}/removed. Keep files "
        f"of other tools in {local}, where no run touches them."
    )
