# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dashboards that cannot be used; the others can be written all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..._api.plan import PlanError
from ..._api.resource import Step
from ..._http.session import ApiError

__all__ = ["Unusable"]

# Answers that concern one dashboard and not all: 413 for one that is too large, 422 for one that is invalid.
_REFUSALS = frozenset({400, 404, 409, 412, 413, 422})


class Unusable:
    """Sentences on dashboards that cannot be used, which either fail the task or are left out."""

    def __init__(self, *, skip: bool) -> None:
        self._skip = skip
        self.sentences: list[str] = []
        self.unwritten: list[Step] = []

    def settle(self) -> None:
        """Raise PlanError if there are any, unless they are left out."""
        if self.sentences and not self._skip:
            raise PlanError(" ".join(self.sentences))

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Record the PlanError of one dashboard, and continue after the block."""
        try:
            yield
        except PlanError as error:
            self.sentences.append(str(error))

    def write(self, make: Callable[[Step], None]) -> Callable[[Step], None]:
        """Return a function that makes one change, and leaves out one that the server refuses for that dashboard."""

        def attempt(step: Step) -> None:
            try:
                make(step)
            except ApiError as error:
                if not self._skip or error.status not in _REFUSALS:
                    raise
                self.sentences.append(str(error))
                self.unwritten.append(step)

        return attempt
