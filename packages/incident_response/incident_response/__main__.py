# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the service, or checks its configuration."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from prometheus_client import CollectorRegistry

from .configuration import Configuration, ConfigurationError
from .decisions.changes import Changes
from .decisions.checks import Checks
from .decisions.choice import Choices
from .decisions.context import Contexts
from .decisions.cycle import Cycle
from .decisions.onset import Onsets
from .decisions.prometheus import Prometheus
from .decisions.watching import Watches
from .history.metrics import HistoryMetrics
from .incidents.cause import cause_among
from .incidents.correlation import Correlation
from .incidents.reports import Reports
from .intake.episodes import Episodes
from .intake.reconciliation import Reconciliation
from .journal.reading import Reader
from .journal.schema import JournalError
from .journal.writer import Journal
from .metrics import IntakeMetrics, StateMetrics, registry_of
from .people.accounts import Accounts
from .people.actions import Actions
from .runs.acting import Acting
from .runs.annotations import Annotations
from .runs.dry_runs import DryRuns
from .runs.executor import Executor
from .runs.metrics import AnnotationMetrics, AutomationMetrics
from .runs.pages import Pages
from .runs.places import Places
from .runs.rechecks import Rechecks
from .runs.silences import Silences
from .servers import Answers
from .steps import Attempts
from .steps.awx import Api, AwxAttempts
from .web.access import Access
from .web.application import Parts, application
from .web.tls import Certificates, WebSettings

__all__ = ["main"]

_LOG = logging.getLogger("incident_response")
# Longer than Alertmanager keeps an idle connection, so that it never sends on one that is closed here.
_IDLE = 330
_GRACE = 3  # seconds to answer what has arrived, when stopped; clients that sleep do not delay it longer


