# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exporter of log lines for tests: its configuration, and what it answers to a scrape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.cluster import Cluster
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.configuration import (
    Alert,
    Counting,
    Elasticsearch,
)
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.metrics import LogMetrics
from ansible_collections.vigil.observability.tests.unit.packages.log_exporter.collected import Scrape, collected

__all__ = ["NOW", "Node", "alert", "configured", "scrape"]

Node = Callable[[int, Any], str]
NOW = 1_767_225_600.0


def alert(name: str = "errors", query: Any = "level:ERROR", threshold: int = 10, window: float = 300) -> Alert:
    return Alert(name=name, query=query, threshold=threshold, window=window)


def configured(*alerts: Alert, urls: tuple[str, ...], lag: float = 30, **changed: Any) -> Counting:
    """Return what an exporter counts on these nodes."""
    settings: dict[str, Any] = {"username": "elastic", "password": "recorded-pass-1", "ca_file": "", "index": "logs-*"}
    elasticsearch = Elasticsearch(urls=urls, timeout=20, **{**settings, **changed})
    return Counting(elasticsearch=elasticsearch, lag=lag, alerts=alerts)


def scrape(counting: Counting, now: float = NOW) -> Scrape:
    """Return the values of a scrape by metric, and by the value of its label, if any."""
    return collected(LogMetrics(counting, Cluster(counting.elasticsearch), clock=lambda: now))
