# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The heap of a Java process, and the sizes that it follows from."""

from __future__ import annotations

import re

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["LARGEST", "heap", "java_bytes", "memory_limit"]

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
LARGEST = 31 * 2**30


def heap(size: str, memory: int, limit: str) -> str:
    """Return the size in Java's notation: the given one, or half of the memory in bytes within the limit of the unit.

    Raises OperatorError for a size that does not fit.
    """
    room = min(memory, memory_limit(limit, memory))
    wanted = java_bytes(size) if size else min(room // 2, LARGEST)
    if wanted > LARGEST:
        raise OperatorError(
            f"A heap of {size} is larger than 31g, beyond which Java needs longer pointers: use 31g or less."
        )
    if wanted >= room:
        raise OperatorError(
            f"A heap of {size} does not fit into {room // 2**20} MiB of memory: use at most half of it."
        )
    return f"{wanted // 2**20}m"


def java_bytes(size: str) -> int:
    """Return the bytes of a size such as 512m; raise OperatorError for what is none."""
    matched = re.fullmatch(r"([1-9][0-9]*)([kmgtKMGT]?)", str(size))
    if not matched:
        raise OperatorError(f"{size!r} is no size of a heap: write it like 2g or 512m.")
    return int(matched[1]) * _UNITS[matched[2].upper()]


def memory_limit(limit: str, memory: int) -> int:
    """Return the bytes of systemd's MemoryMax; all of the memory where it is infinite or not understood."""
    if percent := re.fullmatch(r"([0-9]+)%", str(limit)):
        return memory * int(percent[1]) // 100
    matched = re.fullmatch(r"([0-9]+)([KMGT]?)", str(limit))
    return int(matched[1]) * _UNITS[matched[2]] if matched else memory
