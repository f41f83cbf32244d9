# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What surrounds the begin of an incident: alerts, what it depends on, reports, series of its services and hosts."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..journal.moments import moment
from .facts import Alert, Facts, Surrounding
from .filled import one_of
from .prometheus import Prometheus, Series

__all__ = ["Contexts"]

_METRICS = "sli:bad:ratio5m|sli:total:rate5m|business:level:avg30m"
_BEFORE, _LONGEST, _STEP = 900.0, 7200.0, 120.0
_SERIES = 5  # of an incident, as the journal keeps them for ever


class Contexts:
    """Collects the contexts of new incidents, with one query for all of them."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    async def found(self, new: Sequence[tuple[Facts, Surrounding]], at: float) -> list[tuple[int, dict[str, Any]]]:
        """Return the number and the context of each incident."""
        if not new:
            return []
        first = min(_active_at(one, at) for one, _around in new)
        services = {service for one, _around in new for service in one.services}
        hosts = {host for one, _around in new for host in _hosts(one)}
        query = f'{{__name__=~"{_METRICS}", service=~{one_of(services)}}} or up{{host=~{one_of(hosts)}}}'
        # Its last point is that of now.
        steps = math.ceil(min(at - first + _BEFORE, _LONGEST) / _STEP)
        series = await self._prometheus.series(query, start=at - steps * _STEP, end=at, step=_STEP)
        return [(one.incident, _context(one, around, series, at)) for one, around in new]


def _context(facts: Facts, around: Surrounding, series: Iterable[Series] | None, at: float) -> dict[str, Any]:
    return {
        "active_at": _active_at(facts, at),
        "alerts": [{**_named(one), "kind": kind} for kind, one in around.alerts],
        "more_alerts": around.more,
        "dependencies": {name: _state(name, facts, alerts) for name, alerts in facts.dependencies.items()},
        "reports": len(facts.reports),
        **({"unknown": "no Prometheus answers"} if series is None else {"series": _own(facts, series)}),
    }


def _active_at(facts: Facts, at: float) -> float:
    return min((one.starts_at for one in facts.alerts), default=at)


def _hosts(facts: Facts) -> set[str]:
    return {one.labels["host"] for one in facts.alerts if one.labels.get("host")}


def _named(alert: Alert) -> dict[str, Any]:
    labels = {key: alert.labels[key] for key in ("alertname", "service", "host", "team") if alert.labels.get(key)}
    return {"incident": alert.incident, "alert": alert.id, "at": moment(alert.received_at), **labels}


def _state(name: str, facts: Facts, alerts: Sequence[Alert]) -> str:
    return "down" if name in facts.down else "with alerts" if alerts else "without alerts"


def _own(facts: Facts, series: Iterable[Series]) -> list[dict[str, Any]]:
    hosts = _hosts(facts)
    own = [one for one in series if _is_of(one.labels, facts.services, hosts)]
    own.sort(key=lambda one: "service" not in one.labels)
    return [
        {"labels": dict(one.labels), "points": [[moment(at), float(f"{value:.4g}")] for at, value in one.points]}
        for one in own[:_SERIES]
    ]


def _is_of(labels: Mapping[str, str], services: Collection[str], hosts: Collection[str]) -> bool:
    if labels.get("__name__") == "up":
        return labels.get("host", "") in hosts
    return labels.get("service", "") in services
