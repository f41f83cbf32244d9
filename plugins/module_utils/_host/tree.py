# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trees of staged files: atomic writes, link swaps, digests, the marker of a staged directory."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

__all__ = [
    "MARKER",
    "digest_of_file",
    "make_directory",
    "mark_staged",
    "origin_of",
    "paths_below",
    "remove_tree",
    "set_symlink",
    "staging_facts",
    "staging_token",
    "sync_directory",
    "target_of",
    "write_atomically",
]

MARKER = ".staged"


def set_symlink(link: Path, target: Path | None) -> bool:
    """Atomically make link a symbolic link to target, or remove it when target is None. Return whether that changed it.

    Raises FileExistsError when link is something other than a symbolic link.
    """
    if os.path.lexists(link) and not link.is_symlink():
        raise FileExistsError(errno.EEXIST, "There is something other than a symbolic link", str(link))
    if target_of(link) == target:
        return False
    if target is None:
        link.unlink()
    else:
        new = link.with_name(f".{link.name}.new")
        remove_tree(new)
        new.symlink_to(target)
        new.replace(link)
    sync_directory(link.parent)
    return True


def target_of(link: Path) -> Path | None:
    """Return what the symbolic link points at as it is written there, or None when link is no symbolic link."""
    return link.readlink() if link.is_symlink() else None


def write_atomically(
    path: Path, content: bytes, *, mode: int = 0o644, uid: int | None = None, gid: int | None = None
) -> bool:
    """Give the file this content, mode and owner in one step. Return False, and write nothing, when it has them.

    Without uid or gid the owner is whoever writes. Raises OSError, which names path; that is then what it was, with
    nothing beside it.
    """
    uid, gid = os.geteuid() if uid is None else uid, os.getegid() if gid is None else gid
    if _has(path, content, (mode, uid, gid)):
        return False
    # A fixed name: the next run reuses what a killed run leaves, so that nothing piles up.
    new = path.with_name(f".{path.name}.new")
    remove_tree(new)
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        remove_tree(new)
        # The error of a full disk does not name the disk.
        raise OSError(error.errno, error.strerror, str(path)) from error
    sync_directory(path.parent)
    return True


def _has(path: Path, content: bytes, attributes: tuple[int, int, int]) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return (
        stat.S_ISREG(found.st_mode)
        and (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == attributes
        and found.st_size == len(content)
        and path.read_bytes() == content
    )


def make_directory(path: Path, mode: int = 0o755) -> bool:
    """Make the directory and its missing parents with this mode. Return False when it is there already."""
    if path.is_dir():
        return False
    make_directory(path.parent)
    # Not mkdir and then chmod: a run killed between the two would leave what the umask of an operator allows.
    umask = os.umask(0)
    try:
        # Another run may create it at this moment.
        path.mkdir(mode, exist_ok=True)
    finally:
        os.umask(umask)
    return True


def paths_below(root: Path) -> list[Path]:
    """Return everything below root relative to it, sorted, without following links and without the marker."""
    found = [Path(folder, name) for folder, folders, files in os.walk(root) for name in folders + files]
    return sorted(path.relative_to(root) for path in found if path != root / MARKER)


def digest_of_file(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of the file's content in hexadecimal."""
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def remove_tree(path: Path) -> None:
    """Remove a directory with all below it, a file or a link; what a link points at stays. Absent is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def sync_directory(path: Path) -> None:
    """Make renames in the directory survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def mark_staged(directory: Path, *, token: str | None = None, **facts: Any) -> str:
    """Mark the directory as staged with these facts. Return its token: a new one unless one is given to keep.

    A staged directory is identified by its path and its token, so that one restored at the same path counts as new.
    """
    token = token or os.urandom(16).hex()
    text = json.dumps({"token": token, **facts}, indent=1, sort_keys=True)
    write_atomically(directory / MARKER, f"{text}\n".encode())
    return token


def staging_facts(directory: Path) -> dict[str, Any]:
    """Return the content of a staged directory's marker, empty without a marker or if it is not readable JSON."""
    try:
        facts = json.loads((directory / MARKER).read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def staging_token(path: Path) -> str | None:
    """Return the token of the staged directory at path, or at what path links to; None when it is not staged."""
    token = staging_facts(path).get("token")
    return token if isinstance(token, str) else None


def origin_of(path: Path) -> str | None:
    """Return the name of the distribution package that owns path, or None when no package manager knows it."""
    names = [str(path)]
    if path.parts[:2] == ("/", "usr"):
        # /lib and /usr/lib are one, and Debian's manager knows a file only by the name that its package has for it.
        names.append(f"/{path.relative_to('/usr')}")
    for command in (["dpkg-query", "--search"], ["rpm", "--query", "--file", "--queryformat", "%{NAME}\n"]):
        owners = [owner for owner in (_owner([*command, name]) for name in names) if owner]
        if owners:
            return owners[0]
    return None


def _owner(command: list[str]) -> str | None:
    try:
        # Callers are plain functions, without a module whose run_command could be used.
        found = subprocess.run(  # pylint: disable=ansible-bad-function
            command, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    owners = [line for line in found.stdout.splitlines() if line and not line.startswith("diversion by ")]
    return owners[0].split(":")[0] if owners else None
