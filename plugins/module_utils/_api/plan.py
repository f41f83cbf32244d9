# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task lists, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from .._errors.sentence import OperatorError

__all__ = ["PlanError", "StepError", "by_key"]


class PlanError(OperatorError):
    """Objects that cannot be planned; the text is a sentence for the operator."""


class StepError(PlanError):
    """Changes that cannot be made; `keys` are theirs."""

    def __init__(self, sentence: str, keys: Iterable[str]) -> None:
        super().__init__(sentence)
        self.keys = frozenset(keys)


def by_key(objects: Iterable[Any], key: Callable[[Any], str], *, option: str, what: str) -> dict[str, Any]:
    """Return {key: object} in the same order.

    Raises PlanError, by index, for two objects of one key.
    """
    found: dict[str, Any] = {}
    places: dict[str, list[int]] = {}
    for index, item in enumerate(objects):
        places.setdefault(key(item), []).append(index)
        found[key(item)] = item
    repeated = [
        f"{' and '.join(f'{option}[{index}]' for index in indices)} are both the {what} {name!r}"
        for name, indices in places.items()
        if len(indices) > 1
    ]
    if repeated:
        raise PlanError(f"{'; '.join(repeated)}. List each only once.")
    return found
