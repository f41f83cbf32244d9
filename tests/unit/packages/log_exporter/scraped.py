# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exporter for tests: its configuration, and what it answers to a scrape."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.cluster import Cluster
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.configuration import (
    Alert,
    Configuration,
    Elasticsearch,
)
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.metrics import LogMetrics

__all__ = ["NOW", "alert", "configured", "scrape"]

NOW = 1_767_225_600.0
Scrape = dict[str, dict[str, float]]


def alert(name: str = "errors", query: Any = "level:ERROR", threshold: int = 10, window: float = 300) -> Alert:
    return Alert(name=name, query=query, threshold=threshold, window=window)


def configured(*alerts: Alert, urls: tuple[str, ...], lag: float = 30, **changed: Any) -> Configuration:
    """Return the configuration of an exporter that asks these nodes."""
    settings: dict[str, Any] = {"username": "elastic", "password": "recorded-pass-1", "ca_file": "", "index": "logs-*"}
    elasticsearch = Elasticsearch(urls=urls, timeout=20, **{**settings, **changed})
    return Configuration(elasticsearch=elasticsearch, lag=lag, alerts=alerts)


def scrape(configuration: Configuration, now: float = NOW) -> Scrape:
    """Return the values of a scrape by metric, and by the value of its label, if any."""
    registry = CollectorRegistry()
    registry.register(LogMetrics(configuration, Cluster(configuration.elasticsearch), clock=lambda: now))
    found: Scrape = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})["".join(sample.labels.values())] = sample.value
    return found
