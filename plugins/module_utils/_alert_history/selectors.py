# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What series an expression of PromQL asks for, without a parser, which modules do not have."""

from __future__ import annotations

import re

__all__ = ["selectors_of"]

_STRING = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`"""
_TOKENS = re.compile(
    rf"""
    (?P<comment>\#[^\n]*)
    | (?P<range>\[[^\]]*\])
    | (?P<labels>\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\))
    | (?P<selector>(?:[a-zA-Z_:][a-zA-Z0-9_:]*)?\s*\{{(?:{_STRING}|[^}}"'`])*\}})
    | (?P<string>{_STRING})
    | (?P<call>[a-zA-Z_]\w*\s*(?:\(|(?=\b(?:by|without)\b)))
    | (?P<number>(?:\d[\w.]*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)
    """,
    re.VERBOSE,
)
_NO_SERIES = frozenset(
    {
        *("and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right"),
        *("atan2", "bool", "end", "inf", "nan", "offset", "start"),
    }
)


def selectors_of(expr: str) -> list[str]:
    """Return the selectors of series in an expression, each once, as it writes them."""
    found = []
    for token in _TOKENS.finditer(expr):
        kind, text = token.lastgroup, token.group()
        if kind == "selector" or (kind == "word" and text.lower() not in _NO_SERIES):
            found.append(text.strip())
    return list(dict.fromkeys(found))
