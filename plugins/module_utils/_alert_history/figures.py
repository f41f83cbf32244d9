# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the episodes of alerts mean for the people who get them, by rule and by team."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from .episodes import Episode

__all__ = ["Habits", "by_hour", "by_rule", "by_team"]

_NIGHT_ENDS, _NIGHT_BEGINS = 6, 22
_SATURDAY = 5
_WEEK = 7 * 86_400.0


@dataclass(frozen=True)
class Habits:
    """What counts as what: the time anybody needs to look, and the pause after which an alert flaps, in seconds."""

    attention: float
    flapping: float
    zone: tzinfo

    def is_at_night(self, episode: Episode) -> bool:
        """Tell whether it began between ten in the evening and six in the morning."""
        return not _NIGHT_ENDS <= self.begun(episode).hour < _NIGHT_BEGINS

    def is_at_weekend(self, episode: Episode) -> bool:
        """Tell whether it began on a Saturday or Sunday."""
        return self.begun(episode).weekday() >= _SATURDAY

    def begun(self, episode: Episode) -> datetime:
        """Return when it began, in the time zone of its people."""
        return datetime.fromtimestamp(episode.start, self.zone)


def by_rule(episodes: Iterable[Episode], habits: Habits) -> list[dict[str, Any]]:
    """Return the figures of each alert by its name, those with most episodes first. Times are in seconds."""
    named: dict[str, list[Episode]] = {}
    for one in episodes:
        named.setdefault(one.labels.get("alertname", ""), []).append(one)
    figures = [
        {
            "alert": name,
            "teams": _values(found, "team"),
            "severities": _values(found, "severity"),
            "series": len({tuple(one.labels.items()) for one in found}),
            **_counted(found, habits),
            **_durations(found),
            "flaps": _flaps(found, habits.flapping),
            "open": sum(one.open for one in found),
            "lost": sum(one.lost for one in found),
        }
        for name, found in named.items()
    ]
    return sorted(figures, key=lambda one: (-one["episodes"], one["alert"]))


def by_team(episodes: Iterable[Episode], habits: Habits, seconds: float) -> list[dict[str, Any]]:
    """Return the figures of each team over a window of so many seconds; alerts without the label are of team ""."""
    named: dict[str, list[Episode]] = {}
    for one in episodes:
        named.setdefault(one.labels.get("team", ""), []).append(one)
    figures = [
        {
            "team": team,
            **_counted(found, habits),
            "per_week": round(len(found) * _WEEK / seconds, 1),
            "alerts": len({one.labels.get("alertname", "") for one in found}),
        }
        for team, found in named.items()
    ]
    return sorted(figures, key=lambda one: (-one["episodes"], one["team"]))


def by_hour(episodes: Iterable[Episode], habits: Habits) -> list[int]:
    """Return how many episodes began in each hour of the day."""
    begun = Counter(habits.begun(one).hour for one in episodes)
    return [begun[hour] for hour in range(24)]


def _counted(found: Sequence[Episode], habits: Habits) -> dict[str, Any]:
    return {
        "episodes": len(found),
        "firing_seconds": round(sum(one.seconds for one in found)),
        "short": sum(_is_over(one) and one.seconds < habits.attention for one in found),
        "at_night": sum(map(habits.is_at_night, found)),
        "at_weekends": sum(map(habits.is_at_weekend, found)),
    }


def _durations(found: Sequence[Episode]) -> dict[str, Any]:
    """Return the median and the 90th percentile of those whose beginning and end are known, None without any."""
    known = sorted(one.seconds for one in found if _is_over(one) and not one.cut)

    def at(share: float) -> int | None:
        return round(known[math.ceil(share * len(known)) - 1]) if known else None

    return {"median_seconds": at(0.5), "p90_seconds": at(0.9)}


def _flaps(found: Sequence[Episode], pause: float) -> int:
    """Return how many began so soon after the end of another one of the same alert."""
    ends: dict[tuple[tuple[str, str], ...], float] = {}
    flaps = 0
    for one in sorted(found, key=lambda episode: episode.start):
        key = tuple(one.labels.items())
        flaps += key in ends and one.start - ends[key] <= pause
        ends[key] = one.end
    return flaps


def _is_over(episode: Episode) -> bool:
    return not (episode.open or episode.lost)


def _values(found: Iterable[Episode], label: str) -> list[str]:
    return sorted({one.labels[label] for one in found if label in one.labels})
