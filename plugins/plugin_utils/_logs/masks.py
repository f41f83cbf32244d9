# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What varies in messages, replaced by what it is: mail, addresses, paths, ids, times, numbers."""

from __future__ import annotations

import contextlib

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import polars as pl

__all__ = ["masked"]

_FIRST_LINE = r"([^\s][^\r\n]{0,399})"
_HEX = "[0-9a-fA-F]"
# In this order: what is masked first cannot be taken for a part of something else.
_MASKS = (
    (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "<mail>"),
    (r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+", "<url>"),
    (rf"\b{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}\b", "<id>"),
    (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b", "<time>"),
    (rf"\b(?:{_HEX}{{2}}[:-]){{5}}{_HEX}{{2}}\b", "<address>"),
    (r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b", "<time>"),
    (r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b", "<address>"),
    (rf"(?:\b(?:{_HEX}{{1,4}}:)+(?::{_HEX}{{1,4}})+|\b(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}|::1)\b", "<address>"),
    (r"\b[A-Za-z]:\\[^\s\"'<>]+", "<path>"),
    (r"(?:/[\w.@%+~=-]+){2,}/?", "<path>"),
    (
        rf"\b(?:0x{_HEX}+|{_HEX}{{12,}}|[0-9]+[a-fA-F]{_HEX}{{6,}}|[a-fA-F]+[0-9]{_HEX}{{6,}}|[0-9A-HJKMNP-TV-Z]{{26}})\b",
        "<id>",
    ),
    (r"\d+(?:[.,]\d+)*", "<number>"),
    (r"<number>(?:[,;] ?<number>)+", "<numbers>"),
    (r"\s+", " "),
)


def masked(text: pl.Expr) -> pl.Expr:
    """Return the first line of a text, with a mask in place of what varies."""
    found = text.str.extract(_FIRST_LINE)
    for pattern, mask in _MASKS:
        found = found.str.replace_all(pattern, mask)
    return found.str.strip_chars()
