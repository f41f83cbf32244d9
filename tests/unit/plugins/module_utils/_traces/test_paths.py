# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Critical path, self time and drag, of any trees and of some whose answer is known."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vigil.observability.plugins.module_utils._traces.drag import drag
from ansible_collections.vigil.observability.plugins.module_utils._traces.paths import critical_path, self_time
from ansible_collections.vigil.observability.plugins.module_utils._traces.spans import Span
from ansible_collections.vigil.observability.plugins.module_utils._traces.trees import trace_of


def span(name: str, parent: str, start: int, end: int, service: str = "shop") -> Span:
    return Span("1", name, parent, service, f"op {name}", "internal", start, end, False, {})


@st.composite
def traces(draw: st.DrawFn) -> list[Span]:
    """Draw spans whose children start and end anywhere, also outside of their parents."""
    listed = [span("0", "", 0, draw(st.integers(0, 100)))]
    for name in range(1, draw(st.integers(1, 25))):
        start = draw(st.integers(-5, 105))
        parent = str(draw(st.integers(0, name - 1)))
        service = draw(st.sampled_from(["shop", "cart"]))
        listed.append(span(str(name), parent, start, start + draw(st.integers(0, 60)), service))
    return listed


@st.composite
def sequential_traces(draw: st.DrawFn) -> list[Span]:
    """Draw spans whose children follow each other, some of them touching."""
    listed: list[Span] = []

    def add(parent: str, start: int, depth: int) -> int:
        name, place = str(len(listed)), len(listed)
        listed.append(span(name, parent, start, start))
        now = start + draw(st.integers(0, 5))
        for _child in range(draw(st.integers(0, 3 if depth < 3 else 0))):
            now = add(name, now, depth + 1) + draw(st.integers(0, 3))
        listed[place] = span(name, parent, start, now)
        return now

    add("", 0, 0)
    return listed


@given(traces())
def test_sections_of_a_critical_path_are_disjoint_and_cover_the_root(listed: list[Span]) -> None:
    trace = trace_of(listed)
    for root in trace.roots:
        now = trace.spans[root].start
        for start, end, _place in sorted(critical_path(trace, root).sections):
            assert (start, end > start) == (now, True)
            now = end
        assert now == trace.spans[root].end


@given(sequential_traces())
def test_self_times_of_a_sequential_trace_add_up_to_its_root(listed: list[Span]) -> None:
    trace = trace_of(listed)
    (root,) = trace.roots
    total = trace.spans[root].end - trace.spans[root].start
    assert sum(self_time(trace, place) for place in range(len(listed))) == total
    assert critical_path(trace, root).uncertain == 0


@given(sequential_traces(), st.randoms(use_true_random=False))
def test_drag_in_a_sequential_trace_is_the_self_time(listed: list[Span], randomness: random.Random) -> None:
    trace = trace_of(listed)
    free = set(randomness.sample(range(len(listed)), randomness.randint(0, len(listed))))
    assert drag(trace, trace.roots[0], free) == sum(self_time(trace, place) for place in free)


@given(traces())
def test_drag_is_never_more_than_the_self_time(listed: list[Span]) -> None:
    trace = trace_of(listed)
    for root in trace.roots:
        assert drag(trace, root, []) == 0
        for place in range(len(trace.spans)):
            assert 0 <= drag(trace, root, [place]) <= self_time(trace, place)


@given(traces(), st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_of_spans(listed: list[Span], randomness: random.Random) -> None:
    shuffled = list(listed)
    randomness.shuffle(shuffled)
    assert trace_of(shuffled) == trace_of(listed)


def test_request_waits_for_the_slower_of_two_parallel_calls() -> None:
    trace = trace_of([span("0", "", 0, 100), span("1", "0", 10, 90), span("2", "0", 10, 60)])
    assert sorted(critical_path(trace, 0).sections) == [(0, 10, 0), (10, 90, 1), (90, 100, 0)]
    assert drag(trace, 0, [1]) == 30, "the other call takes 50 of the 80"
    assert drag(trace, 0, [2]) == 0


def test_siblings_that_touch_are_in_sequence() -> None:
    path = critical_path(trace_of([span("0", "", 0, 20), span("1", "0", 0, 10), span("2", "0", 10, 20)]), 0)
    assert (sorted(path.sections), path.uncertain) == ([(0, 10, 1), (10, 20, 2)], 0)


def test_order_of_siblings_that_overlap_is_uncertain() -> None:
    path = critical_path(trace_of([span("0", "", 0, 20), span("1", "0", 0, 12), span("2", "0", 10, 20)]), 0)
    assert (sorted(path.sections), path.uncertain) == ([(0, 10, 1), (10, 20, 2)], 10)
