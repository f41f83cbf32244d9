"""Options of a configuration, taken one by one, so that whatever nobody took can be refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Callable, TypeVar

__all__ = [
    "NO_PATTERNS",
    "NO_TEXTS",
    "Options",
    "SettingsError",
    "duration",
    "expanded",
    "flag",
    "patterns",
    "text",
    "texts",
    "whole",
]

T = TypeVar("T")

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9.]+)(ms|s|m|h)")


NO_TEXTS: tuple[str, ...] = ()
NO_PATTERNS: tuple[re.Pattern[str], ...] = ()


class SettingsError(Exception):
    """What the configuration asks for cannot be done."""


def expanded(value: Any, place: str = "") -> Any:
    """Return mappings with each dot in a key as a level, as Filebeat reads them."""
    if isinstance(value, list):
        return [expanded(each, place) for each in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, inner in value.items():
        *levels, last = str(key).split(".")
        level = found
        for name in levels:
            level = level.setdefault(name, {})
            if not isinstance(level, dict):
                raise SettingsError(f"{place}{key}: {name} has a value of its own too")
        below = expanded(inner, f"{place}{key}.")
        if isinstance(below, dict) and isinstance(level.get(last), dict):
            below = {**level[last], **below}
        level[last] = below
    return found


class Options:
    """The options at one place of a configuration: what is taken goes, at every level."""

    def __init__(self, place: str, values: Any) -> None:
        if not isinstance(values, dict):
            raise SettingsError(f"{place or 'the configuration'} is {values!r}: it has to be a mapping")
        self._place = place
        self._left = values

    def take(self, name: str, kind: Callable[[Any], T], default: T) -> T:
        """Return the value of an option, whose name has a dot for each level, or the default."""
        *levels, last = name.split(".")
        values: Any = self._left
        for level in levels:
            values = values.get(level)
            if not isinstance(values, dict):
                return default
        if last not in values:
            return default
        try:
            return kind(values.pop(last))
        except (TypeError, ValueError, re.error) as error:
            raise SettingsError(f"{self._place}{name}: {error}") from error

    def part(self, name: str) -> Options:
        """Return the options below this one, none when it is absent or empty."""
        if self._left.get(name) is None:
            self._left.pop(name, None)
            return Options(f"{self._place}{name}.", {})
        return Options(f"{self._place}{name}.", self._left[name])

    def list_of(self, name: str) -> list[Options]:
        """Return each item of a list of mappings."""
        found = self._left.get(name, [])
        if not isinstance(found, list):
            raise SettingsError(f"{self._place}{name} has to be a list")
        return [Options(f"{self._place}{name}.{index}.", each) for index, each in enumerate(found)]

    def names(self) -> list[str]:
        """Return the names of what has not been taken, on this level."""
        return list(self._left)

    def finish(self) -> None:
        """Refuse what nobody took."""
        for left in _leaves(self._left, self._place):
            raise SettingsError(f"{left}: the stand-in does not execute this option, so it refuses it")


def _leaves(value: Any, place: str) -> Iterator[str]:
    """Yield the names of what is left; of what was taken, empty levels are left."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}{key}.")
    elif isinstance(value, list) and all(isinstance(each, dict) for each in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{place}{index}.")
    else:
        yield place.rstrip(".")


def text(value: Any) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Return texts; one stands for a list of itself."""
    return tuple(text(each) for each in value) if isinstance(value, list) else (text(value),)


def flag(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def whole(value: Any) -> int:
    """Return a whole number that is not negative."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is no whole number from 0 on")
    return value


def duration(value: Any) -> float:
    """Return the seconds of a duration such as 1m30s; a number is seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    parts = _DURATION.findall(text(value))
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise ValueError(f"{value!r} is no duration")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def patterns(value: Any) -> tuple[re.Pattern[str], ...]:
    """Return compiled regular expressions."""
    return tuple(re.compile(each) for each in texts(value))
