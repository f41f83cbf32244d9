"""Marks what the stand-in does because documentation says so, without a recording that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["BEHAVIOURS", "documented"]

BEHAVIOURS: list[str] = []
"""Sentences, in the order in which modules are imported."""

_Function = TypeVar("_Function", bound=Callable[..., object])


def documented(behaviour: str) -> Callable[[_Function], _Function]:
    """Note a behaviour that is documented, not recorded, and leave the function as it is."""

    def note(function: _Function) -> _Function:
        BEHAVIOURS.append(behaviour)
        return function

    return note
