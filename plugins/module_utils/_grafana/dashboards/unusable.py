# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dashboards that cannot be used, which need not keep the others from being made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..._api.plan import PlanError
from ..._api.resource import Step
from ..._http.session import ApiError

__all__ = ["Unusable"]

# What a server answers for what one dashboard is, and not for all: 413 is too large, 422 what it cannot make sense of.
_REFUSALS = frozenset({400, 404, 409, 412, 413, 422})


class Unusable:
    """Sentences on dashboards that cannot be used: an error of all of them, or left out while the others are made."""

    def __init__(self, *, skip: bool) -> None:
        self._skip = skip
        self.sentences: list[str] = []
        self.unwritten: list[Step] = []

    def settle(self) -> None:
        """Raise PlanError when there are such, unless they are left out."""
        if self.sentences and not self._skip:
            raise PlanError(" ".join(self.sentences))

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note the PlanError of what is done with one dashboard, and go on behind it."""
        try:
            yield
        except PlanError as error:
            self.sentences.append(str(error))

    def write(self, make: Callable[[Step], None]) -> Callable[[Step], None]:
        """Return what makes one change, and leaves out one that the server refuses for what the dashboard is."""

        def attempt(step: Step) -> None:
            try:
                make(step)
            except ApiError as error:
                if not self._skip or error.status not in _REFUSALS:
                    raise
                self.sentences.append(str(error))
                self.unwritten.append(step)

        return attempt
