# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions that pages share, made of other expressions."""

from __future__ import annotations

__all__ = ["each_of", "or_unknown", "status_class"]


def each_of(rows: str, expr: str) -> str:
    """Return the expression with NaN for those rows of a table of which it knows nothing.

    A scale has the text in place of NaN; a cell without a value would have the colour of the lowest step.
    """
    return f"({expr}) or NaN * ({rows})"


def or_unknown(expr: str) -> str:
    """Return the expression with NaN where it has no answer, because what counts is not reached.

    A scale has the text in place of NaN; without it, the last value before would stay in a `stat` with `since`.
    """
    return f"({expr}) or on () vector(NaN)"


def status_class(expr: str, label: str) -> str:
    """Return the expression with the class of the status in `label`, such as 5xx, as label `class`."""
    return f'label_replace({expr}, "class", "${{1}}xx", "{label}", "(.).*")'
