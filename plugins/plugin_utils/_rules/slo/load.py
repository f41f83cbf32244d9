# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the rules of an objective: series of its own metrics, and what a calculation of its own expects of them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    Application,
    Objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.matcher import (
    counted_labels,
    left_out_labels,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import counter
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.indicator import bound_spellings
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import quoted

__all__ = ["Load", "example_statuses", "flat", "left_out_series", "load_series", "metric_names", "unusable_series"]

_GOOD = ("200", "OK", "ok", "success", "0", "2xx")
_BAD = (*map(str, range(599, 399, -1)), "5xx", "4xx", "ERROR", "Error", "error", "Internal", "13", "1")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a service is asked, by the minute: requests, and the share of them that is bad."""

    requests: Sequence[float]
    bad_ratio: Sequence[float]

    @property
    def bad(self) -> list[float]:
        """Return the bad requests of each minute."""
        return [count * ratio for count, ratio in zip(self.requests, self.bad_ratio, strict=True)]

    @property
    def good(self) -> list[float]:
        """Return the good requests of each minute."""
        return [count - bad for count, bad in zip(self.requests, self.bad, strict=True)]

    def ratio(self, minute: int, minutes: int) -> float:
        """Return the share of bad requests in so many minutes before a minute."""
        part = slice(max(0, minute - minutes), minute)
        return math.fsum(self.bad[part]) / (math.fsum(self.requests[part]) or 1)


def flat(requests: float, *legs: tuple[int, float]) -> Load:
    """Return a load of equal requests each minute, whose bad ratio stays the same for the minutes of each leg."""
    ratios = [ratio for minutes, ratio in legs for _minute in range(minutes)]
    return Load(requests=[requests] * len(ratios), bad_ratio=ratios)


def load_series(
    application: Application,
    objective: Objective,
    load: Load,
    *,
    instance: str = "a",
    reset_at: int | None = None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, list[float]]:
    """Return the series that an instance exposes under the load; without `labels`, those of requests that count."""
    own = {"instance": instance, **(_counted(application, objective) if labels is None else labels)}
    good, total = counter(load.good, reset_at=reset_at), counter(load.requests, reset_at=reset_at)
    if objective.kind == "availability":
        bad = counter(load.bad, reset_at=reset_at)
        said, failed = example_statuses(application.metrics["bad_status"])
        status = application.metrics["status_label"]
        exposed = {_requests(application, **own, **{status: said}): good}
        return exposed | ({_requests(application, **own, **{status: failed}): bad} if any(bad) else {})
    # Older and newer servers differ in how they store a bound, so instances take turns.
    spellings = bound_spellings(objective.threshold or 0)
    bound = spellings[len(load.requests) // 4 % len(spellings)]
    faster = [value / 2 for value in good]
    by_bound = {f"{(objective.threshold or 0) / 2:g}": faster, bound: good, "+Inf": total}
    buckets = {_duration(application, "bucket", **own, le=le): samples for le, samples in by_bound.items()}
    return {**buckets, _duration(application, "count", **own): total}


def unusable_series(
    application: Application, objective: Objective, load: Load, *, instance: str
) -> dict[str, list[float]]:
    """Return the series of an instance that does not say which of its requests are bad."""
    total, own = counter(load.requests), {"instance": instance, **_counted(application, objective)}
    if objective.kind == "availability":
        return {_requests(application, **own): total}
    infinite = _duration(application, "bucket", **own, le="+Inf")
    return {infinite: total, _duration(application, "count", **own): total}


def left_out_series(application: Application, objective: Objective, load: Load) -> dict[str, list[float]]:
    """Return the series of requests that do not count, none where all do."""
    outside = left_out_labels((*application.matchers, *objective.matchers))
    found: dict[str, list[float]] = {}
    for number, labels in enumerate(outside):
        found |= load_series(application, objective, load, instance=f"left-out-{number}", labels=labels)
    return found


def metric_names(application: Application, objective: Objective) -> set[str]:
    """Return the names of the metrics that the objective counts."""
    if objective.kind == "availability":
        return {application.metrics["requests"]}
    return {f"{application.metrics['duration']}_{part}" for part in ("count", "bucket")}


def example_statuses(bad_status: str) -> tuple[str, str]:
    """Return a status that is good and one that is bad.

    Raises OperatorError when the expression takes everything for bad, or nothing that it mentions.
    """
    mentioned = re.findall(r"\w+", bad_status)
    good = [status for status in _GOOD if not re.fullmatch(bad_status, status)]
    bad = [status for status in (*mentioned, *_BAD) if re.fullmatch(bad_status, status)]
    if not good or not bad:
        found = "matches every usual status of a success" if not good else "matches no usual status of a failure"
        raise OperatorError(f"bad_status {bad_status!r} {found}, so it cannot distinguish good requests from bad ones.")
    return good[0], bad[0]


def _counted(application: Application, objective: Objective) -> dict[str, str]:
    return counted_labels((*application.matchers, *objective.matchers))


def _requests(application: Application, **labels: str) -> str:
    return _named(application.metrics["requests"], {"job": application.job, **labels})


def _duration(application: Application, part: str, **labels: str) -> str:
    name = f"{application.metrics['duration']}_{part}"
    return _named(name, {"job": application.job, **labels})


def _named(metric: str, labels: Mapping[str, Any]) -> str:
    return f"{metric}{{{','.join(f'{name}={quoted(value)}' for name, value in labels.items())}}}"
