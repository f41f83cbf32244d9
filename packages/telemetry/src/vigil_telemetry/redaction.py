"""Takes secrets out of everything that leaves the process, and makes plain, bounded data of whatever it is given."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .database_errors import without_rows
from .plain_values import plain_text, shown, unpacked
from .secret_texts import REDACTED, SHORTEST_SECRET, is_card_number, without_secrets
from .sensitive_keys import SensitiveKeys

__all__ = ["REDACTED", "Redactor"]

LONGEST_TEXT = 16_384
"""Characters of one text; the rest is counted."""
LONGEST_KEY = 256
MOST_CHARACTERS = 65_536
"""Characters of all texts of one event, keys included."""
MOST_ITEMS = 1_000
"""Values of one event, at all depths."""
DEEPEST = 8

# A secret that begins before the cut is found if it is no longer than this.
_BEYOND_CUT = 4_096
_LARGEST_INTEGER_BITS = 256
_SMALLEST_CARD = 10**12
_ONE_LONG_INTEGER = 1 << 53
_PAIR = 2
_CACHED_KEYS = 1024
_LONGEST_STACK = 1 << 18
_NOTE = 64


class Redactor:
    """Redacts by key and by value. It never raises, whatever the values do, and changes none of them."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        """Keys are further ones that name secrets, in any case and spelling."""
        self._keys = SensitiveKeys(keys)
        # Keys are those that code has, and the same for each line and span.
        self._known = functools.lru_cache(maxsize=_CACHED_KEYS)(functools.partial(_shown_key, keys=self._keys))

    def value(self, anything: object) -> Any:
        """Return what json.dumps(..., allow_nan=False) writes: dict, list, str, int, float, bool or None, bounded."""
        try:
            return _Walk(self._keys, self._known).value(anything)
        except Exception:  # noqa: BLE001 - an application must not fail because of what it logs
            return "[UNREADABLE]"

    def fields(self, fields: Mapping[str, object]) -> dict[str, Any]:
        """Return the fields of an event, as `value` does."""
        try:
            return _Walk(self._keys, self._known).fields(fields)
        except Exception:  # noqa: BLE001 - as above
            return {"unreadable": "[UNREADABLE]"}

    def text(self, text: str) -> str:
        """Return the text without secrets, at most LONGEST_TEXT characters of it."""
        return clean_text(text, self._keys)

    def stack(self, stack: str) -> str:
        """Return a stack trace without secrets; of a long one, its begin and the end, where the error is."""
        found = without_secrets(stack[:_LONGEST_STACK], self._keys)
        left = len(found) - LONGEST_TEXT
        if left <= 0:
            return found
        kept = LONGEST_TEXT // 2 - _NOTE
        return f"{found[:kept]}\n[{left} CHARACTERS MORE]\n{found[-kept:]}"

    def attributes(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Return attributes of a span: texts redacted, numbers and sequences of them as they are."""
        kept: dict[str, Any] = {}
        with contextlib.suppress(Exception):
            for key, value in list(attributes.items()):
                plain = plain_text(key)
                name, secret = _shown_key(plain, self._keys) if len(plain) > LONGEST_KEY else self._known(plain)
                kept[name] = REDACTED if secret else self._attribute(value)
        return kept

    def _attribute(self, value: object) -> Any:
        kind = type(value)
        if kind is str:
            return self.text(value)  # type: ignore[arg-type]
        if isinstance(value, (list, tuple)):
            return [self._attribute(item) for item in value[:MOST_ITEMS]]
        found = self.value(value)
        return found if isinstance(found, (str, bool, int, float)) else self.text(shown(value))


def clean_text(text: str, keys: SensitiveKeys) -> str:
    """Return the text without secrets; what is beyond LONGEST_TEXT is cut after the search, which may need its end."""
    if len(text) < SHORTEST_SECRET and text.isalnum():
        return text
    text = without_rows(text)
    length = len(text)
    if length <= LONGEST_TEXT:
        return without_secrets(text, keys)
    kept = without_secrets(text[: LONGEST_TEXT + _BEYOND_CUT], keys)[:LONGEST_TEXT]
    return f"{kept}[{length - LONGEST_TEXT} CHARACTERS MORE]"


