# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queues of Logstash: its API is asked when Prometheus asks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any
from urllib.request import ProxyHandler, build_opener

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .configuration import Logstash
from .failures import Failures

__all__ = ["QueueMetrics"]

# As in the reference of Logstash: Monitoring APIs, Node Stats API.
_PATH = "/_node/stats"
_QUEUE, _DEAD = "queue", "dead_letter_queue"
_COUNTERS = (
    ("logstash_events_in", "Events that the inputs of a pipeline have taken.", ("events", "in")),
    ("logstash_events_out", "Events that the outputs of a pipeline have taken.", ("events", "out")),
    (
        "logstash_dead_letter_queue_dropped_events",
        "Refused documents that are lost, because the dead letter queue was full.",
        (_DEAD, "dropped_events"),
    ),
    ("logstash_reload_failures", "Failed attempts to start or reload a pipeline.", ("reloads", "failures")),
)
_GAUGES = (
    ("logstash_queue_events", "Events in the persistent queue.", (_QUEUE, "events_count")),
    ("logstash_queue_size_bytes", "Size of the persistent queue.", (_QUEUE, "queue_size_in_bytes")),
    ("logstash_queue_limit_bytes", "Size at which the persistent queue is full.", (_QUEUE, "max_queue_size_in_bytes")),
    ("logstash_dead_letter_queue_size_bytes", "Size of the dead letter queue.", (_DEAD, "queue_size_in_bytes")),
    (
        "logstash_dead_letter_queue_limit_bytes",
        "Size at which the dead letter queue is full.",
        (_DEAD, "max_queue_size_in_bytes"),
    ),
)
_Pipelines = Mapping[str, Mapping[str, Any]]
# Of this host, or its like: a proxy for downloads is none for them.
_OPENER = build_opener(ProxyHandler({}))


class QueueMetrics(Collector):
    """Whether each Logstash responds, and the events, queues and reloads of its pipelines.

    What is not known is left out: a Logstash that does not respond has no queue, not an empty one.
    """

    def __init__(self, nodes: tuple[Logstash, ...]) -> None:
        self._nodes = nodes
        self._failures = Failures("Logstash")

    def describe(self) -> Iterable[Metric]:
        """Return nothing, else the registry would ask Logstash at the start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield what is found by one request to each Logstash."""
        with ThreadPoolExecutor(len(self._nodes)) as pool:
            answers = dict(zip((node.name for node in self._nodes), pool.map(_asked, self._nodes)))
        self._failures.report({name: one for name, one in answers.items() if isinstance(one, str)})
        found = {name: one for name, one in answers.items() if not isinstance(one, str)}
        up = GaugeMetricFamily("logstash_up", "Whether Logstash responds.", labels=["logstash"])
        for name in answers:
            up.add_metric([name], name in found)
        yield up
        help_text = "Whether a pipeline runs that is there, or that could not start; one that was removed is left out."
        runs = GaugeMetricFamily("logstash_pipeline_up", help_text, labels=["logstash", "pipeline"])
        for labels, one in _pipelines(found):
            if (running := "hash" in one) or _failed_last(one.get("reloads") or {}):
                runs.add_metric(labels, running)
        yield runs
        for kind, families in ((CounterMetricFamily, _COUNTERS), (GaugeMetricFamily, _GAUGES)):
            for name, help_text, path in families:
                family = kind(name, help_text, labels=["logstash", "pipeline"])
                for labels, value in _values(found, *path):
                    family.add_metric(labels, value)
                yield family


def _asked(node: Logstash) -> _Pipelines | str:
    """Return the pipelines of a Logstash, or why they are not known."""
    try:
        with _OPENER.open(node.url + _PATH, timeout=node.timeout) as answer:
            pipelines = json.load(answer)["pipelines"]
            return {str(name): dict(one) for name, one in pipelines.items()}
    except (OSError, HTTPException, LookupError, TypeError, ValueError, AttributeError) as error:
        return f"{node.url}: {type(error).__name__}: {error}"


def _pipelines(found: Mapping[str, _Pipelines]) -> Iterator[tuple[list[str], Mapping[str, Any]]]:
    for logstash, pipelines in found.items():
        for pipeline, one in pipelines.items():
            yield [logstash, pipeline], one


def _failed_last(reloads: Mapping[str, Any]) -> bool:
    """Return whether the last attempt to start or reload a pipeline failed. A pipeline that starts has no failure."""
    return str(reloads.get("last_failure_timestamp") or "") > str(reloads.get("last_success_timestamp") or "")


def _values(found: Mapping[str, _Pipelines], part: str, name: str) -> Iterator[tuple[list[str], float]]:
    """Yield a number of each pipeline that has it, with its labels. A queue in memory has no size and no limit."""
    for labels, one in _pipelines(found):
        numbers = one.get(part) or {}
        value = numbers.get(name)
        if value is not None and (part != _QUEUE or numbers.get("type") == "persisted"):
            yield labels, float(value)
