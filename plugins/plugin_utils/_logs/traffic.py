# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many lines each service writes in an hour, against the same hours of the days before."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.tally import Tally
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import DAY, Windows, shown_time

__all__ = ["Hour", "traffic", "traffic_findings"]

_FEWEST_DAYS = 4
_DEVIATIONS = 3.5
# The standard deviation of a normal distribution, in units of its median absolute deviation.
_NORMAL = 1.4826
# No service is steadier than this share of its traffic.
_STEADIEST = 0.05
_LEAST = 2.0


@dataclass(frozen=True)
class Hour:
    """The lines of one hour of the window; `expected` and `spread` are None where too few days are known."""

    start: int
    lines: int
    expected: float | None
    spread: float | None

    @property
    def deviates(self) -> int:
        """Return 1 for far too many lines, -1 for far too few, 0 otherwise."""
        if self.expected is None or self.spread is None or abs(self.lines - self.expected) <= _DEVIATIONS * self.spread:
            return 0
        return 1 if self.lines > self.expected else -1


def traffic(tally: Tally, windows: Windows) -> dict[str, list[Hour]]:
    """Return the hours of the window, the oldest first, of every service. Hours without a line are among them.

    What is expected is the median of the same hour on the days before, since the service first wrote a line. The spread
    is their median absolute deviation, as a standard deviation, and not less than chance makes it.
    """
    counts: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for service, hour, lines in tally.hours.select("service", "hour", "lines").iter_rows():
        counts[service][hour] = lines
    found = {tally.services.names[service]: _hours(lines, windows) for service, lines in counts.items()}
    return dict(sorted(found.items()))


def _hours(lines: dict[int, int], windows: Windows) -> list[Hour]:
    first = max(lines)  # in which it wrote its first line, so that the hour is not whole
    hours = []
    for hour in reversed(range(windows.window)):
        same = range(
            hour + DAY * math.ceil((windows.window - hour) / DAY), min(first, windows.window + windows.baseline), DAY
        )
        known = [lines.get(other, 0) for other in same]
        expected, spread = _expected(known) if len(known) >= _FEWEST_DAYS else (None, None)
        hours.append(Hour(windows.hour_start(hour), lines.get(hour, 0), expected, spread))
    return hours


def _expected(known: list[int]) -> tuple[float, float]:
    middle = float(median(known))
    deviation = _NORMAL * median(abs(each - middle) for each in known)
    return middle, max(deviation, math.sqrt(middle), _STEADIEST * middle, _LEAST)


def traffic_findings(hours: dict[str, list[Hour]]) -> Iterator[dict[str, Any]]:
    """Yield every stretch of hours in which a service writes far too much, too little or nothing."""
    for service, each in hours.items():
        if all(hour.expected is None for hour in each):
            yield {
                "service": service,
                "type": "traffic",
                "severity": None,
                "description": f"The baseline is too small: fewer than {_FEWEST_DAYS} earlier days are known.",
            }
        stretches = [(kind, list(stretch)) for kind, stretch in groupby(each, key=_kind) if kind]
        yield from (_finding(service, kind, stretch) for kind, stretch in stretches or _silent(each))


def _silent(hours: list[Hour]) -> list[tuple[str, list[Hour]]]:
    """Return the whole window as silence where no hour alone is far too few, but all of them together."""
    expected = sum(hour.expected or 0 for hour in hours)
    silent = not any(hour.lines for hour in hours) and expected > _DEVIATIONS * math.sqrt(expected)
    return [("silence", hours)] if silent else []


def _kind(hour: Hour) -> str:
    if hour.deviates < 0:
        return "traffic_drop" if hour.lines else "silence"
    return "traffic_spike" if hour.deviates else ""


def _finding(service: str, kind: str, stretch: list[Hour]) -> dict[str, Any]:
    lines, expected = sum(hour.lines for hour in stretch), sum(hour.expected or 0 for hour in stretch)
    sign = 1 if kind == "traffic_spike" else -1
    limit = sum((hour.expected or 0) + sign * _DEVIATIONS * (hour.spread or 0) for hour in stretch)
    length = f"{len(stretch)} hour{'s' if len(stretch) > 1 else ''}"
    return {
        "service": service,
        "type": kind,
        "severity": "high" if kind == "silence" else "medium",
        "start": shown_time(stretch[0].start),
        "hours": len(stretch),
        "current": lines,
        "baseline": expected,
        "threshold": round(max(limit, 0.0), 1),
        "description": f"{'No line' if kind == 'silence' else f'{lines} lines'} in {length}; the median of the same "
        f"hours before is {expected:g}.",
    }
