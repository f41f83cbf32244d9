# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report on alerts shows, whatever it is written as: tables with links to the queries behind their numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

__all__ = ["Link", "Section", "sections_of"]

_SHOWN = 100  # rows of a table; the rest is in the result
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Link:
    """A text with the address of the query that gives it."""

    text: str
    url: str


Cell = str | int | Link


@dataclass(frozen=True)
class Section:
    """A heading, a sentence on how to read it, and a table. `bars` are numbers to draw, one for each hour."""

    heading: str
    meaning: str
    head: tuple[str, ...]
    all_rows: Sequence[tuple[Cell, ...]]
    bars: Sequence[int] = ()

    @property
    def rows(self) -> Sequence[tuple[Cell, ...]]:
        """The rows that are shown."""
        return self.all_rows[:_SHOWN]

    @property
    def more(self) -> str:
        """How many rows are not shown, or nothing."""
        more = len(self.all_rows) - _SHOWN
        return f"{more} more are in the result." if more > 0 else ""


def sections_of(analysis: Mapping[str, Any]) -> list[Section]:
    """Return the sections of the analysis of alert_fatigue."""
    window = analysis["window"]
    attention = _duration(window["attention"])

    def link(alert: str, query: str) -> Link:
        return Link(alert, _address(analysis["coverage"]["sources"][0], query, window))

    return [
        Section(
            "Which alerts come most often",
            f"Short ones were over within {attention}: nobody could have acted. One that flaps came back within "
            f"{_duration(window['flapping'])}.",
            (*("alert", "team", "severity", "episodes", "short", "at night", "at weekends", "flaps"), *_TIMES),
            [_rule(one, link) for one in analysis["rules"]],
        ),
        Section(
            "What to change",
            "Calculated by the rule's own expression over the window. None of these changes would have missed an "
            f"episode that lasted for {attention}.",
            ("alert", "change", "episodes", "fewer", "later by", "fires longer by"),
            [_proposal(one) for one in analysis["proposals"]],
        ),
        Section(
            "Whom they reach",
            "By the label team.",
            ("team", "alerts", "episodes", "per week", "short", "at night", "at weekends", "firing"),
            [
                (
                    *(one["team"] or "none", one["alerts"], one["episodes"], f"{one['per_week']:.1f}"),
                    *(one["short"], one["at_night"], one["at_weekends"], _duration(one["firing_seconds"])),
                )
                for one in analysis["teams"]
            ],
        ),
        Section(
            "When they begin",
            f"Episodes by the hour of the day, in {window['timezone']}.",
            ("hour", "episodes"),
            [(f"{hour:02}:00", count) for hour, count in enumerate(analysis["hours"]) if count],
            analysis["hours"],
        ),
        Section(
            "What comes together",
            f"Alerts that begin within {_duration(window['together'])} of each other. If one always comes first, it "
            "may inhibit the other.",
            ("first", "second", "together", "of all", "first is first", "later by"),
            [
                (
                    *(one["first"], one["second"], one["both"], _percent(one["jaccard"])),
                    *(_percent(one["first_share"]), _duration(one["lag_seconds"])),
                )
                for one in analysis["together"]
            ],
        ),
        Section(
            "What did not fire",
            "Either nothing was wrong, or the rule cannot see it: no series of the window is what it asks for.",
            ("alert", "group", "health", "error", "no series of"),
            [
                (link(one["alert"], one["query"]), one["group"], one["health"], one["error"], ", ".join(one["missing"]))
                for one in analysis["silent"]
            ],
        ),
    ]


_TIMES = ("median", "90 %", "firing", "fire now")


def _rule(one: Mapping[str, Any], link: Callable[[str, str], Link]) -> tuple[Cell, ...]:
    return (
        *(link(one["alert"], one["query"]), ", ".join(one["teams"]), ", ".join(one["severities"])),
        *(one[name] for name in ("episodes", "short", "at_night", "at_weekends", "flaps")),
        *(_duration(one[name]) for name in ("median_seconds", "p90_seconds", "firing_seconds")),
        one["open"],
    )


def _proposal(one: Mapping[str, Any]) -> tuple[Cell, ...]:
    if "refused" in one:
        return (one["alert"], f"none: {one['refused']}", one["episodes"], "", "", "")
    ((name, value),) = one["change"].items()
    times = (_duration(one[each]) for each in ("later_seconds", "longer_seconds"))
    return (one["alert"], f"{name}: {value}", one["episodes"], one["saved"], *times)


def _address(source: str, query: str, window: Mapping[str, Any]) -> str:
    """Return the address of a query in Prometheus, over the window."""
    asked = {"g0.expr": query, "g0.tab": "0", "g0.end_input": window["end"], "g0.range_input": f"{window['seconds']}s"}
    return f"{source.rstrip('/')}/graph?{urlencode(asked)}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    units = (("d", _DAY), ("h", _HOUR), ("min", _MINUTE))
    name, size = next(((name, size) for name, size in units if seconds >= 2 * size), ("s", 1))
    return f"{seconds / size:.0f} {name}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
