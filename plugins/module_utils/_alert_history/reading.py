# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus has recorded of its alerts, read in slices of the window, one query at a time."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .._api.durations import rfc3339
from .._api.plan import PlanError
from .._http.session import Api, ApiError
from .._prometheus.client import ask
from .episodes import Rule, Span

__all__ = ["FIRING", "Recorded", "alerting_rules", "has_series", "recorded", "shown"]

FIRING = 'ALERTS{alertstate="firing"}'
_SLICE = 86_400.0
_LEAST_SLICE = 600.0
_TOO_MANY = 422  # more samples than query.max-samples, or a query that took too long
_NOT_OF_THE_ALERT = ("alertstate", "__name__")


@dataclass
class Recorded:
    """What one Prometheus has recorded, or several together: ascending times in seconds since 1970.

    `firing` has the labels of each alert as JSON, and when it fired; `beats` when anything was recorded at all.
    """

    firing: dict[str, array[float]] = field(default_factory=dict)
    beats: array[float] = field(default_factory=lambda: array("d"))
    samples: int = 0
    queries: int = 0

    def with_other(self, other: Recorded) -> Recorded:
        """Return both together."""
        firing = {
            key: _merged(self.firing.get(key, ()), other.firing.get(key, ())) for key in {**self.firing, **other.firing}
        }
        beats = _merged(self.beats, other.beats)
        return Recorded(firing, beats, self.samples + other.samples, self.queries + other.queries)


def recorded(api: Api, window: Span, heartbeat: str, most_samples: int) -> Recorded:
    """Return what this Prometheus has recorded in the window.

    Raises PlanError if it has nothing of the window's beginning, or more samples than `most_samples`.
    """
    found = Recorded()
    found.beats = _merged(*(times for _labels, times in _read(api, heartbeat, window, found, most_samples)))
    _refuse_missing_history(api, window, heartbeat, found)
    for labels, times in _read(api, FIRING, window, found, most_samples):
        key = json.dumps({name: text for name, text in sorted(labels.items()) if name not in _NOT_OF_THE_ALERT})
        found.firing.setdefault(key, array("d")).extend(times)
    return found


def has_series(api: Api, selector: str, window: Span) -> bool:
    """Return whether any series that a selector matches has samples in the window, give or take a block of storage."""
    asked = [
        ("match[]", selector),
        *((name, f"{at:.3f}") for name, at in zip(("start", "end"), window)),
        ("limit", "1"),
    ]
    return bool(api.call("GET", "/api/v1/series", attempt=f"look for series of {selector}", query=asked).json()["data"])


def alerting_rules(api: Api) -> list[tuple[str, Mapping[str, Any], Rule]]:
    """Return the group, the rule as Prometheus has it, and what of it counts for its episodes."""
    groups = api.call("GET", "/api/v1/rules?type=alert", attempt="read the alerting rules").json()["data"]["groups"]
    return [(group["name"], rule, _timing(group, rule)) for group in groups for rule in group["rules"]]


def _timing(group: Mapping[str, Any], rule: Mapping[str, Any]) -> Rule:
    return Rule(float(group["interval"]), float(rule.get("duration", 0)), float(rule.get("keepFiringFor", 0)))


def _read(
    api: Api, selector: str, window: Span, found: Recorded, most_samples: int
) -> Iterator[tuple[Mapping[str, str], array[float]]]:
    """Yield the labels and the new times of each series, slice by slice."""
    last: dict[str, float] = {}
    start = window[0]
    length = _SLICE
    while start < window[1]:
        end = min(start + length, window[1])
        try:
            found.queries += 1
            series = ask(api, f"{selector}[{round((end - start) * 1000)}ms]", at=end)["result"]
        except ApiError as error:
            if error.status != _TOO_MANY or length <= _LEAST_SLICE:
                raise
            length /= 2
            continue
        for one in series:
            key = json.dumps(one["metric"], sort_keys=True)
            # Prometheus 2 repeats a sample that lies exactly between two slices.
            times = array("d", (time for time, _value in one["values"] if time > last.get(key, 0.0)))
            if times:
                last[key] = times[-1]
                found.samples += len(times)
                yield one["metric"], times
        if found.samples > most_samples:
            read = shown(end)
            raise PlanError(
                f"Prometheus has more than {most_samples} samples of {selector} and the heartbeat until {read}: choose "
                "a shorter window, or a larger max_samples."
            )
        start = end


def _refuse_missing_history(api: Api, window: Span, heartbeat: str, found: Recorded) -> None:
    """Raise PlanError if the window begins before anything was recorded; an earlier sample makes it a gap."""
    first = found.beats[0] if found.beats else None
    if first is None or first - window[0] < _SLICE / 24:
        return
    found.queries += 1
    if ask(api, f"count_over_time({heartbeat}[30d])", at=window[0])["result"]:
        return
    hours = int((window[1] - first) / 3600)
    raise PlanError(
        f"The window begins at {shown(window[0])}, and Prometheus has nothing of before {shown(first)}: choose a "
        f"window of at most {hours}h, or keep data for longer."
    )


def _merged(*times: Iterable[float]) -> array[float]:
    return array("d", sorted(set().union(*times)))


def shown(seconds: float) -> str:
    """Return a time in seconds since 1970 as people read it."""
    return rfc3339(datetime.fromtimestamp(seconds, timezone.utc))
