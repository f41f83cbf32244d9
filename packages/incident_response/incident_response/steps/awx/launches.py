# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was launched, remembered beside AWX: a job that is deleted there takes its label along."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..spec import NAME, StepError
from ..state import keep_names

__all__ = ["Launches"]


class Launches:
    """Launches by the names of their attempts, each a file of a directory. Raises StepError, OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def after(self, name: str) -> int | None:
        """Return the newest job that had the label of an attempt before its launch; None if there was no launch."""
        try:
            return int(self._place(name).read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise StepError(f"{self._place(name)} has no number of a job: {error}") from error

    def remember(self, name: str, after: int) -> None:
        """Remember a launch that is about to be made, on the disk. Refuses a second one."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self._folder, prefix=".", encoding="ascii") as file:
            file.write(f"{after}\n")
            file.flush()
            os.fsync(file.fileno())
            try:
                os.link(file.name, self._place(name))
            except FileExistsError:
                raise StepError(f"The attempt {name} has already started.") from None
        keep_names(self._folder)

    def forget(self, name: str) -> None:
        """Forget a launch that AWX has refused."""
        self._place(name).unlink()

    def forget_before(self, at: float) -> None:
        """Forget the launches before a time, in seconds since 1970."""
        for place in self._folder.iterdir() if self._folder.is_dir() else ():
            if place.stat().st_mtime < at:
                place.unlink()

    def _place(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise StepError(f"{name!r} is not the name of an attempt.")
        return self._folder / name