def main(words: list[str] | None = None) -> int:
    """Return the exit code. It serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="incident_response", description=__doc__)
    parser.add_argument("--config.file", dest="config", type=Path, required=True)
    parser.add_argument("--web.config.file", dest="web_config", type=Path)
    parser.add_argument("--web.listen-address", dest="listen", type=_listening, default=("", 9095))
    parser.add_argument("--check", action="store_true", help="check the configuration, and exit")
    given = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="level=%(levelname)s msg=%(message)s", stream=sys.stderr)
    for library in ("httpx", "uvicorn"):  # which log every request
        logging.getLogger(library).setLevel(logging.WARNING)
    try:
        configuration = Configuration.read(given.config)
        if given.check:
            return 0
        asyncio.run(_serve(configuration, WebSettings.read(given.web_config), given.listen))
    except (ConfigurationError, JournalError, OSError) as error:
        _LOG.error("%s", error)
        return 1
    return 0


async def _serve(configuration: Configuration, settings: WebSettings, listen: tuple[str, int]) -> None:
    journal = Journal(configuration.data_dir)
    correlation = Correlation(configuration.applications, configuration.correlation_window)
    episodes = Episodes(correlation, started_at=time.time())
    prometheus = Prometheus(configuration.prometheus)
    reconciliation = Reconciliation(
        configuration.alertmanagers, configuration.reconciliation_interval, journal, episodes, prometheus.firing
    )
    reader = Reader(journal.path, partial(cause_among, correlation), configuration.rules.escalations)
    cycle, acting, dry_runs, pages = _automation(
        configuration, journal, reader, correlation, prometheus, reconciliation.answers
    )
    registry = registry_of()
    state = StateMetrics(journal, reader, reconciliation.answers, prometheus.answers)
    for one in (state, AutomationMetrics(reader, acting, pages), HistoryMetrics(reader)):
        registry.register(one)
    beside = _beside(configuration, journal, reader, correlation, prometheus, registry)
    intake = IntakeMetrics(registry)
    accounts = Accounts(configuration.accounts)
    actions = Actions(accounts, {name: one.team for name, one in configuration.applications.items()})
    access = Access(settings.users)
    parts = Parts(access, accounts, actions, journal, reader, episodes, Reports(correlation), registry, intake)
    certificates = Certificates(settings.tls)
    server = uvicorn.Server(
        uvicorn.Config(
            application(parts, lambda: server.should_exit),
            ssl_context_factory=lambda _config, _default: certificates.context,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            http="h11",
            loop="asyncio",
            timeout_keep_alive=_IDLE,
            timeout_graceful_shutdown=_GRACE,
        )
    )
    _end_when_stopped(server)
    with suppress(JournalError):  # it answers 503 then, until the journal can be written
        await asyncio.wrap_future(journal.write(lambda _connection: None))
    listener = _socket(listen)
    _LOG.info("Listening on port %d", listener.getsockname()[1])
    work = (reconciliation.run, cycle.run, acting.run, dry_runs.run, pages.run, *beside)
    tasks = [asyncio.create_task(run()) for run in work]
    await server.serve(sockets=[listener])
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # While a thread reads the journal, its end would leave the log of the last writes beside it.
    await asyncio.get_running_loop().shutdown_default_executor()
    journal.close()


def _end_when_stopped(server: uvicorn.Server) -> None:
    """Have a stop count before the server handles it itself, and not after its end, when it repeats the signal."""

    def stop(*_signal: object) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)


def _automation(
    configuration: Configuration,
    journal: Journal,
    reader: Reader,
    correlation: Correlation,
    prometheus: Prometheus,
    alertmanagers: Answers,
) -> tuple[Cycle, Acting, DryRuns, Pages]:
    """Return what decides, what acts, what only looks, and what notifies people."""
    rules, servers = configuration.rules, configuration.alertmanagers
    checks = Checks(prometheus, configuration.ca_file)
    watches, silences = Watches(rules.runbooks, checks), Silences(servers, alertmanagers, rules.limits.silence)
    cycle = Cycle(
        journal,
        reader,
        correlation,
        prometheus=prometheus,
        weights=configuration.weights,
        contexts=Contexts(prometheus),
        choices=Choices(rules, prometheus, checks, silences),
        watches=watches,
        interval=configuration.reconciliation_interval,
    )
    executors: dict[str, Executor] = {"service": Attempts(configuration.data_dir / "attempts")}
    if awx := configuration.awx:
        executors["awx"] = AwxAttempts(Api(awx.controller), awx.templates, configuration.data_dir / "launches")
    rechecks = Rechecks(rules, reader, prometheus, silences, time.time)
    places = Places()
    dry_runs = DryRuns(journal, reader, rules, rechecks=rechecks, executors=executors, places=places)
    acting = Acting(
        journal,
        reader,
        rules,
        rechecks=rechecks,
        watches=watches,
        silences=silences,
        executors=executors,
        places=places,
    )
    return cycle, acting, dry_runs, Pages(servers, alertmanagers, reader, configuration.url, rules.escalations)


def _beside(
    configuration: Configuration,
    journal: Journal,
    reader: Reader,
    correlation: Correlation,
    prometheus: Prometheus,
    registry: CollectorRegistry,
) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Return the work for which nothing waits: onsets and changes before incidents, and annotations in Grafana."""
    found: list[Callable[[], Coroutine[Any, Any, None]]] = [Onsets(journal, reader, prometheus).run]
    grafana = configuration.grafana
    if grafana or configuration.prometheus:
        found.append(Changes(journal, reader, correlation, prometheus=prometheus, grafana=grafana).run)
    if grafana:
        annotations = Annotations(journal, reader, grafana, configuration.url)
        registry.register(AnnotationMetrics(annotations))
        found.append(annotations.run)
    return found


def _listening(text: str) -> tuple[str, int]:
    """Return the parts of an address such as `:9095` or `[::1]:9095`. Raises ValueError."""
    address, _colon, port = text.rpartition(":")
    return address.strip("[]"), int(port)


def _socket(address: tuple[str, int]) -> socket.socket:
    """Return a socket of one address, or of all of both families."""
    every = not address[0] and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if every or ":" in address[0] else socket.AF_INET
    return socket.create_server(address, family=family, dualstack_ipv6=every, backlog=256)


if __name__ == "__main__":
    sys.exit(main())
