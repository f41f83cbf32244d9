# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what was done has helped, from samples at times that the caller chooses. No data is never recovered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

__all__ = ["Sample", "Verdict", "Verification"]

_FLAPS = 2  # times that it stopped holding, after which it flaps


@dataclass(frozen=True)
class Sample:
    """How many series were good and how many bad at a time; none of either is no data."""

    at: float
    good: int = 0
    bad: int = 0

    @property
    def holds(self) -> bool:
        """Return whether everything that is there is good."""
        return self.good > 0 and self.bad == 0

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is known."""
        return self.good + self.bad == 0


@dataclass(frozen=True)
class Verdict:
    """`recovered`, `failing`, `worse` or `unknown`, and why."""

    outcome: str
    reason: str


@dataclass(kw_only=True)
class Verification:
    """A verification that began when a step ended, with the number of bad series before that."""

    began: float
    within: float
    stable: float
    samples: int
    bad_before: int | None = None
    seen: list[Sample] = field(default_factory=list)

    def add(self, sample: Sample) -> Verdict | None:
        """Return what a further sample decides, None while nothing is decided. Samples from before it do not count."""
        if sample.at > self.began and sample.at <= self.began + self.within:
            self.seen.append(sample)
            if verdict := self._worse() or self._recovered():
                return verdict
        return self._at_the_end() if sample.at >= self.began + self.within else None

    def _worse(self) -> Verdict | None:
        """Return whether more is bad than before, for as long as it has to hold: what starts is bad for a while."""
        worse = self._run_of_worse()
        if len(worse) < self.samples or worse[-1].at - worse[0].at < self.stable:
            return None
        return self._more_are_bad()

    def _run_of_worse(self) -> Sequence[Sample]:
        before = self.bad_before
        return [] if before is None else _last_run(self.seen, lambda one: one.bad > before)

    def _more_are_bad(self) -> Verdict:
        return Verdict("worse", f"{self.seen[-1].bad} series are bad, {self.bad_before} were before")

    def _recovered(self) -> Verdict | None:
        held = _last_run(self.seen, lambda one: one.holds)
        if len(held) < self.samples or held[-1].at - held[0].at < self.stable:
            return None
        return Verdict("recovered", f"it held for {held[-1].at - held[0].at:.0f} s, in {len(held)} samples")

    def _at_the_end(self) -> Verdict:
        if len(self._run_of_worse()) >= self.samples:
            return self._more_are_bad()
        found = [one for one in self.seen if not one.is_empty]
        if not found:
            return Verdict("unknown", "there were no samples")
        if self.seen[-1].is_empty:
            return Verdict("unknown", "there were no samples in the end")
        stops = sum(before.holds and not after.holds for before, after in zip(self.seen, self.seen[1:], strict=False))
        if stops >= _FLAPS:
            return Verdict("failing", f"it stopped holding {stops} times")
        if self.seen[-1].holds:
            return Verdict("failing", "it did not hold for long enough")
        return Verdict("failing", f"{self.seen[-1].bad} series are bad")


def _last_run(seen: Sequence[Sample], fits: Callable[[Sample], bool]) -> Sequence[Sample]:
    """Return the samples since the last one that does not fit."""
    number = next((at for at, one in enumerate(reversed(seen)) if not fits(one)), len(seen))
    return seen[len(seen) - number :]
