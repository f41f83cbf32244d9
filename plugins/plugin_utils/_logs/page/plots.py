# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plots as inline SVG: errors and traffic by hour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.vigil.observability.plugins.plugin_utils._pages.elements import element, shown

__all__ = ["error_plot", "sparkline", "traffic_plot"]

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 960.0, 180.0, 56.0, 20.0, 18.0
_SMALL = (464.0, 110.0)
_LABEL_WIDTH = 110.0
_DEVIATIONS = 3.5


class _Frame:
    """The axes of a plot: places of hours and numbers, and what shows them."""

    def __init__(self, hours: Sequence[str], highest: float, size: tuple[float, float]) -> None:
        self.hours, self.size = hours, size
        self.highest = max(highest, 1.0)
        self.step = (size[0] - _LEFT) / len(hours)
        self.floor = size[1] - _BOTTOM

    def x(self, hour: float) -> float:
        return _LEFT + hour * self.step

    def y(self, number: float) -> float:
        return self.floor - min(number / self.highest, 1.0) * (self.floor - _TOP)

    def column(self, hour: int, number: float, class_: str, title: str) -> Element:
        # What deviates is seen even when it is nothing.
        top, width = min(self.y(number), self.floor - (3 if class_ == "odd" else 0)), max(self.step - 1, 0.5)
        made = element("rect", x=self.x(hour), y=top, width=width, height=max(self.floor - top, 0.0), class_=class_)
        made.append(element("title", title))
        return made

    def axes(self) -> list[Element]:
        every = math.ceil(_LABEL_WIDTH / self.step)
        across = element("line", x1=_LEFT, x2=self.size[0], y1=self.floor, y2=self.floor, class_="axis")
        numbers = [
            element("text", f"{number:g}", x=_LEFT - 6, y=self.y(number) + 4, class_="number")
            for number in (0, float(f"{self.highest:.3g}"))
        ]
        times = [
            element("text", _clock(self.hours[hour]), x=self.x(hour), y=self.size[1] - 4)
            for hour in range(0, len(self.hours), every)
            if self.x(hour) + _LABEL_WIDTH <= self.size[0] + self.step
        ]
        return [across, *numbers, *times]

    def drawn(self, title: str, *content: Element) -> Element:
        made = element("svg", viewBox=f"0 0 {self.size[0]:g} {self.size[1]:g}", role="img", aria_label=title)
        made.extend([*content, *self.axes()])
        return made


def _clock(hour: str) -> str:
    return datetime.fromisoformat(hour).strftime("%d %b %H:%M")


def error_plot(hours: Sequence[str], counts: Sequence[int], events: Sequence[Mapping[str, Any]]) -> Element:
    """Return the errors of each hour, with deployments and alerts as marks."""
    frame = _Frame(hours, max(counts), (_WIDTH, _HEIGHT))
    bars = [
        frame.column(place, count, "error", f"{_clock(hour)}: {count} errors")
        for place, (hour, count) in enumerate(zip(hours, counts, strict=True))
    ]
    return frame.drawn("Errors by hour", *bars, *(_mark(frame, event) for event in events))


def _mark(frame: _Frame, event: Mapping[str, Any]) -> Element:
    begin = datetime.fromisoformat(frame.hours[0])
    place = (datetime.fromisoformat(event["start"]) - begin).total_seconds() / 3600
    at = min(max(frame.x(place), _LEFT), frame.size[0] - 1)
    made = element("g", class_=f"event {event['kind']}")
    made.append(element("line", x1=at, x2=at, y1=_TOP - 6, y2=frame.floor))
    made.append(element("circle", cx=at, cy=_TOP - 8, r=4))
    made.append(element("title", f"{event['kind']} {event['title']} at {event['start']}"))
    return made


def sparkline(counts: Sequence[int]) -> Element:
    """Return the counts of hours as a line in a row of a table."""
    highest, width = max(1, *counts), 2 * len(counts)
    made = element("svg", viewBox=f"0 0 {width} 24", class_="spark", role="img", aria_label="By hour")
    for place, count in enumerate(counts):
        height = 22 * count / highest
        made.append(element("rect", x=2 * place, y=23 - height, width=1.6, height=max(height, 0.5), class_="error"))
    return made


def traffic_plot(service: str, hours: Sequence[str], traffic: Sequence[Mapping[str, Any]]) -> Element:
    """Return the lines of each hour of a service, with the range of what was expected."""
    expected = [(place, each) for place, each in enumerate(traffic) if each["expected"] is not None]
    highest = max(max(each["lines"], *_range(each)) for each in traffic)
    frame = _Frame(hours, highest, _SMALL)
    bands = [_band(frame, place, each) for place, each in expected]
    bars = [
        frame.column(
            place, each["lines"], "odd" if _deviates(each) else "line", f"{_clock(hour)}: {each['lines']} lines"
        )
        for place, (hour, each) in enumerate(zip(hours, traffic, strict=True))
    ]
    return frame.drawn(f"Lines by hour of {shown(service)}", *bands, *bars)


def _range(hour: Mapping[str, Any]) -> tuple[float, float]:
    if hour["expected"] is None:
        return 0.0, 0.0
    spread = _DEVIATIONS * hour["spread"]
    return max(hour["expected"] - spread, 0.0), hour["expected"] + spread


def _deviates(hour: Mapping[str, Any]) -> bool:
    low, high = _range(hour)
    return hour["expected"] is not None and not low <= hour["lines"] <= high


def _band(frame: _Frame, place: int, hour: Mapping[str, Any]) -> Element:
    low, high = (frame.y(number) for number in _range(hour))
    made = element("rect", x=frame.x(place), y=high, width=frame.step, height=max(low - high, 1.0), class_="expected")
    made.append(element("title", f"expected {hour['expected']:g}"))
    return made
