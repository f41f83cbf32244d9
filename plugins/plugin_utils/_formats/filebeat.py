# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of Filebeat in one form, whether their keys are nested or have dots, over those of the role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["filebeat_input", "flat", "input_problems"]

_SMALLEST_FINGERPRINT = 64
_LENGTH = "prospector.scanner.fingerprint.length"
_FILES = {"type": "filestream", "prospector.scanner.exclude_files": [r"\.(gz|xz|zst|bz2)$"]}
_BY_CONTENT = {
    "file_identity.fingerprint": None,
    "prospector.scanner.fingerprint.enabled": True,
    # A file is shipped once it is that long.
    _LENGTH: 256,
}
# Whose keys are names of the user's own.
_OPEN = ("fields",)


def flat(settings: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """Return settings with a dot for each level."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{place}{key}"
        nested = isinstance(value, Mapping) and value and name not in _OPEN
        found |= flat(value, f"{name}.") if nested else {name: value}
    return found


def filebeat_input(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input with its id and, for files, an identity that is safe against reused inodes.

    Copies made by copytruncate begin like their originals, so these are known by their inodes.
    """
    own = flat(options)
    if own.get("type", "filestream") != "filestream":
        return {**own, "id": name}
    by_inode = any(option.startswith(("rotation.", "file_identity.")) for option in own)
    return {**_FILES, **({} if by_inode else _BY_CONTENT), **own, "id": name}


def input_problems(options: Any) -> Iterator[str]:
    """Yield what makes an input useless or unsafe."""
    if not isinstance(options, Mapping):
        yield f"is {options!r}: write a mapping of Filebeat's options."
        return
    own = flat(options)
    if "id" in own:
        yield "has an id: its name is the id, so leave it out."
    if own.get("type", "filestream") != "filestream":
        return
    paths = own.get("paths")
    if not isinstance(paths, list) or not paths or not all(str(path).startswith("/") for path in paths):
        yield "has no paths: list the files to ship by their absolute paths."
    if any(key.startswith("rotation.") for key in own) and any("fingerprint" in key for key in own):
        yield "has a fingerprint, which copies made by copytruncate share with their originals: leave it out."
    length = own.get(_LENGTH, _SMALLEST_FINGERPRINT)
    if not isinstance(length, int) or length < _SMALLEST_FINGERPRINT:
        yield f"has a fingerprint of {length} bytes: use {_SMALLEST_FINGERPRINT} or more."
