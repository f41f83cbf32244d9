# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics of the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from . import __version__
from .decisions.weights import PRIORITIES
from .intake.episodes import Kinds
from .journal.reading import Reader
from .journal.schema import JournalError
from .journal.writer import Journal
from .servers import Answers

__all__ = ["IntakeMetrics", "StateMetrics", "registry_of"]


class IntakeMetrics:
    """What notifications bring."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._alerts = Counter(
            "incident_response_alerts",
            "Alerts of notifications that are in the journal, by what they were to the episodes there.",
            ["kind"],
            registry=registry,
        )
        self._left_out = Counter(
            "incident_response_alerts_left_out",
            "Alerts that Alertmanagers left out of notifications; reconciliation finds them.",
            registry=registry,
        )
        self.seconds = Histogram(
            "incident_response_intake_seconds",
            "Seconds from the arrival of a notification until it was in the journal.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=registry,
        )

    def count(self, kinds: Kinds, *, left_out: int) -> None:
        """Count what is in the journal now."""
        for kind, number in kinds.items():
            self._alerts.labels(kind).inc(number)
        self._left_out.inc(left_out)


class StateMetrics(Collector):
    """What is open, and whether the journal is written and every Alertmanager and Prometheus answers."""

    def __init__(self, journal: Journal, reader: Reader, alertmanagers: Answers, prometheus: Answers) -> None:
        self._journal, self._reader = journal, reader
        self._alertmanagers, self._prometheus = alertmanagers, prometheus

    def describe(self) -> Iterable[Metric]:
        """Return nothing, else the registry would read the journal at the start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield what is known now; what is open is left out while the journal cannot be read."""
        build = GaugeMetricFamily("incident_response_build_info", "Version of the service.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        yield from self._of_the_journal()
        yield from self._of_servers()

    def _of_the_journal(self) -> Iterator[Metric]:
        measures = self._journal.measures
        yield CounterMetricFamily("incident_response_journal_commits", "Commits of the journal.", measures.commits)
        yield CounterMetricFamily(
            "incident_response_journal_failures", "Commits of the journal that failed.", measures.failures
        )
        yield CounterMetricFamily(
            "incident_response_journal_commit_seconds", "Seconds that all commits took.", measures.seconds
        )
        yield GaugeMetricFamily(
            "incident_response_journal_last_commit_timestamp_seconds",
            "Time of the last commit; 0 before the first.",
            measures.last_commit,
        )
        try:
            size, found = self._journal.path.stat().st_size, self._reader.open_ones()
            priorities = self._reader.open_by_priority()
        except (OSError, JournalError):
            return
        yield GaugeMetricFamily("incident_response_journal_size_bytes", "Size of the journal.", size)
        yield GaugeMetricFamily("incident_response_episodes_open", "Alerts that are open.", found["episode"])
        incidents = GaugeMetricFamily(
            "incident_response_incidents_open",
            "Incidents that are open, by priority, which is empty until there is a score.",
            labels=["priority"],
        )
        for priority in (*PRIORITIES, ""):
            incidents.add_metric([priority], priorities.get(priority, 0))
        yield incidents

    def _of_servers(self) -> Iterator[Metric]:
        for prefix, label, answers in (
            ("reconciliation", "alertmanager", self._alertmanagers),
            ("queries", "prometheus", self._prometheus),
        ):
            success = GaugeMetricFamily(
                f"incident_response_{prefix}_success",
                f"Whether the {answers.kind} answered when it was last asked.",
                labels=[label],
            )
            for name, failure in answers.failures.items():
                success.add_metric([name], not failure)
            yield success
            newest = GaugeMetricFamily(
                f"incident_response_{prefix}_timestamp_seconds",
                f"Time at which the {answers.kind} last answered.",
                labels=[label],
            )
            for name, at in answers.answered_at.items():
                newest.add_metric([name], at)
            yield newest


def registry_of() -> CollectorRegistry:
    """Return a registry with the metrics of the process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry
