# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service-level objectives as the inventory describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import UNITS, milliseconds
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.matcher import (
    Matcher,
    faults_of_matchers,
    matcher,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.texts import unfit_duration

__all__ = ["OBJECTIVE_OPTIONS", "Objective", "faults_of_objective", "faults_of_requests", "minutes_of", "objective"]

_SHORTEST, _LONGEST = "7d", "90d"
OBJECTIVE_OPTIONS = {
    "name": {"type": "str"},
    "kind": {"type": "str", "required": True, "choices": ["availability", "latency"]},
    "target": {"type": "float", "required": True},
    "threshold": {"type": "float"},
    "window": {"type": "str", "default": "30d"},
    "matchers": {"type": "list", "elements": "str", "default": []},
}


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A service-level objective: the share of requests that must be good within a rolling window.

    `threshold` is the upper bound of a good response in seconds, for latency alone. Requests count that match
    `matchers` and those of the application.
    """

    name: str
    kind: str
    target: float
    window: str
    threshold: float | None = None
    matchers: tuple[Matcher, ...] = ()

    @property
    def bad_ratio(self) -> float:
        """Return the share of requests that may be bad."""
        return round(1 - self.target, 12)


def objective(values: Mapping[str, Any]) -> Objective:
    """Return the objective of checked values."""
    matchers = tuple(matcher(text) for text in values["matchers"])
    return Objective(**{**values, "name": values["name"] or values["kind"], "matchers": matchers})


def minutes_of(duration: str) -> int:
    """Return the whole minutes of a duration of Prometheus, such as 30m, 4w or 1d12h."""
    return (milliseconds(duration) or 0) // UNITS["m"]


def faults_of_objective(one: Mapping[str, Any], application: Mapping[str, Any]) -> Iterable[str]:
    """Yield what is wrong with an objective of an application, as ends of sentences."""
    name, metrics = one["name"] or one["kind"], application["metrics"]
    for needed in ("requests", "status_label") if one["kind"] == "availability" else ("duration",):
        if not metrics[needed]:
            yield f"the objective {name!r} needs metrics.{needed}, which is empty."
    if not 0 < one["target"] < 1:
        yield f"target {one['target']} of the objective {name!r} must lie between 0 and 1, such as 0.999 for 99.9 %."
    if one["kind"] == "latency" and (one["threshold"] or 0) <= 0:
        yield f"the latency objective {name!r} needs a threshold in seconds, a bucket of the histogram."
    if one["kind"] == "availability" and one["threshold"] is not None:
        yield f"the availability objective {name!r} cannot have a threshold."
    yield from (f"of the objective {name!r}, {fault}" for fault in _faults_of_window(one["window"]))
    if one["matchers"]:
        together = [*application["matchers"], *one["matchers"]]
        yield from (f"of the objective {name!r}, {fault}" for fault in faults_of_requests(together, metrics))


def faults_of_requests(matchers: list[str], metrics: Mapping[str, str]) -> Iterable[str]:
    """Yield what is wrong with matchers of requests; instances, buckets and statuses are not chosen by them."""
    yield from faults_of_matchers(matchers, ["job", "instance", "le", metrics["status_label"]])


def _faults_of_window(window: str) -> Iterable[str]:
    if fault := unfit_duration(window):
        yield f"window {fault}"
    elif not minutes_of(_SHORTEST) <= minutes_of(window) <= minutes_of(_LONGEST):
        yield f"window {window} must be {_SHORTEST} to {_LONGEST}, such as 30d or 4w."
