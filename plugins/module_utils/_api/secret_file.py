# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token in a file on the host that uses it, which only its owner and group may read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .plan import PlanError

__all__ = ["read_secret", "write_secret"]


def read_secret(path: str) -> str:
    """Return the token in a file, empty if there is no file. Raises PlanError for one that cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise PlanError(f"The token file {path} cannot be read: {error.strerror}.") from None


def write_secret(path: Path, token: str) -> None:
    """Put the token in the file, all of it or nothing, with the owner of a file that is there. Raises OSError."""
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            there = path.stat()
            os.chown(partial, there.st_uid, there.st_gid)
            Path(partial).chmod(there.st_mode & 0o640)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink()
        raise
