# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two windows of requests: what differs is found, and chance is not taken for a difference."""

from __future__ import annotations

import random

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._traces.analysis import Analysis
from ansible_collections.vigil.observability.plugins.module_utils._traces.comparison import CallPaths, compared
from ansible_collections.vigil.observability.plugins.module_utils._traces.findings.sign import Request
from ansible_collections.vigil.observability.plugins.module_utils._traces.spans import Span
from ansible_collections.vigil.observability.plugins.module_utils._traces.statistics import (
    adjusted,
    mann_whitney,
    quantile,
)
from ansible_collections.vigil.observability.plugins.module_utils._traces.trees import trace_of

from .planted import request


def window(seed: int, faults: tuple[str, ...] = (), *, slower: str = "", requests: int = 60) -> Analysis:
    randomness, analysis = random.Random(seed), Analysis()  # noqa: S311 - the same each time
    for number in range(requests):
        spans = request(randomness, number, [fault for fault in faults if randomness.random() < 0.5])
        analysis.add([_slower(span) if span.operation == slower else span for span in spans])
    return analysis


def drawn(number: int) -> Request:
    """Return one of the requests of which half make many calls of prices, and half some calls in sequence."""
    chance = random.Random(number)  # noqa: S311 - the same each time
    trace = trace_of(request(chance, number, [fault for fault in ("chatty", "sequence") if chance.random() < 0.5]))
    return Request(trace, trace.roots[0], trace.order)


def _slower(span: Span) -> Span:
    return span._replace(end=span.end + (span.end - span.start) // 5)


def test_windows_of_one_distribution_rarely_differ() -> None:
    """Of 100 pairs of windows, each two samples of the same 400 requests."""
    requests = [drawn(number) for number in range(400)]
    differing = 0
    for seed in range(100):
        before, after = CallPaths(), CallPaths()
        for number, one in enumerate(random.Random(seed).sample(requests, 60)):  # noqa: S311 - the same each time
            (before if number % 2 else after).add(one)
        differing += bool(compared(before, after))
    assert differing <= 5


def test_slower_operation_is_found_on_its_path() -> None:
    found = compared(window(1).call_paths, window(2, slower="charge").call_paths)
    assert {(change["path"][-1], change["change"]) for change in found} == {("payments.charge", "slower")}
    assert found[0]["after_ms"] / found[0]["before_ms"] == pytest.approx(1.2, abs=0.05)


def test_new_and_vanished_calls_are_found() -> None:
    for before, after, change in (((), ("retries",), "new"), (("retries",), (), "vanished")):
        found = compared(window(1, before).call_paths, window(2, after).call_paths)
        assert ("orders.POST /mail", change) in {(one["path"][-1], one["change"]) for one in found}


# scipy 1.17.1: mannwhitneyu(first, second, method="asymptotic").pvalue of the samples that `sample` returns.
SCIPY = {
    (8, 8, 9): 0.7919967945361512,
    (12, 30, 9): 0.43350362103383355,
    (40, 25, 9): 0.2467213372231587,
    (8, 8, 10**9): 0.1562539580273633,
    (12, 30, 10**9): 0.08183375429504525,
    (40, 25, 10**9): 0.017960011550661664,
}


def sample(number: int, many: int, largest: int) -> list[int]:
    """Return values from 0 to `largest`, with ties if there are few, the same for the same number."""
    return [(number * 7919 + place * 104_729) * 1_000_003 % (largest + 1) for place in range(many)]


@pytest.mark.parametrize(("few", "many", "largest"), SCIPY)
def test_mann_whitney_agrees_with_scipy(few: int, many: int, largest: int) -> None:
    first, second = sample(1, few, largest), [value + largest // 5 for value in sample(2, many, largest)]
    assert mann_whitney(first, second) == pytest.approx(SCIPY[few, many, largest], abs=1e-12)


def test_equal_samples_do_not_differ() -> None:
    assert mann_whitney([5] * 9, [5] * 9) == 1


def test_probabilities_are_corrected_as_scipy_does() -> None:
    # scipy 1.17.1: false_discovery_control of the same
    assert adjusted([0.001, 0.04, 0.03, 0.9, 0.03]) == pytest.approx([0.005, 0.05, 0.05, 0.9, 0.05])


def test_quantile_is_between_its_neighbours() -> None:
    assert [quantile([1, 2, 4], share) for share in (0, 0.5, 0.75, 1)] == [1, 2, 3, 4]
