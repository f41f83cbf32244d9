# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of documents in one type each, whatever type an application gave them."""

from __future__ import annotations

import contextlib
import math
from datetime import datetime, tzinfo
from typing import Any

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import orjson

__all__ = ["LONGEST_TEXT", "duration_of", "milliseconds_of", "name_of", "text_of"]

LONGEST_TEXT = 2000
_LONGEST_NAME = 200
# From here on a number counts a smaller unit: seconds, milliseconds, microseconds, nanoseconds since 1970.
_UNITS = ((1e11, 1e3), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6))
_DIGITS_OF_SECONDS = 9


def milliseconds_of(value: Any, zone: tzinfo) -> int | None:
    """Return an instant in milliseconds since 1970; one without a time zone is in `zone`. None for no instant."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_number(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.isdecimal() and text.isascii() and len(text) >= _DIGITS_OF_SECONDS:
        return _from_number(float(text))
    try:
        found = datetime.fromisoformat(text)
        return round((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _from_number(number: float) -> int | None:
    factor = next((factor for below, factor in _UNITS if 0 <= number < below), None)
    return None if factor is None else round(number * factor)


def name_of(value: Any) -> str | None:
    """Return a short text: a number as its digits. None for an object, a list, a truth or an empty text."""
    if isinstance(value, str):
        return value.strip()[:_LONGEST_NAME] or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def text_of(value: Any) -> str:
    """Return the beginning of a text, and of what is none as JSON."""
    return (value if isinstance(value, str) else orjson.dumps(value).decode())[:LONGEST_TEXT]


def duration_of(value: Any) -> float | None:
    """Return a number from 0 on, or a text that holds one. None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
