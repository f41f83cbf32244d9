# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Episodes of samples in minutes; tests/live/alert_fatigue.py compares those of two real Prometheus with the truth."""

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._alert_history.episodes import (
    Episode,
    Rule,
    Span,
    episodes_of,
    gaps_of,
    runs_of,
)
from ansible_collections.vigil.observability.plugins.module_utils._alert_history.together import together

WINDOW = (0.0, 6000.0)
MINUTELY, HELD = Rule(60.0), Rule(60.0, hold=900.0)


def every_minute(*spans: Span) -> list[float]:
    return [float(at) for begun, ended in spans for at in range(int(begun), int(ended) + 1, 60)]


def episodes(times: list[float], rule: Rule = MINUTELY, gaps: tuple[Span, ...] = ()) -> list[Episode]:
    return episodes_of({"alertname": "Slow"}, times, rule, gaps, WINDOW)


def spans(found: list[Episode]) -> list[Span]:
    return [(one.start, one.end) for one in found]


def test_a_late_evaluation_is_no_pause_and_a_missing_one_is() -> None:
    assert runs_of([0, 60, 149, 209], 90) == [(0, 209)]
    assert runs_of([0, 60, 180], 90) == [(0, 60), (180, 180)]
    assert runs_of([], 90) == []


def test_gaps_are_pauses_of_the_heartbeat_and_the_edges_of_the_window() -> None:
    beats = every_minute((600, 1800), (3000, 6000))
    assert gaps_of(beats, WINDOW) == [(0.0, 600.0), (1800.0, 3000.0)]
    assert gaps_of([3000.0], WINDOW) == [(0.0, 3000.0), (3000.0, 6000.0)]
    assert gaps_of([], WINDOW) == []


def test_an_episode_at_the_edge_of_the_window_is_cut_or_open() -> None:
    first, last = episodes(every_minute((0, 300), (5700, 6000)))
    assert (first.cut, first.open, first.seconds) == (True, False, 300.0)
    assert (last.cut, last.open) == (False, True)


@pytest.mark.parametrize(
    ("rule", "again", "one"),
    [(MINUTELY, 3060, True), (MINUTELY, 3120, False), (HELD, 3660, True), (HELD, 3720, False)],
)
def test_a_gap_ends_none_that_goes_on_when_its_rule_may_fire_again(rule: Rule, again: int, one: bool) -> None:
    found = episodes(every_minute((1200, 1800), (again, again + 60)), rule, ((1800.0, 3000.0),))
    assert len(found) == (1 if one else 2)
    assert found[0].unseen == (1200.0 if one else 0.0)
    assert found[0].lost is not one


def test_a_gap_that_came_later_is_not_why_it_ended() -> None:
    (found,) = episodes(every_minute((600, 1200)), gaps=((1800.0, 3000.0),))
    assert not found.lost
    assert spans(episodes(every_minute((600, 1200), (3000, 3060)), gaps=((1800.0, 3000.0),))) == [
        (600.0, 1200.0),
        (3000.0, 3060.0),
    ]


def test_pairs_are_those_that_mostly_begin_together() -> None:
    def at(name: str, *starts: float) -> list[Episode]:
        return [Episode({"alertname": name}, start, start + 60) for start in starts]

    hours = [3600.0 * hour for hour in range(4)]
    later = [hour + 30 for hour in hours]
    found = together([*at("B", *hours), *at("A", *later), *at("Rare", hours[0], hours[1]), *at("Often", 99_999)], 300)
    assert [(one["first"], one["second"], one["both"], one["jaccard"]) for one in found] == [("B", "A", 4, 1.0)]
    assert (found[0]["first_share"], found[0]["lag_seconds"]) == (1.0, 30)
    # What flaps within the time is one occasion.
    flapping = [start + 120 * one for start in hours for one in range(3)]
    assert together([*at("A", *hours), *at("B", *flapping)], 300)[0]["both"] == 4
