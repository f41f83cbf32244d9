# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Episodes of alerts from the raw samples of ALERTS: each is a time in which one alert fired without a pause.

`changes()` and the like count what was only pending, and resolve no pause shorter than their step. Times are in seconds
since 1970.
"""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

__all__ = ["Episode", "Rule", "Span", "episodes_of", "gaps_of", "interval_of", "runs_of"]

Span = tuple[float, float]

# Evaluations are late by a little, and one that was missed is a pause of two intervals.
_LATE = 1.5
# Seconds between two times, of which there are not two.
_USUAL = 60.0
# A heartbeat that misses two scrapes is a gap.
_MISSED = 2.5
# Prometheus's rules.alert.for-grace-period: how long an alert that fired before a restart is pending after it at most.
_GRACE = 600.0


@dataclass(frozen=True)
class Rule:
    """What of an alerting rule counts for its episodes: evaluation interval, `for`, `keep_firing_for`, in seconds."""

    interval: float
    hold: float = 0.0
    keep: float = 0.0


@dataclass(frozen=True)
class Episode:
    """A time in which an alert fired, from its first to its last sample.

    `cut` is whether it may have begun before the window, `open` whether it fires at its end, `unseen` the seconds of it
    in which no Prometheus was up, `lost` whether it was last seen just before such a gap.
    """

    labels: Mapping[str, str]
    start: float
    end: float
    cut: bool = False
    open: bool = False
    unseen: float = 0.0
    lost: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.start


def runs_of(times: Sequence[float], pause: float) -> list[Span]:
    """Return the first and the last time of each run of ascending times without a longer pause."""
    runs: list[Span] = []
    for time in times:
        if runs and time - runs[-1][1] <= pause:
            runs[-1] = (runs[-1][0], time)
        else:
            runs.append((time, time))
    return runs


def interval_of(times: Sequence[float]) -> float:
    """Return the usual time between two of these ascending times, a minute for less than two."""
    return statistics.median(later - earlier for earlier, later in zip(times, times[1:])) if len(times) > 1 else _USUAL


def gaps_of(beats: Sequence[float], window: Span) -> list[Span]:
    """Return when nothing was recorded, by the ascending times of a series that is always recorded."""
    if not beats:
        return []
    pause = _MISSED * interval_of(beats) if len(beats) > 1 else _USUAL
    edges = [window[0], *beats, window[1]]
    return [(earlier, later) for earlier, later in zip(edges, edges[1:]) if later - earlier > pause]


def episodes_of(
    labels: Mapping[str, str], times: Sequence[float], rule: Rule, gaps: Sequence[Span], window: Span
) -> list[Episode]:
    """Return the episodes of one alert in a window, from the ascending times at which it fired.

    A gap ends none of those that go on after it: after a restart, Prometheus keeps an alert pending for its `for` or
    for ten minutes, whichever is less, before it fires again.
    """
    near = _LATE * rule.interval
    held = min(rule.hold, _GRACE) + near
    ends = [gap[1] for gap in gaps]
    found: list[Episode] = []
    for start, end in runs_of(times, near):
        last = found[-1] if found else None
        gap = _gap_after(last.end, gaps, ends, near) if last else None
        if last and gap and start <= gap[1] + held:
            found[-1] = replace(last, end=end, unseen=last.unseen + gap[1] - gap[0])
        else:
            found.append(Episode(labels, start, end, cut=start - window[0] <= near))
    return [_with_end(one, gaps, ends, near, window) for one in found]


def _gap_after(end: float, gaps: Sequence[Span], ends: Sequence[float], near: float) -> Span | None:
    """Return the gap that follows a sample at once."""
    index = bisect_right(ends, end)
    return gaps[index] if index < len(gaps) and gaps[index][0] - near <= end else None


def _with_end(episode: Episode, gaps: Sequence[Span], ends: Sequence[float], near: float, window: Span) -> Episode:
    """Return the episode with what is known of its end."""
    is_open = window[1] - episode.end <= near
    lost = not is_open and _gap_after(episode.end, gaps, ends, near) is not None
    return replace(episode, open=is_open, lost=lost)
