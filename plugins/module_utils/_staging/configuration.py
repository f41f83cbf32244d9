# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration directory: as requested, as found on the host, and the differences between the two."""

from __future__ import annotations

import base64
import contextlib
import grp
import hashlib
import json
import os
import pwd
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .._errors.sentence import OperatorError
from .._host.tree import MARKER, paths_below, staging_facts, write_atomically
from .directory import plain_name

__all__ = ["Configuration", "ConfigurationFile", "Entry", "differences", "found_at"]

_DIRECTORY_MODE = 0o750
_TOP = "."


@dataclass(frozen=True)
class Entry:
    """A file, or a directory when content is None, with the numeric owner and the whole mode."""

    mode: int
    uid: int
    gid: int
    content: bytes | None = None


@dataclass(frozen=True)
class ConfigurationFile:
    """One file of a configuration; path is relative to its directory.

    `tests` holds the paths of the files that it tests, empty if they are unknown, None if it is not a test.
    """

    path: str
    content: bytes
    mode: int
    secret: bool
    tests: Sequence[str] | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of the content in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> ConfigurationFile:
        """Return the file that one entry of the option files describes. Raises OperatorError."""
        path, mode = PurePosixPath(parameters["path"]), parameters["mode"]
        if path.is_absolute() or ".." in path.parts or not path.parts or path.parts[0] == MARKER:
            raise OperatorError(f"The path {parameters['path']!r} of a file is outside of its configuration.")
        if not isinstance(mode, str) or not re.fullmatch("0[0-7]{3}", mode):
            raise OperatorError(f'The mode {mode!r} of {path} must be four octal digits in quotes, such as "0640".')
        secret = parameters.get("content") is None
        if secret and int(mode, 8) & 0o007:
            raise OperatorError(
                f'The mode {mode} gives everyone on the host access to the secret file {path}: use "0640".'
            )
        return cls(str(path), _content(parameters), int(mode, 8), secret, parameters.get("tests"))


@dataclass(frozen=True)
class Configuration:
    """All files of a configuration and the user that reads them; whoever stages it owns it."""

    service: str
    user: str
    files: tuple[ConfigurationFile, ...]

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Configuration:
        """Return the configuration that the parameters of the module describe. Raises OperatorError."""
        files = tuple(ConfigurationFile.from_parameters(entry) for entry in parameters["files"])
        service = plain_name("service", parameters["service"])
        taken: set[str] = set()
        for file in sorted(files, key=lambda file: file.path):
            parents = {str(parent) for parent in PurePosixPath(file.path).parents}
            if file.path in taken or parents & taken:
                raise OperatorError(f"The configuration of {service} has two files that both use {file.path}.")
            taken.add(file.path)
        return cls(service, parameters["user"] or service, files)

    @property
    def digest(self) -> str:
        """The SHA-256 over path, owner, group, mode and content of all files, as this process stages them."""
        return self.digest_of(pwd.getpwuid(os.geteuid()).pw_name)

    def digest_of(self, owner: str) -> str:
        """Return the digest of the files as they are owned by another user."""
        facts = [
            [file.path, owner, self.user, file.mode, file.digest]
            for file in sorted(self.files, key=lambda file: file.path)
        ]
        return hashlib.sha256(json.dumps([_DIRECTORY_MODE, facts]).encode()).hexdigest()

    @property
    def public(self) -> list[str]:
        """The paths of the files that may be shown."""
        return sorted(file.path for file in self.files if not file.secret)

    @property
    def public_texts(self) -> list[str]:
        """The paths of all files and the contents that may be shown."""
        return [file.path for file in self.files] + [_decoded(file) for file in self.files if not file.secret]

    @property
    def secrets(self) -> list[str]:
        """The contents that may not be shown."""
        return [_decoded(file) for file in self.files if file.secret]

    def entries(self, gid: int) -> dict[str, Entry]:
        """Return what lies in the directory once it is staged, in the terms of found_at()."""
        uid = os.geteuid()
        folders = {str(parent) for file in self.files for parent in PurePosixPath(file.path).parents} | {_TOP}
        entries = {folder: Entry(stat.S_IFDIR | _DIRECTORY_MODE, uid, gid) for folder in folders}
        entries.update({file.path: Entry(stat.S_IFREG | file.mode, uid, gid, file.content) for file in self.files})
        return entries

    def write(self, directory: Path, gid: int) -> None:
        """Write everything to a directory that does not exist yet. Raises OSError."""
        for name, entry in sorted(self.entries(gid).items()):
            path = directory / name
            if entry.content is None:
                path.mkdir(mode=0o700)
                os.chown(path, entry.uid, entry.gid)
                path.chmod(stat.S_IMODE(entry.mode))
            else:
                write_atomically(path, entry.content, mode=stat.S_IMODE(entry.mode), uid=entry.uid, gid=entry.gid)


