# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All metrics of a scrape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from . import __version__

__all__ = ["Together"]


class Together(Collector):
    """What several collectors find at the same time: each may wait for as long as a scrape may take."""

    def __init__(self, *collectors: Collector) -> None:
        self._collectors = collectors

    def describe(self) -> Iterable[Metric]:
        """Return nothing, else the registry would collect at the start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the version of the exporter, and what is found."""
        build = GaugeMetricFamily("log_exporter_build_info", "Version of the exporter.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        with ThreadPoolExecutor(max(1, len(self._collectors))) as pool:
            for found in pool.map(_collected, self._collectors):
                yield from found


def _collected(collector: Collector) -> list[Metric]:
    return list(collector.collect())
