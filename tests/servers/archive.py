"""Archives as upstream makes them: the same bytes from the same folder."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from contextlib import nullcontext
from pathlib import Path

__all__ = ["digest_of", "extract", "pack", "unpack"]

# Nothing of the machine that packs may show; a time before 1980 confuses other tools.
PACKED_AT = 315_532_800


def pack(folder: Path, archive: Path) -> None:
    """Write a compressed archive whose one folder is this one."""
    with (
        archive.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=3, mtime=PACKED_AT) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in (folder, *sorted(folder.rglob("*"))):
            member = tar.gettarinfo(path, str(path.relative_to(folder.parent)))
            member.uid = member.gid = 0
            member.uname = member.gname = "root"
            member.mtime = PACKED_AT
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            with path.open("rb") if member.isfile() else nullcontext() as content:
                tar.addfile(member, content)


def unpack(archive: Path, folder: Path) -> None:
    """Put what the archive's one folder holds into this folder."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if member.isfile():
                _write(tar, member, folder / Path(*Path(member.name).parts[1:]))


def extract(archive: Path, name: str, target: Path) -> None:
    """Put one file of the archive's folder at this path."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if Path(*Path(member.name).parts[1:]) == Path(name):
                _write(tar, member, target)
                return
    raise FileNotFoundError(f"{archive} has no {name}")


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    content = tar.extractfile(member)
    assert content is not None
    with target.open("wb") as file:
        while block := content.read(1 << 20):
            file.write(block)
    target.chmod(member.mode)


def digest_of(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
