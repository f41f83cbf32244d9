# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What automation does, and whether it helps, as metrics."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..decisions.history import OUTCOMES
from ..intake.alert import OWN
from ..journal.reading import Reader
from ..journal.schema import JournalError
from .acting import Acting
from .annotations import Annotations
from .pages import Pages

__all__ = ["AnnotationMetrics", "AutomationMetrics"]

_RUNS = (
    "SELECT json_extract(detail, '$.runbook') AS runbook, json_extract(detail, '$.outcome') AS outcome, count(*),"
    " total(json_extract(detail, '$.saved_seconds')) AS saved"
    " FROM event WHERE kind = 'verified' AND at > 0 AND json_extract(detail, '$.acted') GROUP BY 1, 2"
)
_STOPPED = "SELECT at FROM open_stop"


class AutomationMetrics(Collector):
    """Runs by what came of them and what they saved, what goes on, what people were asked for, and what is stopped."""

    def __init__(self, reader: Reader, acting: Acting, pages: Pages) -> None:
        self._reader, self._acting, self._pages = reader, acting, pages

    def describe(self) -> Iterable[Metric]:
        """Return nothing, else the registry would read the journal at the start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield what is known now; what the journal counts is left out while it cannot be read."""
        yield GaugeMetricFamily(
            "incident_response_acting_timestamp_seconds",
            "Time at which it last looked for what to do next.",
            self._acting.looked_at,
        )
        started = self._acting.running_since
        yield GaugeMetricFamily("incident_response_steps_running", "Steps that run.", len(started))
        yield GaugeMetricFamily(
            "incident_response_oldest_step_seconds",
            "Seconds since the oldest of them started.",
            max(0.0, time.time() - min(started)) if started else 0,
        )
        posted = GaugeMetricFamily(
            "incident_response_pages", "Alerts that it posts to Alertmanager for people.", labels=["alert"]
        )
        for name in OWN:
            posted.add_metric([name], self._pages.posted.count(name))
        yield posted
        try:
            with self._reader.connected() as connection:
                counts, stopped = connection.execute(_RUNS).fetchall(), connection.execute(_STOPPED).fetchone()
        except JournalError:
            return
        yield _runs(counts, self._acting.by_hand)
        yield from _saved(counts, self._acting.by_hand)
        yield GaugeMetricFamily(
            "incident_response_stopped_seconds",
            "Seconds since a person stopped all automation, 0 while nobody has.",
            max(0.0, time.time() - stopped["at"]) if stopped else 0,
        )


class AnnotationMetrics(Collector):
    """Annotations that Grafana lacks, and how often it did not take one."""

    def __init__(self, annotations: Annotations) -> None:
        self._annotations = annotations

    def collect(self) -> Iterator[Metric]:
        """Yield what is known now."""
        yield CounterMetricFamily(
            "incident_response_annotation_failures",
            "Annotations that Grafana did not take; they are tried again.",
            self._annotations.failures,
        )
        yield GaugeMetricFamily(
            "incident_response_annotations_waiting",
            "Incidents whose annotation in Grafana is missing or outdated.",
            self._annotations.waiting,
        )


def _runs(counts: Iterable[Any], runbooks: Iterable[str]) -> Metric:
    """Return the runs of every runbook, also those that never ran, else their first one is no increase."""
    found = CounterMetricFamily(
        "incident_response_runs", "Runs of runbooks by what came of them.", labels=["runbook", "outcome"]
    )
    known = dict.fromkeys(product(runbooks, OUTCOMES), 0)
    for (runbook, outcome), number in (known | {(one[0], one[1]): one[2] for one in counts}).items():
        found.add_metric([runbook, outcome], number)
    return found


def _saved(counts: Iterable[Any], by_hand: Mapping[str, float]) -> Iterator[Metric]:
    """Yield what is assumed of every runbook, and what that makes of the runs that helped."""
    assumed = GaugeMetricFamily(
        "incident_response_by_hand_seconds", "Time that a person is assumed to take for the same.", labels=["runbook"]
    )
    saved = CounterMetricFamily(
        "incident_response_saved_seconds",
        "Time that people are assumed to have saved, as it was assumed at the end of each run that helped.",
        labels=["runbook"],
    )
    known = dict.fromkeys(by_hand, 0.0)
    for one in counts:
        known[one["runbook"]] = known.get(one["runbook"], 0.0) + one["saved"]
    for runbook, seconds in known.items():
        saved.add_metric([runbook], seconds)
    for runbook, seconds in by_hand.items():
        assumed.add_metric([runbook], seconds)
    yield assumed
    yield saved
