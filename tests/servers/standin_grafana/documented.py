"""Marks what the stand-in does without a recording: because documentation says so, or as a real 9.4 was seen to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["BEHAVIOURS", "SEEN", "documented", "seen"]

BEHAVIOURS: list[str] = []
"""Sentences of what is documented, in the order in which modules are imported."""
SEEN: list[str] = []
"""Sentences of what was seen on 9.4."""

_Function = TypeVar("_Function", bound=Callable[..., object])


def documented(behaviour: str) -> Callable[[_Function], _Function]:
    """Note a behaviour that is documented, not recorded, and leave the function as it is."""
    return _noted(BEHAVIOURS, behaviour)


def seen(behaviour: str) -> Callable[[_Function], _Function]:
    """Note a behaviour that was seen on a real server of 9.4, not recorded, and leave the function as it is."""
    return _noted(SEEN, behaviour)


def _noted(sentences: list[str], behaviour: str) -> Callable[[_Function], _Function]:
    def note(function: _Function) -> _Function:
        sentences.append(behaviour)
        return function

    return note
