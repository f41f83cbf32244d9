"""Makes plain data of objects of an application, whatever their methods do."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import itertools
import os
import uuid
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

__all__ = ["plain_text", "shown", "unpacked"]

MOST_TAKEN = 1_001
"""Items taken of a collection: one more than any event holds, so that it shows that there are more."""

_UNREADABLE = "[UNREADABLE]"
_SHOWN_AS_THEY_ARE = (decimal.Decimal, uuid.UUID, os.PathLike, complex, range, dt.timedelta)


def plain_text(key: object) -> str:
    """Return a key or a text as an exact `str`; one that cannot be read is "[UNREADABLE]"."""
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, (bytes, bytearray, memoryview)):
        return _decoded(key)
    return shown(key)


def shown(value: object) -> str:
    """Return `str(value)`; of one that raises, its type."""
    try:
        return str.__str__(str(value))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - even SystemExit in somebody's __str__ must not end the caller
        return f"[UNREADABLE {_name(value)}: {type(error).__name__}]"


def unpacked(value: object) -> object:
    """Return a dict, a list, or something that is neither and needs no further unpacking: str, int, float, None."""
    try:
        return _unpacked(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - as above
        return f"[UNREADABLE {_name(value)}: {type(error).__name__}]"


def _unpacked(value: Any) -> object:
    if isinstance(value, dict):
        return _bounded(value)
    if isinstance(value, (list, tuple)):
        names = getattr(type(value), "_fields", None)
        return list(value[:MOST_TAKEN]) if names is None else dict(zip(names, value))
    for kinds, plain in _KINDS:
        if isinstance(value, kinds):
            return plain(value)
    fields = _fields(value)
    return shown(value) if fields is None else fields


def _bounded(mapping: Mapping[Any, object]) -> dict[Any, object]:
    """Return at most MOST_TAKEN items; `list` is one step for other threads, so that none changes it meanwhile."""
    kind = type(mapping)
    if kind is dict and len(mapping) < MOST_TAKEN:
        return dict(mapping)
    return dict(itertools.islice(list(mapping.items()), MOST_TAKEN))


def _error(error: BaseException) -> dict[str, object]:
    return {"name": type(error).__name__, "message": shown(error)}


def _fields(value: object) -> dict[str, object] | None:
    """Return the fields of an instance of a dataclass, of attrs or of pydantic, or None; their keys tell of secrets."""
    kind = type(value)
    if isinstance(value, type):
        return None
    declared = kind.__dict__.get("__dataclass_fields__") or getattr(kind, "__dataclass_fields__", None)
    if declared:
        return {name: getattr(value, name, None) for name, field in declared.items() if field.repr}
    attrs = getattr(kind, "__attrs_attrs__", None)
    if attrs:
        return {field.name: getattr(value, field.name, None) for field in attrs if field.repr}
    for place in ("model_fields", "__pydantic_fields__", "__fields__"):
        names = getattr(kind, place, None)
        if isinstance(names, dict):
            return {name: getattr(value, name, None) for name, field in names.items() if getattr(field, "repr", True)}
    return None


def _decoded(value: bytes | bytearray | memoryview) -> str:
    longest = 32_768
    return bytes(value[:longest]).decode("utf-8", "replace")


def _name(value: object) -> str:
    return type.__getattribute__(type(value), "__name__")  # type: ignore[no-any-return]


_KINDS: tuple[tuple[Any, Callable[[Any], object]], ...] = (
    (enum.Enum, lambda value: value.value),
    (str, str.__str__),
    (bool, bool),
    (int, lambda value: int.__add__(value, 0)),
    (float, lambda value: float.__add__(value, 0.0)),
    ((dt.datetime, dt.date, dt.time), lambda value: value.isoformat()),
    (_SHOWN_AS_THEY_ARE, shown),
    ((bytes, bytearray, memoryview), _decoded),
    (BaseException, _error),
    (Mapping, _bounded),
    ((AbstractSet, collections.deque), lambda value: list(itertools.islice(value, MOST_TAKEN))),
)
