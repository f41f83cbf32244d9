# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How incidents went, as metrics: what post-mortems tell of each, for all of them, also of those before a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy

from prometheus_client.core import CounterMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from ..journal.reading import Reader
from ..journal.schema import JournalError
from .totals import Totals

__all__ = ["HistoryMetrics"]


class HistoryMetrics(Collector):
    """The totals of the journal. A scrape reads what is new since the last one, the first one all of it."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._totals = reader, Totals()
        self._lock = threading.Lock()  # the first read is done once, also for two servers that scrape

    def describe(self) -> Iterable[Metric]:
        """Return nothing, else the registry would read the journal at the start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield what the journal has now, nothing while it cannot be read."""
        try:
            found = self._read()
        except JournalError:
            return
        yield _counted(
            "incidents_opened",
            "Incidents that were opened, by the severity of the first alert.",
            "severity",
            found.opened,
        )
        yield _counted(
            "incidents_closed",
            "Incidents that were closed, by their last priority, which is empty without a score.",
            "priority",
            found.closed,
        )
        yield _counted(
            "refusals",
            "Runs that were refused, by each guard that did; `target` is a runbook without a host to act on.",
            "guard",
            found.refused,
        )
        yield CounterMetricFamily("incident_response_escalations", "Escalations to people.", found.escalated)
        for name, text, one in (
            (
                "detection_seconds",
                "Time from the onset of incidents until they were opened, where it is known.",
                found.to_detect,
            ),
            (
                "acknowledgement_seconds",
                "Time from the opening of incidents until a person answered.",
                found.to_acknowledge,
            ),
            ("resolution_seconds", "Time from the opening of incidents until they were closed.", found.to_resolve),
            ("lost_revenue", "Revenue lost by closed incidents, where it is known.", found.revenue),
            (
                "lost_budget_seconds",
                "Error budget lost by closed incidents, where it is known, as time in which all requests fail.",
                found.budget,
            ),
        ):
            yield SummaryMetricFamily(f"incident_response_{name}", text, count_value=one.count, sum_value=one.total)

    def _read(self) -> Totals:
        """Return the totals of now; those of before are kept when reading fails midway. Raises JournalError."""
        with self._lock, self._reader.connected() as connection:
            found = deepcopy(self._totals) if self._totals.may_be_of(connection) else Totals()
            found.read(connection)
            self._totals = found
            return found


def _counted(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    found = CounterMetricFamily(f"incident_response_{name}", text, labels=[label])
    for value, number in values.items():
        found.add_metric([value], number)
    return found
