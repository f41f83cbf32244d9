# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Release archives: downloaded, verified by a pinned digest, unpacked without trusting a single member.

The extraction filters of tarfile are missing from Pythons that hosts still run, and zipfile has none, so every member
is checked here.
"""

from __future__ import annotations

import http.client
import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit

from ansible.module_utils.urls import ConnectionError as UrlConnectionError
from ansible.module_utils.urls import open_url

from .._errors.sentence import OperatorError
from .._host.tree import digest_of_file, make_directory, paths_below
from .archive_members import UNREADABLE, Member, kind_of, members_of

__all__ = ["ALGORITHMS", "fetch", "shown", "unpack", "verify"]

# How a digest was made, by its length in hexadecimal.
ALGORITHMS = {64: "sha256", 128: "sha512"}


def shown(url: str) -> str:
    """Return the URL as it may be shown: without user and password, and without the query, which may hold a token."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def fetch(url: str, archive: Path, *, timeout: int) -> None:
    """Download what the URL names to archive, through the proxies of the environment.

    Raises OperatorError when it cannot be had, OSError when it cannot be written.
    """
    with archive.open("wb") as file:
        for chunk in _chunks(url, timeout):
            file.write(chunk)


def _chunks(url: str, timeout: int) -> Iterator[bytes]:
    """Give the body as it is stored: a server that calls a .tar.gz an encoding must not have it decoded."""
    try:
        with open_url(url, timeout=timeout, http_agent="vigil.observability", decompress=False) as response:
            while chunk := response.read(1 << 20):
                yield chunk
    except (OSError, http.client.HTTPException, UrlConnectionError) as error:
        reason = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
        raise OperatorError(
            f"Cannot download {shown(url)}: {reason}. Check that this host can reach the URL, directly or through the "
            "proxy in its environment, or use a mirror or a file on the controller."
        ) from error


def verify(archive: Path, *, source: str, digest: str) -> None:
    """Raise OperatorError unless the file has this SHA-256 or SHA-512; source is what the message calls it."""
    algorithm = ALGORITHMS[len(digest)]
    found = digest_of_file(archive, algorithm)
    if found != digest:
        raise OperatorError(
            f"{source} has the wrong digest: expected {algorithm} {digest}, found {found} in {archive.stat().st_size} "
            "bytes. It is incomplete, it has changed, or the pinned digest belongs to another file. Nothing was "
            "installed."
        )


def unpack(archive: Path, scratch: Path, *, source: str, keep_top_level_directory: bool = False) -> Path:
    """Unpack the archive in the scratch directory; return the release.

    That is without the directory that leads all names, unless it is to be kept. Files get 0755 or 0644 and belong to
    whoever unpacks. Raises OperatorError when a member is hostile or the archive unreadable, OSError when the disk
    refuses. What is left in scratch then is the caller's to remove.
    """
    members = (scratch / "members").resolve()
    make_directory(members)
    try:
        _extract(archive, members)
        # A name that no archive can know, so that a link out of the release and back in by name is found.
        top = _leading(members)
        release = (members if keep_top_level_directory else top).rename(scratch.resolve() / os.urandom(16).hex())
        _refuse_links_out_of(release)
    except OperatorError as error:
        raise _unsafe(source, str(error)) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise _unsafe(source, f"it contains {Path(str(error.filename2 or error.filename)).name!r} twice") from error
    except UNREADABLE as error:
        raise _unreadable(source, error, kind_of(archive)) from error
    except OSError as error:
        if error.errno is None:  # the decompressors' own; those of the system have a number
            raise _unreadable(source, error, kind_of(archive)) from error
        raise
    return release


def _unsafe(source: str, reason: str) -> OperatorError:
    return OperatorError(f"{source} is not safe to unpack: {reason}. Nothing was installed.")


def _unreadable(source: str, error: Exception, kind: str) -> OperatorError:
    reason = " ".join(str(error).split())
    return OperatorError(f"{source} is not a complete {kind} archive: {reason}. Nothing was installed.")


def _extract(archive: Path, root: Path) -> None:
    """Write directories and files first, links last: nothing is ever written through a link of the archive."""
    links: list[Member] = []
    for member in members_of(archive):
        path = root.joinpath(*_parts(member.name))
        if member.kind in ("symlink", "hardlink"):
            links.append(member)
        elif member.kind in ("directory", "file"):
            _place(member, path)
        else:
            raise OperatorError(f"its member {member.name!r} is a device, a pipe or of an unknown type")
    for member in sorted(links, key=lambda member: member.kind):
        _link(member, root)


def _parts(name: str) -> tuple[str, ...]:
    """Return the components of a member's name below the root of its archive."""
    path = PurePosixPath(name)
    if path.is_absolute():
        raise OperatorError(f"it contains the absolute path {name!r}")
    if ".." in path.parts:
        raise OperatorError(f"it contains {name!r}, a path outside of it")
    return path.parts


def _place(member: Member, path: Path) -> None:
    if member.kind == "directory":
        make_directory(path)
        return
    make_directory(path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file, member.open() as content:
        shutil.copyfileobj(content, file, 1 << 20)
        os.fchmod(handle, 0o755 if member.executable else 0o644)


def _link(member: Member, root: Path) -> None:
    path = root.joinpath(*_parts(member.name))
    if os.path.realpath(path.parent) != str(path.parent):
        raise OperatorError(f"its link {member.name!r} is below another link")
    make_directory(path.parent)
    if member.kind == "symlink":
        if PurePosixPath(member.target).is_absolute():
            raise OperatorError(f"its link {member.name!r} points to the absolute path {member.target!r}")
        path.symlink_to(member.target)
        return
    original = root.joinpath(*_parts(member.target))
    if not original.is_file():
        raise OperatorError(f"its hard link {member.name!r} points to {member.target!r}, which is not a file in it")
    os.link(original, path)


def _leading(members: Path) -> Path:
    """Return the directory that all members have in common, members itself when they have none."""
    entries = list(members.iterdir())
    if not entries:
        raise OperatorError("it is empty")
    return entries[0] if len(entries) == 1 and not entries[0].is_symlink() and entries[0].is_dir() else members


def _refuse_links_out_of(release: Path) -> None:
    for name in paths_below(release):
        end = Path(os.path.realpath(release / name))
        if end != release and release not in end.parents:
            raise OperatorError(f"its link {str(name)!r} points outside of it, to {str((release / name).readlink())!r}")
