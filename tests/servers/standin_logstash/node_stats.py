"""What the API has on pipelines, in the shape of the Node Stats API of Logstash 8.9 to 8.19.

Its reference has the events, reloads and persistent queue of a pipeline; `report` in upstream's
`logstash-core/lib/logstash/api/commands/stats.rb` and `collectDlqStats` in `AbstractPipelineExt.java` the rest.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .disk_queue import DiskQueue
from .running import Running

__all__ = ["Reloads", "statistics"]


class Reloads:
    """How often each pipeline was reloaded, or was not; one that could not start is among them."""

    def __init__(self) -> None:
        self._pipelines: dict[str, dict[str, Any]] = {}

    def succeeded(self, pipeline: str) -> None:
        """Note that a pipeline runs with a change."""
        self._noted(pipeline, "success", "successes")

    def failed(self, pipeline: str, reason: str) -> None:
        """Note why a pipeline does not run with a change."""
        self._noted(pipeline, "failure", "failures")["last_error"] = {"message": reason, "backtrace": None}

    def _noted(self, pipeline: str, what: str, number: str) -> dict[str, Any]:
        found = self._pipelines.setdefault(pipeline, _none())
        found[f"last_{what}_timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        found[number] += 1
        return found

    def of(self, pipeline: str) -> dict[str, Any]:
        """Return those of a pipeline."""
        return self._pipelines.get(pipeline, _none())

    @property
    def names(self) -> set[str]:
        """The pipelines that were reloaded, or were not."""
        return set(self._pipelines)

    @property
    def total(self) -> dict[str, int]:
        """Those of all pipelines."""
        return {name: sum(one[name] for one in self._pipelines.values()) for name in ("successes", "failures")}


def _none() -> dict[str, Any]:
    times = {"last_success_timestamp": None, "last_failure_timestamp": None}
    return {"last_error": None, "successes": 0, "failures": 0, **times}


def statistics(running: Mapping[str, Running], reloads: Reloads) -> dict[str, Any]:
    """Return what there is on each pipeline. One that does not run has no hash, no events and no sizes."""
    found: dict[str, Any] = {
        name: {"events": None, "queue": None, "reloads": reloads.of(name)} for name in reloads.names - running.keys()
    }
    return found | {name: _pipeline(one) | {"reloads": reloads.of(name)} for name, one in running.items()}


def _pipeline(one: Running) -> dict[str, Any]:
    documents = {"successes": max(one.went - one.refused, 0), "dlq_routed": one.refused}
    events, size, limit = len(one.queue), one.queue.size, one.queue.max_bytes
    found: dict[str, Any] = {
        "events": {"in": one.came, "filtered": one.filtered, "out": one.went},
        "hash": one.hash,
        "plugins": {"outputs": [{"name": "elasticsearch", "documents": documents}]},
        "queue": {
            "type": "persisted",
            "capacity": {"max_unread_events": 0, "max_queue_size_in_bytes": limit, "queue_size_in_bytes": size},
            "events": events,
            "events_count": events,
            "queue_size_in_bytes": size,
            "max_queue_size_in_bytes": limit,
        },
    }
    return found if one.letters is None else found | {"dead_letter_queue": _letters(one.letters)}


def _letters(letters: DiskQueue) -> dict[str, Any]:
    return {
        "queue_size_in_bytes": letters.size,
        "max_queue_size_in_bytes": letters.max_bytes,
        "dropped_events": letters.dropped,
        "expired_events": 0,
        "last_error": "reached maxQueueSize" if letters.dropped else "no errors",
        "storage_policy": "drop_newer",
    }
