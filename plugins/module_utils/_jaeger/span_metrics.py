# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of services as span metrics count them: all of them, while only some traces are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from .._http.session import Api

__all__ = ["measured", "with_metrics"]

DURATION = "traces_span_metrics_duration_seconds"
ENTRIES = 'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"'
# Requests by length and by result: {(service, operation): {upper bound in seconds: requests up to it}}.
Entry = tuple[str, str]


def measured(api: Api, start: datetime, end: datetime) -> dict[str, dict[str, dict[str, Any]]]:
    """Return {service: {operation: figures}} of a window; "" is all operations of a service. Raises HttpError."""
    seconds = max(1, round((end - start).total_seconds()))
    buckets: dict[Entry, dict[float, float]] = {}
    errors: dict[Entry, float] = {}
    spent: dict[Entry, float] = {}
    by = "service_name, span_name, status_code"
    for labels, value in _series(api, f"sum by ({by}, le) (increase({DURATION}_bucket{{{ENTRIES}}}[{seconds}s]))", end):
        for entry in _entries(labels):
            bounds, bound = buckets.setdefault(entry, {}), float(labels["le"])
            bounds[bound] = bounds.get(bound, 0.0) + value
            if bound == math.inf and labels.get("status_code") == "STATUS_CODE_ERROR":
                errors[entry] = errors.get(entry, 0.0) + value
    for labels, value in _series(api, f"sum by ({by}) (increase({DURATION}_sum{{{ENTRIES}}}[{seconds}s]))", end):
        for entry in _entries(labels):
            spent[entry] = spent.get(entry, 0.0) + value
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for entry, bounds in sorted(buckets.items()):
        requests = bounds.get(math.inf, 0.0)
        if requests > 0:
            found.setdefault(entry[0], {})[entry[1]] = {
                "requests": round(requests),
                "errors": round(errors.get(entry, 0.0)),
                "error_rate": errors.get(entry, 0.0) / requests,
                **{f"p{share}_ms": _quantile(share / 100, sorted(bounds.items())) * 1e3 for share in (50, 95, 99)},
                "mean_ms": spent.get(entry, 0.0) / requests * 1e3,
            }
    return found


def _series(api: Api, expression: str, end: datetime) -> list[tuple[Mapping[str, str], float]]:
    query = [("query", expression), ("time", f"{end.astimezone(timezone.utc).timestamp():.3f}")]
    answer = api.call("GET", "/api/v1/query", query=query, attempt="read span metrics").json()
    listed = [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]
    return [(labels, value) for labels, value in listed if "service_name" in labels and math.isfinite(value)]


def _entries(labels: Mapping[str, str]) -> tuple[Entry, Entry]:
    return (labels["service_name"], labels.get("span_name", "")), (labels["service_name"], "")


def _quantile(share: float, bounds: Sequence[tuple[float, float]]) -> float:
    """Return the seconds that this share of requests does not exceed, as histogram_quantile of Prometheus does."""
    wanted, below, fewer = share * bounds[-1][1], 0.0, 0.0
    for bound, requests in bounds:
        if requests >= wanted:
            if bound == math.inf:
                return below
            return below + (bound - below) * ((wanted - fewer) / (requests - fewer) if requests > fewer else 1.0)
        below, fewer = bound, requests
    return below


def with_metrics(services: Sequence[Mapping[str, Any]], metrics: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """Return the services with the figures of span metrics where there are any, and `source` with their origin.

    `kept` is the share of requests whose traces were analysed; `least_ms` and `most_ms` are those of traces.
    """
    found = []
    for service in services:
        own = metrics.get(service["service"], {})
        entries = [_one(entry, own.get(entry["operation"])) for entry in service["entries"]]
        found.append({**_one(service, own.get("")), "entries": entries})
    return found


def _one(figures: Mapping[str, Any], metrics: Mapping[str, Any] | None) -> dict[str, Any]:
    if metrics is None:
        return {**figures, "source": "traces", "kept": None}
    kept = min(1.0, figures["requests"] / metrics["requests"]) if metrics["requests"] else None
    return {**figures, **metrics, "source": "span metrics", "kept": kept}
