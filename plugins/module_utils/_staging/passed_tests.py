# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of single files of a configuration, and which of them have passed on this host and need not run again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._host.tree import digest_of_file, write_atomically
from .configuration import Configuration
from .validation import Command

__all__ = ["PassedTests", "commands_of", "commands_of_tests"]

_NAME = ".passed"
_KEPT = 4096


def commands_of_tests(configuration: Configuration, test: Sequence[str]) -> dict[Command, list[str] | None]:
    """Return the commands that test files, each with the paths of all files that it reads, None if not known."""
    return {
        (*test, f"{{dir}}/{file.path}"): [file.path, *file.tests] if file.tests else None
        for file in configuration.files
        if test and file.tests is not None
    }


def commands_of(configuration: Configuration, options: Mapping[str, Any]) -> list[Command]:
    """Return all commands that must accept a configuration, by the options `validate` and `test` of the module."""
    checks = [tuple(str(part) for part in command) for command in options.get("validate") or () if command]
    return [*checks, *commands_of_tests(configuration, options.get("test") or ())]


class PassedTests:
    """The tests of a configuration, and the digests over program, arguments and files of those that passed.

    Digests lie beside the staged configurations, where only root writes, the latest first. They outlive a
    configuration that was refused for another test.
    """

    def __init__(self, folder: Path, configuration: Configuration, tests: Mapping[Command, list[str] | None]) -> None:
        self._path = folder / _NAME
        self._passed = dict.fromkeys(_trusted_lines(self._path))
        self._digests = _digests(configuration, tests)
        self._new: set[str] = set()

    def due(self, commands: Iterable[Command]) -> list[Command]:
        """Return the commands without those tests that have passed."""
        return [command for command in commands if self._digests.get(command) not in self._passed]

    def add(self, command: Command) -> None:
        """Count what the command has accepted as passed, where it is a test whose digest is known."""
        self._new.update([self._digests[command]] if command in self._digests else [])

    def write(self) -> None:
        """Remember what has passed, and forget the oldest. Nothing is written where nothing is new."""
        if self._new:
            own = [digest for digest in self._digests.values() if digest in self._new or digest in self._passed]
            kept = list(dict.fromkeys([*own, *self._passed]))[: max(_KEPT, len(own))]
            write_atomically(self._path, "".join(f"{digest}\n" for digest in kept).encode(), mode=0o600)


def _trusted_lines(path: Path) -> list[str]:
    """Return the lines of the file, none if somebody else may have written them."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return []
    own = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return path.read_text("ascii", "replace").splitlines() if own else []


def _digests(configuration: Configuration, tests: Mapping[Command, list[str] | None]) -> dict[Command, str]:
    """Return a digest for each test whose files are known and whose program is here; it changes with any of them."""
    contents = {file.path: file.digest for file in configuration.files}
    places = {name: shutil.which(name) for name in {name for name, *_arguments in tests}}
    programs = {name: digest_of_file(Path(place)) for name, place in places.items() if place}
    return {
        command: _digest([programs[command[0]], command[1:], [[path, contents[path]] for path in sorted(paths)]])
        for command, paths in tests.items()
        if paths and contents.keys() >= set(paths) and command[0] in programs
    }


def _digest(facts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
