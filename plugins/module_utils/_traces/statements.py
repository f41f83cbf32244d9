# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements of SQL and of other query languages without their values."""

from __future__ import annotations

import functools
import re

__all__ = ["without_values"]

_VALUES = re.compile(
    r"""
      '(?:[^']|'')*'?                      # texts, and those that were cut off
    | \$\d+ | (?<!\w)[:@]\w+ | %s | %\(\w+\)s     # placeholders
    | \b0x[0-9a-f]+\b | \b\d[\w.+-]*       # numbers, and ids that begin with a digit
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LISTS = re.compile(r"\(\s*\?(?:\s*,\s*\?)*\s*\)(?:\s*,\s*\(\s*\?(?:\s*,\s*\?)*\s*\))*")
_BLANKS = re.compile(r"\s+")


@functools.lru_cache(maxsize=10_000)
def without_values(statement: str) -> str:
    """Return a statement with `?` for each value and `(?)` for each list of them."""
    return _LISTS.sub("(?)", _BLANKS.sub(" ", _VALUES.sub("?", statement)).strip())