def _shown_key(key: str, keys: SensitiveKeys) -> tuple[str, bool]:
    """Return a key as it may be shown, and whether it names a secret: a secret in its place is none the less one."""
    return clean_text(key, keys)[:LONGEST_KEY], key in keys


class _Walk:
    """One value with what it contains, while the limits of all of it are counted."""

    __slots__ = ("_above", "_characters", "_items", "_keys", "_known")

    def __init__(self, keys: SensitiveKeys, known: Callable[[str], tuple[str, bool]]) -> None:
        """`known` remembers what `_shown_key` returns for a key that is no longer than LONGEST_KEY."""
        self._keys, self._known = keys, known
        self._items = MOST_ITEMS
        self._characters = MOST_CHARACTERS
        self._above: list[int] = []

    def value(self, value: object) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value)  # type: ignore[arg-type]
        if value is None or kind is bool:
            return value
        if kind is int:
            return _integer(value)  # type: ignore[arg-type]
        if kind is float:
            return _float(value)  # type: ignore[arg-type]
        return self._other(value)

    def fields(self, fields: Mapping[str, object]) -> dict[str, Any]:
        """Return the fields of an event, which most of the time is a dictionary of few items."""
        kind = type(fields)
        found = self._outermost(fields) if kind is dict and len(fields) <= MOST_ITEMS else self.value(fields)
        return found if isinstance(found, dict) else {"unreadable": found}

    def _outermost(self, fields: Mapping[str, object]) -> dict[str, Any]:
        self._above.append(id(fields))
        return self._mapping(dict(fields))

    def _text(self, text: str) -> str:
        if self._characters <= 0:
            return f"[{len(text)} CHARACTERS]"
        found = clean_text(text, self._keys)
        self._characters -= len(found)
        return found

    def _other(self, value: object) -> Any:
        if len(self._above) >= DEEPEST:
            return "[DEEPER]"
        if id(value) in self._above:
            return "[CYCLE]"
        self._above.append(id(value))
        try:
            return self._opened(unpacked(value))
        finally:
            self._above.pop()

    def _opened(self, value: object) -> Any:
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list):
            return self._sequence(value)
        return self.value(value)

    def _mapping(self, mapping: dict[Any, object]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        hidden = "value" if self._names_secret(mapping) else None
        for key, item in mapping.items():
            if self._items <= 0 or self._characters <= 0:
                kept["..."] = f"[{len(mapping) - len(kept)} MORE]"
                break
            self._items -= 1
            kind = type(key)
            name = key if kind is str else plain_text(key)
            self._characters -= len(name)
            shown_name, secret = _shown_key(name, self._keys) if len(name) > LONGEST_KEY else self._known(name)
            if secret or name == hidden:
                kept[shown_name] = REDACTED
            else:
                kept[shown_name] = self.value(item)
        return kept

    def _names_secret(self, mapping: dict[Any, object]) -> bool:
        """Whether it is the item of a list of named values: {"name": "password", "value": "x"}."""
        if "value" not in mapping:
            return False
        return any(
            isinstance(found, str) and found in self._keys for found in (mapping.get("name"), mapping.get("key"))
        )

    def _sequence(self, sequence: list[object]) -> list[Any]:
        if len(sequence) == _PAIR and isinstance(sequence[0], (str, bytes)):
            name = plain_text(sequence[0])
            if len(name) < LONGEST_KEY and name in self._keys:
                return [self._known(name)[0], REDACTED]
        kept: list[Any] = []
        for item in sequence:
            if self._items <= 0 or self._characters <= 0:
                kept.append(f"[{len(sequence) - len(kept)} MORE]")
                break
            self._items -= 1
            kept.append(self.value(item))
        return kept


def _integer(value: int) -> int | str:
    if -_SMALLEST_CARD < value < _SMALLEST_CARD:
        return value
    if value.bit_length() > _LARGEST_INTEGER_BITS:
        return f"[INTEGER OF {value.bit_length()} BITS]"
    return REDACTED if is_card_number(str(abs(value))) else value


def _float(value: float) -> float | str:
    if not math.isfinite(value):
        return str(value)
    whole = _SMALLEST_CARD <= abs(value) < _ONE_LONG_INTEGER and value.is_integer()
    return REDACTED if whole and is_card_number(str(abs(int(value)))) else value