def _content(parameters: Mapping[str, Any]) -> bytes:
    """Return the content of a file, however its entry gives it. Raises OperatorError."""
    if encoded := parameters.get("secret_base64"):
        return base64.b64decode(encoded)
    if source := parameters.get("host_file"):
        try:
            return Path(source).read_bytes()
        except OSError as error:
            raise OperatorError(f"Cannot copy {source} to {parameters['path']}: {error.strerror}.") from error
    text: str = parameters["content"] if parameters.get("content") is not None else parameters["secret_content"]
    return text.encode("utf-8", "surrogateescape")


def _decoded(file: ConfigurationFile) -> str:
    return file.content.decode("utf-8", "surrogateescape")


def found_at(directory: Path) -> dict[str, Entry]:
    """Return everything in the directory by relative path, the directory itself as "."; nothing when there is none."""
    if not directory.is_dir():
        return {}
    entries = {}
    for name in (Path(_TOP), *paths_below(directory)):
        path = directory / name
        found = path.stat() if name == Path(_TOP) else path.lstat()
        content = None
        if stat.S_ISREG(found.st_mode):
            content = path.read_bytes()
        elif stat.S_ISLNK(found.st_mode):
            content = os.fsencode(path.readlink())
        entries[str(name)] = Entry(found.st_mode, found.st_uid, found.st_gid, content)
    return entries


def differences(
    directory: Path, found: Mapping[str, Entry], wanted: Mapping[str, Entry], *, public: list[str]
) -> Iterator[dict[str, str]]:
    """Yield before and after of every path that differs, for the option --diff, with secrets masked.

    A file is shown when public names it, and the marker of the directory too where the file is there already.
    """
    known = staging_facts(directory).get("public", [])
    for name in sorted(found.keys() | wanted.keys()):
        before, after = found.get(name), wanted.get(name)
        if before == after:
            continue
        masked = (before is not None and name not in known) or (after is not None and name not in public)
        header = str(directory / name)
        yield {
            "before_header": header,
            "after_header": header,
            "before": _text(before, after, "(secret)" if masked else None),
            "after": _text(after, before, f"(secret, {_verdict(before, after)})" if masked else None),
        }


def _verdict(before: Entry | None, after: Entry | None) -> str:
    return "unchanged" if before and after and before.content == after.content else "changed"


def _text(entry: Entry | None, other: Entry | None, mask: str | None) -> str:
    """Return what is shown of an entry: mode and owner only where they differ, or where there is nothing else."""
    if entry is None:
        return ""
    lines = []
    if (
        entry.content is None
        or other is None
        or (entry.mode, entry.uid, entry.gid) != (other.mode, other.uid, other.gid)
    ):
        lines.append(f"{stat.filemode(entry.mode)} {_owner_of(entry)}\n")
    if entry.content is not None:
        lines.append(f"{mask}\n" if mask else entry.content.decode("utf-8", "replace"))
    return "".join(lines)


def _owner_of(entry: Entry) -> str:
    """Return the names of user and group, or their numbers if they have no name."""
    user, group = str(entry.uid), "(group to be created)" if entry.gid < 0 else str(entry.gid)
    with contextlib.suppress(KeyError):
        user = pwd.getpwuid(entry.uid).pw_name
    with contextlib.suppress(KeyError, OverflowError):
        group = grp.getgrgid(entry.gid).gr_name
    return f"{user}:{group}"
