# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the exporter, or checks its configuration."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.registry import Collector

from .cluster import Cluster, ClusterError
from .configuration import Configuration, ConfigurationError, Counting
from .logstash import QueueMetrics
from .metrics import LogMetrics
from .queries import query_of
from .together import Together
from .web import Server, listening, pages

__all__ = ["main"]

_LOG = logging.getLogger("log_exporter")


def main(words: list[str] | None = None) -> int:
    """Return the exit code. It serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="log_exporter", description=__doc__)
    parser.add_argument("--config.file", dest="config", type=Path, required=True)
    parser.add_argument("--web.config.file", dest="web_config", type=Path)
    parser.add_argument("--web.listen-address", dest="listen", type=listening, default=("", 9479))
    parser.add_argument("--check", action="store_true", help="have Elasticsearch parse the queries, and exit")
    given = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="level=%(levelname)s msg=%(message)s", stream=sys.stderr)
    # It logs the trace of each attempt; that a node fails is one line of another logger.
    logging.getLogger("elastic_transport.transport").setLevel(logging.ERROR)
    try:
        configuration = Configuration.read(given.config)
        return _check(configuration.counting) if given.check else _serve(given, configuration)
    except (ConfigurationError, OSError) as error:
        _LOG.error("%s", error)
        return 1


def _check(counting: Counting | None) -> int:
    """Return 1 if Elasticsearch cannot parse a query. A cluster that does not answer yet refuses none."""
    if counting is None:
        return 0
    try:
        cluster = Cluster(counting.elasticsearch)
        faults = {alert.name: cluster.fault_in(query_of(alert)) for alert in counting.alerts}
    except ClusterError as error:
        _LOG.warning("The queries were not checked: %s", error)
        return 0
    for name, fault in faults.items():
        if fault:
            _LOG.error("Elasticsearch cannot parse the query of the log alert %s: %s", name, fault)
    return 1 if any(faults.values()) else 0


def _serve(given: argparse.Namespace, configuration: Configuration) -> int:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(Together(*_collectors(configuration)))
    with Server(given.listen, given.web_config) as server:
        server.set_app(pages(registry))
        _LOG.info("Listening on port %d", server.server_port)
        server.serve_forever()
    return 0


def _collectors(configuration: Configuration) -> Iterator[Collector]:
    if counting := configuration.counting:
        _LOG.info("Counting the lines of %d alerts", len(counting.alerts))
        yield LogMetrics(counting, Cluster(counting.elasticsearch))
    if configuration.logstash:
        _LOG.info("Asking the Logstash %s", ", ".join(one.name for one in configuration.logstash))
        yield QueueMetrics(configuration.logstash)


if __name__ == "__main__":
    sys.exit(main())
