# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every replica of Prometheus answers, of which the newer samples count."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import httpx

from ..servers import Answers, Server, answer

__all__ = ["Active", "Firing", "Prometheus", "Sample", "Series", "may_fire"]

# When a replica has last scraped anything.
_NEWEST = "max(timestamp(up))"
_PATIENCE = 10.0  # seconds for the evaluation of an expression
_LOOKBACK = 300  # seconds of a sample's life, if nothing else is asked for
# How Prometheus answers an expression that it cannot evaluate, of which there are no samples then.
_WRONG = (400, 422)
_TOO_LONG = 503  # how it answers one that takes longer than it may
Found = TypeVar("Found")


@dataclass(frozen=True)
class Sample:
    """A value with its labels."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Series:
    """Values at times, with their labels."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Firing:
    """An alert that a rule of Prometheus fires, before what Prometheus adds to all of its alerts."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    def is_of(self, labels: Mapping[str, str]) -> bool:
        """Return whether an alert with these labels, as Alertmanager has them, is this one."""
        return self.labels.items() <= labels.items()


@dataclass(frozen=True)
class Active:
    """An alert of a rule, which may not fire yet: since when, its expression, and the labels that the rule adds."""

    labels: Mapping[str, str]
    active_at: float
    expression: str
    added: frozenset[str]


class Prometheus:
    """All replicas. Each method returns None when none of them answers: then nothing is known."""

    def __init__(self, replicas: Sequence[Server]) -> None:
        self._replicas = replicas
        self.answers = Answers("Prometheus")

    @property
    def answered(self) -> Mapping[str, bool]:
        """Return whether each replica answered when it was last asked."""
        return {one.name: not self.answers.failures.get(one.name, "not asked yet") for one in self._replicas}

    async def query(self, expression: str, since: float | None = None) -> tuple[Sample, ...] | None:
        """Return the samples of an expression, with `since` only those of the last so many seconds."""

        # Each sample that a query finds is within its lookback delta.
        recent = {} if since is None or since > _LOOKBACK else {"lookback_delta": f"{max(int(since), 1)}s"}

        async def ask(replica: Server) -> tuple[Sample, ...]:
            found = await _evaluated(replica, "/api/v1/query", _WRONG, query=expression, **recent)
            return _samples(found) if found else ()

        found = await self._asked(ask)
        return next((told for told in found if told), ()) if found else None

    async def firing(self) -> tuple[Firing, ...] | None:
        """Return the alerts that any replica fires: one fires or resolves them a little before the other."""

        async def ask(replica: Server) -> tuple[Firing, ...]:
            found = (await _data(replica, "/api/v1/alerts"))["alerts"]
            return tuple(Firing(one["labels"], one["annotations"]) for one in found if one["state"] == "firing")

        answers = await self._asked(ask)
        alerts = {frozenset(one.labels.items()): one for told in reversed(answers) for one in told}
        return tuple(alerts.values()) if answers else None

    async def active(self) -> tuple[Active, ...] | None:
        """Return the alerts of every replica that fire or will, each as often as replicas have it."""

        async def ask(replica: Server) -> tuple[Active, ...]:
            groups = (await _data(replica, "/api/v1/rules", type="alert"))["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            return tuple(_active(rule, alert) for rule in rules for alert in rule["alerts"])

        answers = await self._asked(ask)
        return tuple(one for told in answers for one in told) if answers else None

    async def series(
        self, expression: str, *, start: float, end: float, step: float, at_most: float = _PATIENCE
    ) -> tuple[Series, ...] | None:
        """Return the series of an expression between two times, none if it takes more than `at_most` seconds."""
        period = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.0f}", "timeout": f"{at_most:.0f}s"}

        async def ask(replica: Server) -> tuple[Series, ...]:
            wrong = (*_WRONG, _TOO_LONG)
            found = await _evaluated(replica, "/api/v1/query_range", wrong, query=expression, **period)
            return tuple(Series(one["metric"], _points(one["values"])) for one in found["result"]) if found else ()

        found = await self._asked(ask)
        return next((told for told in found if told), ()) if found else None

    async def _asked(self, ask: Callable[[Server], Awaitable[tuple[Found, ...]]]) -> list[tuple[Found, ...]]:
        """Return the answer of each replica that answers, the one with the newest samples first."""

        async def both(replica: Server) -> tuple[float, tuple[Found, ...]]:
            told, newest = await asyncio.gather(ask(replica), _data(replica, "/api/v1/query", query=_NEWEST))
            return max((one.value for one in _samples(newest)), default=0.0), told

        found = await asyncio.gather(*(self.answers.of(one, both) for one in self._replicas))
        answered = sorted((one for one in found if one is not None), key=lambda one: -one[0])
        return [told for _newest, told in answered]


def may_fire(firing: Sequence[Firing] | None, labels: Mapping[str, str]) -> bool:
    """Return whether an alert with these labels is among those that fire, or nobody knows."""
    return firing is None or any(one.is_of(labels) for one in firing)


async def _data(replica: Server, path: str, **parameters: str) -> Any:
    return (await answer(replica, path, **parameters))["data"]


async def _evaluated(replica: Server, path: str, wrong: Collection[int], **parameters: str) -> Any:
    """Return what an expression is evaluated to, None if the status of the answer is one of those that are wrong."""
    try:
        return await _data(replica, path, **parameters)
    except httpx.HTTPStatusError as error:
        if error.response.status_code in wrong:
            return None
        raise


def _active(rule: Mapping[str, Any], alert: Mapping[str, Any]) -> Active:
    active_at = datetime.fromisoformat(alert["activeAt"]).timestamp()
    return Active(alert["labels"], active_at, rule["query"], frozenset({"alertname", *rule["labels"]}))


def _samples(data: Any) -> tuple[Sample, ...]:
    """Return the samples of a vector or a scalar; what is no number is none."""
    found = [{"metric": {}, "value": data["result"]}] if data["resultType"] == "scalar" else data["result"]
    samples = (Sample(one["metric"], float(one["value"][1])) for one in found)
    return tuple(one for one in samples if not math.isnan(one.value))


def _points(values: Iterable[tuple[float, str]]) -> list[tuple[float, float]]:
    """Return the points of a series that are finite, as JSON has no others."""
    points = ((at, float(value)) for at, value in values)
    return [(at, value) for at, value in points if math.isfinite(value)]
