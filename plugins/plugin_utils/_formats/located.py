# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration with absolute paths, so that the service finds its files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["located"]

_EXPANDED = re.compile(r"(\$__file\{)([^}]+)(?=\})")
# Lists of patterns relative to the configuration: of Prometheus, of its file_sd_configs, of Alertmanager.
_PATTERNS = ("rule_files", "scrape_config_files", "files", "templates")


def located(
    configuration: Mapping[str, Any], directory: str, files: Iterable[str], *, as_written: bool = False
) -> dict[str, Any]:
    """Return the configuration with absolute paths; raise OperatorError for one that names no file."""
    found: dict[str, Any] = _Staged(directory.rstrip("/"), frozenset(files), as_written).located(configuration)
    return found


@dataclass(frozen=True)
class _Staged:
    """The files of a configuration, in the directory where they are active."""

    directory: str
    files: frozenset[str]
    as_written: bool

    def located(self, tree: Any, key: str = "") -> Any:
        if isinstance(tree, Mapping):
            return {name: self.located(value, str(name)) for name, value in tree.items()}
        if isinstance(tree, list):
            return [self.located(value, key) for value in tree]
        if not isinstance(tree, str) or not tree:
            return tree
        if _EXPANDED.search(tree):
            return _EXPANDED.sub(lambda found: found[1] + self._path(key, found[2]), tree)
        if key.endswith("_file"):
            return self._path(key, tree)
        if key in _PATTERNS or tree.startswith(f"{self.directory}/"):
            self._path(key, tree)
        return tree

    def _path(self, key: str, value: str) -> str:
        relative = posixpath.normpath(value.removeprefix(f"{self.directory}/"))
        if relative.startswith("/"):
            return value
        if not any(fnmatchcase(file, relative) or _is_below(relative, file) for file in self.files):
            raise OperatorError(f"{key} names {value}, which is not among the files {self._there()}")
        return value if self.as_written else f"{self.directory}/{relative}"

    def _there(self) -> str:
        service = posixpath.basename(self.directory)
        there = f"those are {', '.join(sorted(self.files))}" if self.files else "there are none"
        return (
            f"that are staged in {self.directory}: {there}. Add it (a secret one to {service}_secrets), or give the "
            f"absolute path of a file on the host; files that other tools write belong in /etc/vigil/local/{service}/."
        )


def _is_below(path: str, folder: str) -> bool:
    return folder.endswith("/") and path.startswith(folder)
