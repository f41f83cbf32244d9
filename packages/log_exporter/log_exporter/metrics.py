# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics of log lines: Elasticsearch is asked when Prometheus asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .cluster import Cluster, ClusterError
from .configuration import Counting
from .failures import Failures
from .queries import NEWEST, Reading, lines, readings

__all__ = ["LogMetrics"]


class LogMetrics(Collector):
    """Matches of each alert, whether its query succeeded, and the time of the newest document.

    What is not known is left out: a query that fails has no matches, not 0 of them.
    """

    def __init__(self, counting: Counting, cluster: Cluster, clock: Callable[[], float] = time.time) -> None:
        self._counting, self._cluster, self._clock = counting, cluster, clock
        self._failures = Failures("The query")

    def describe(self) -> Iterable[Metric]:
        """Return nothing, else the registry would ask Elasticsearch at the start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield what is found by one request."""
        found = self._read()
        self._failures.report({name: one.failure for name, one in found.items() if one.failure})
        alerts = self._counting.alerts
        yield _family(
            "log_query_success",
            "Whether Elasticsearch answered the query of an alert, or that for the newest document, completely.",
            "query",
            {name: not one.failure for name, one in found.items()},
        )
        yield _family(
            "log_alert_matches",
            "Documents of the query of an alert in its window, which ends as long ago as the lag.",
            "alert",
            {alert.name: found[alert.name].value for alert in alerts},
        )
        yield _family(
            "log_alert_threshold",
            "Matches from which on an alert fires.",
            "alert",
            {alert.name: alert.threshold for alert in alerts},
        )
        if (newest := found[NEWEST].value) is not None:
            help_text = "Time of the newest document, without those of the future; 0 without any."
            yield GaugeMetricFamily("log_newest_document_timestamp_seconds", help_text, value=newest)

    def _read(self) -> dict[str, Reading]:
        counting, now = self._counting, self._clock()
        try:
            # The server ends a search a little before its answer is no longer waited for.
            answers = self._cluster.search(lines(counting, now, self._cluster.timeout * 0.9))
        except ClusterError as error:
            names = [*(alert.name for alert in counting.alerts), NEWEST]
            return dict.fromkeys(names, Reading(failure=str(error)))
        return readings(counting, answers)


def _family(name: str, help_text: str, label: str, values: Mapping[str, float | None]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for one, value in values.items():
        if value is not None:
            family.add_metric([one], value)
    return family
