# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mappings of the configuration file, in which nothing unknown may be left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["ConfigurationError", "Described"]

_MISSING = object()
_KINDS: Mapping[type, str] = {str: "a text", list: "a list", dict: "a mapping", bool: "true or false"}


class ConfigurationError(Exception):
    """The configuration cannot be used, for the reason in the message."""


class Described:
    """A mapping of the file, of which every key has to be taken."""

    def __init__(self, place: str, told: Any) -> None:
        if not isinstance(told, dict):
            raise ConfigurationError(f"{place} has to be a mapping.")
        self._place, self._left = place, dict(told)

    def take(self, key: str, kind: type, default: Any = _MISSING) -> Any:
        """Return the value of a key of this type, and count it as known."""
        value = self._left.pop(key, default)
        if value is _MISSING:
            raise ConfigurationError(f"{self._place} lacks {key}.")
        if not isinstance(value, kind):
            raise ConfigurationError(f"{key} of {self._place} has to be {_KINDS[kind]}.")
        return value

    def optional(self, key: str, kind: type) -> Any:
        """Return the value of a key of this type, None where it is null or not there."""
        return self.take(key, kind) if self._left.get(key) is not None else self._left.pop(key, None)

    def seconds(self, key: str, default: float | None = None) -> float:
        """Return the value of a key as seconds, also if it is a text, as templates make of numbers."""
        found = self._number(key, default)
        if not found > 0:
            raise ConfigurationError(f"{key} of {self._place} has to be a number greater than 0.")
        return found

    def weight(self, key: str, default: float) -> float:
        """Return the value of a key as a number that is not negative."""
        found = self._number(key, default)
        if found < 0:
            raise ConfigurationError(f"{key} of {self._place} has to be a number from 0.")
        return found

    def _number(self, key: str, default: float | None) -> float:
        """Return a number, -1 for what is none."""
        value = self.take(key, object, _MISSING if default is None else default)
        try:
            found = -1.0 if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            return -1.0
        return found if math.isfinite(found) else -1.0

    def end(self) -> None:
        """Refuse what was not taken."""
        if self._left:
            raise ConfigurationError(f"{self._place} has the unknown key {next(iter(self._left))}.")
