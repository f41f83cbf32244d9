# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions in the form in which Elasticsearch keeps them, so that only what differs in meaning differs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["flat", "listed", "text", "unit_free", "without_empty"]

_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_BYTES = {unit: 1024**power for power, unit in enumerate(("b", "kb", "mb", "gb", "tb", "pb"))}
_MEASURE = re.compile(r"(\d+)(ms|s|m|h|d|b|kb|mb|gb|tb|pb)")


def text(value: Any) -> Any:
    """Return a leaf as the text that Elasticsearch keeps of a setting; lists and nothing (null) stay."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [text(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def flat(settings: Mapping[str, Any] | None, prefix: str = "") -> dict[str, Any]:
    """Return {dotted name: text} of nested settings; nothing of empty mappings.

    Args:
        settings: Nested, flat or both.
        prefix: What each name begins with, as in "index."; it may be left out.
    """
    found: dict[str, Any] = {}
    for name, value in (settings or {}).items():
        if isinstance(value, Mapping):
            found.update({f"{name}.{below}": one for below, one in flat(value).items()})
        else:
            found[str(name)] = text(value)
    return {name if name.startswith(prefix) else f"{prefix}{name}": value for name, value in found.items()}


def listed(value: Any) -> list[Any]:
    """Return a list of what may be one or several."""
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def without_empty(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping without what is null, or an empty list or mapping."""
    return {key: below for key, below in value.items() if below is not None and below not in ([], {})}


def unit_free(value: Any) -> Any:
    """Return texts of anything that JSON can hold, with durations and sizes in one unit: 24h and 1d are the same."""
    if isinstance(value, Mapping):
        return {key: unit_free(below) for key, below in value.items()}
    if isinstance(value, (list, tuple)):
        return [unit_free(below) for below in value]
    found = _MEASURE.fullmatch(str(value).lower())
    if not found:
        return text(value)
    number, unit = int(found[1]), found[2]
    return f"{number * _BYTES[unit]} bytes" if unit in _BYTES else f"{number * _MILLISECONDS[unit]} ms"
