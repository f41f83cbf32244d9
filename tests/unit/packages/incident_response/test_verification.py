# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a verification decides from samples, at times that the tests choose."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.verdict import (
    Sample,
    Verdict,
    Verification,
)

GOOD, BAD, NONE, WORSE = (1, 0), (0, 1), (0, 0), (0, 3)
BEGAN = 1000.0


def verdict(
    *samples: tuple[int, int], every: float = 20, first: float = 20, bad_before: int | None = 1, **changed: float
) -> tuple[Verdict | None, float]:
    """Return what samples decide that come at an interval after the begin, and at which second."""
    stable = changed.get("stable", 60)
    verification = Verification(began=BEGAN, within=300, stable=stable, samples=3, bad_before=bad_before)
    at = first
    for good, bad in samples:
        if found := verification.add(Sample(BEGAN + at, good, bad)):
            return found, at
        at += every
    return None, at


def repeated(*samples: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return [one for some in samples for one in some]


def test_it_has_recovered_when_it_held_for_long_enough() -> None:
    found, at = verdict(BAD, *[GOOD] * 9)
    assert (found, at) == (Verdict("recovered", "it held for 60 s, in 4 samples"), 100)


def test_it_has_recovered_only_with_enough_samples() -> None:
    assert verdict(GOOD, GOOD, every=60)[0] is None
    found, at = verdict(GOOD, GOOD, GOOD, every=60)
    assert (found and found.outcome, at) == ("recovered", 140)


@pytest.mark.parametrize("interruption", [BAD, NONE, (2, 1)])
def test_it_has_to_hold_without_interruption(interruption: tuple[int, int]) -> None:
    found, at = verdict(*[GOOD] * 3, interruption, *[GOOD] * 9)
    assert (found and found.outcome, at) == ("recovered", 160)


def test_samples_from_before_do_not_count() -> None:
    assert verdict(*[GOOD] * 10, first=-180)[0] is None
    found, at = verdict(*[GOOD] * 20, first=-100)
    assert (found and found.outcome, at) == ("recovered", 80)


def test_no_data_is_never_recovered() -> None:
    found, at = verdict(*[NONE] * 20)
    assert (found, at) == (Verdict("unknown", "there were no samples"), 300)
    assert verdict(BAD, *[NONE] * 20)[0] == Verdict("unknown", "there were no samples in the end")
    assert verdict(GOOD, GOOD, *[NONE] * 20)[0] == Verdict("unknown", "there were no samples in the end")


def test_it_fails_when_its_time_is_over() -> None:
    assert verdict(*[BAD] * 20) == (Verdict("failing", "1 series are bad"), 300)
    assert verdict(*[BAD] * 13, *[GOOD] * 3)[0] == Verdict("failing", "it did not hold for long enough")


def test_flapping_is_failing() -> None:
    found, _at = verdict(*repeated(*[(GOOD, GOOD, BAD)] * 7))
    assert found == Verdict("failing", "it stopped holding 5 times")


def test_more_bad_series_than_before_are_worse() -> None:
    assert verdict(BAD, *[WORSE] * 9) == (Verdict("worse", "3 series are bad, 1 were before"), 100)
    assert verdict(*repeated(*[(WORSE, WORSE, BAD)] * 7))[0] != Verdict("worse", "3 series are bad, 1 were before")


def test_what_is_worse_for_a_moment_is_not_yet_worse() -> None:
    """Such as a service that was fine, and that starts."""
    found, _at = verdict(*[BAD] * 3, *[GOOD] * 4, bad_before=0)
    assert found == Verdict("recovered", "it held for 60 s, in 4 samples")


def test_what_is_worse_in_the_end_is_worse_though_its_time_is_over() -> None:
    found, at = verdict(*[BAD] * 12, *[WORSE] * 3)
    assert (found, at) == (Verdict("worse", "3 series are bad, 1 were before"), 300)
    assert verdict(*[BAD] * 13, *[WORSE] * 2)[0] == Verdict("failing", "3 series are bad")


def test_without_what_was_before_nothing_is_worse() -> None:
    found, _at = verdict(*[WORSE] * 20, bad_before=None)
    assert found == Verdict("failing", "3 series are bad")


def test_a_sample_after_its_time_ends_it_without_counting() -> None:
    assert verdict(*[GOOD] * 3, every=150, stable=200, first=50)[0] == Verdict(
        "failing", "it did not hold for long enough"
    )
