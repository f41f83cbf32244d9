# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of an archive, in one form for tar files in any compression and for zip files."""

from __future__ import annotations

import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, cast

__all__ = ["UNREADABLE", "Member", "kind_of", "members_of"]

# What the readers raise for an archive that is damaged, or in a format that they do not support.
UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class Member:
    """A member of an archive: a directory, a file, a symbolic link, a link to a file of the archive, or what else."""

    name: str
    kind: str  # directory, file, symlink, hardlink, other
    target: str = ""  # of a link
    executable: bool = False
    open: Callable[[], IO[bytes]] = io.BytesIO  # for a file, while the archive is read


def kind_of(archive: Path) -> str:
    """Return zip or tar, by the first bytes of the file. Raises OSError."""
    with archive.open("rb") as file:
        return "zip" if file.read(4) in _ZIP else "tar"


def members_of(archive: Path) -> Iterator[Member]:
    """Yield the members in their order. Raises OSError, and what UNREADABLE names."""
    return _of_zip(archive) if kind_of(archive) == "zip" else _of_tar(archive)


def _of_tar(archive: Path) -> Iterator[Member]:
    with tarfile.open(archive, "r:*") as tar:
        for info in tar:
            kinds = {
                "directory": info.isdir(),
                "file": info.isreg(),
                "symlink": info.issym(),
                "hardlink": info.islnk(),
            }
            yield Member(
                info.name,
                next((kind for kind, found in kinds.items() if found), "other"),
                info.linkname,
                bool(info.mode & 0o100),
                cast(Callable[[], IO[bytes]], partial(tar.extractfile, info)),
            )


def _of_zip(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            # The upper half is the Unix mode, zero if the file was packed on another system.
            mode = info.external_attr >> 16
            kind = "directory" if info.is_dir() else _KINDS.get(stat.S_IFMT(mode), "other")
            target = packed.read(info).decode(errors="surrogateescape") if kind == "symlink" else ""
            yield Member(info.filename, kind, target, bool(mode & 0o100), partial(packed.open, info))


_KINDS = {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "symlink"}
