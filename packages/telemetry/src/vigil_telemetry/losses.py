"""Counts as metrics what other parts had to drop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["Losses"]


class Losses:
    """What was dropped, by metric and reason, as far as it has been counted.

    A source returns how many this process has dropped, by reason; after a fork it begins at 0 again.
    """

    def __init__(
        self, count: Callable[[str, str, float], None], sources: Mapping[str, Callable[[], Mapping[str, int]]]
    ) -> None:
        self._count = count
        self._sources = sources
        self._counted: dict[tuple[str, str], int] = {}

    def refresh(self) -> None:
        """Count what was dropped since the last time."""
        for name, source in self._sources.items():
            for reason, total in source().items():
                counted = self._counted.get((name, reason), 0)
                self._counted[name, reason] = total
                if more := total - counted if total >= counted else total:
                    self._count(name, reason, more)
