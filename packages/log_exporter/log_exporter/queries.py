# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Elasticsearch is asked, all in one request, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .configuration import Alert, Counting

__all__ = ["NEWEST", "Reading", "lines", "query_of", "readings", "window"]

NEWEST = "newest document"
"""The name of the search for the newest document; that of an alert has no space."""
_TIME = "@timestamp"


@dataclass(frozen=True)
class Reading:
    """What a search has found: a number, or none and why."""

    value: float | None = None
    failure: str = ""


def window(now: float, lag: float, seconds: float) -> tuple[int, int]:
    """Return begin and end of the window in milliseconds. The end is the begin of the next: it is not part of it."""
    end = round((now - lag) * 1000)
    return end - round(seconds * 1000), end


def query_of(alert: Alert) -> Mapping[str, Any]:
    """Return the query of an alert as Elasticsearch takes it."""
    return {"query_string": {"query": alert.query}} if isinstance(alert.query, str) else alert.query


def lines(counting: Counting, now: float, timeout: float) -> list[Mapping[str, Any]]:
    """Return the lines of the request: a header and a body for each alert, and for the newest document.

    A search that takes longer than the timeout, in seconds, ends with what it has found, and says so.
    """
    bodies = [_count(alert, *window(now, counting.lag, alert.window)) for alert in counting.alerts]
    header = {"index": counting.elasticsearch.index, "ignore_unavailable": True}
    limit = {"timeout": f"{max(1, round(timeout * 1000))}ms"}
    return [line for body in (*bodies, _newest(now)) for line in (header, {**body, **limit})]


def readings(counting: Counting, answers: Sequence[Mapping[str, Any]]) -> dict[str, Reading]:
    """Return what each search has found, by the name of the alert, or NEWEST."""
    names = [*(alert.name for alert in counting.alerts), NEWEST]
    if len(answers) != len(names):
        missing = Reading(failure=f"Elasticsearch answered {len(answers)} of {len(names)} searches")
        return dict.fromkeys(names, missing)
    values = {NEWEST: _first_time}
    return {name: _reading(answer, values.get(name, _total)) for name, answer in zip(names, answers)}


def _count(alert: Alert, begin: int, end: int) -> dict[str, Any]:
    within = {"range": {_TIME: {"gte": begin, "lt": end, "format": "epoch_millis"}}}
    return {"size": 0, "track_total_hits": True, "query": {"bool": {"filter": [within, query_of(alert)]}}}


def _newest(now: float) -> dict[str, Any]:
    """Return the search for the newest document that is not of the future, where a wrong clock puts some."""
    until = {"range": {_TIME: {"lte": round(now * 1000), "format": "epoch_millis"}}}
    order = {_TIME: {"order": "desc", "unmapped_type": "date", "numeric_type": "date"}}
    return {"size": 1, "track_total_hits": False, "_source": False, "query": until, "sort": [order]}


def _reading(answer: Mapping[str, Any], value: Callable[[Mapping[str, Any]], float]) -> Reading:
    shards = answer.get("_shards", {})
    if "error" in answer:
        return Reading(failure="; ".join(dict.fromkeys(_reasons(answer["error"]))) or "Elasticsearch refuses the query")
    if answer.get("timed_out"):
        return Reading(failure="the search timed out")
    if shards.get("failed"):
        return Reading(failure=f"{shards['failed']} of {shards.get('total')} shards failed")
    try:
        return Reading(value(answer))
    except (LookupError, TypeError, ValueError) as error:
        return Reading(failure=f"the answer cannot be read ({type(error).__name__}: {error})")


def _total(answer: Mapping[str, Any]) -> float:
    return float(answer["hits"]["total"]["value"])


def _first_time(answer: Mapping[str, Any]) -> float:
    """Return the time of the document in seconds, 0 where there is no document."""
    hits = answer.get("hits", {}).get("hits", [])
    return float(hits[0]["sort"][0]) / 1000 if hits else 0


def _reasons(error: Any) -> Iterator[str]:
    """Yield the reasons of an error, the first cause last: the outermost only names the phase of the search."""
    while isinstance(error, Mapping):
        if error.get("reason"):
            yield " ".join(str(error["reason"]).split())
        causes = error.get("root_cause") or []
        error = error.get("caused_by") or (causes[0] if causes else None)
