"""Measures the intake of incident_response with two real Alertmanagers, what it keeps, and how soon it is back.

Alerts come from both members of a mesh. Some of them have a runbook that acts, so each has to get exactly one run; the
Prometheus that fires them is one of the unit tests.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ansible_collections.vigil.observability.tests.live.incident_intake import (
    MANY,
    RELEASES,
    WITHIN,
    Alertmanager,
    alert,
    answers,
    await_that,
    mesh,
    seconds_of_fsync,
    send,
)
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import named, notified
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook

AUTOMATED = 20  # alerts with a runbook
INCIDENTS = 10_000
FSYNCS = 40
Row = tuple[str, str, str, bool]


def main() -> int:
    """Run all, print a table, and return 1 when a promise is not kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-incidents-") as name, Replica() as replica:
        certificates = Certificates(Path(name))
        with mesh(Path(name), RELEASES[-1], certificates) as (members, engine):
            engine.stop()
            engine.config |= {"automation": automation(), "prometheus": servers([replica.url], certificates)}
            replica.fire(
                *(alert(f"Auto{one}", host=f"h{one}", service=f"s{one}")["labels"] for one in range(AUTOMATED))
            )
            engine.start()
            rows = [*flood(members, engine)]
    with tempfile.TemporaryDirectory(prefix="vigil-incidents-") as name:
        rows.append(restart(Path(name)))
    table = Table("what", "measured", "promised", title="incident_response")
    for what, measured, promised, _kept in rows:
        table.add_row(what, measured, promised)
    Console(width=110).print(table)
    return int(not all(kept for *_row, kept in rows))


def automation() -> dict[str, object]:
    """Return a runbook for some of the alerts, and their hosts, to which no step gets: nothing takes the steps."""
    hosts = [f"h{number}" for number in range(AUTOMATED)]
    matchers = [{"label": "alertname", "operator": "=~", "value": "Auto.*"}]
    limit = {"cooldown": 1, "attempts": 9, "within": 86400, "at_once": AUTOMATED, "run": 300}
    steps = [{"step": "restart_service", "parameters": {"unit": "shop"}}]
    return {
        "runbooks": [runbook(level="full", matchers=matchers, limit=limit, steps=steps)],
        "hosts": hosts,
        "targets": {host: {"address": "127.0.0.1"} for host in hosts},
        "guards": {"runs_per_hour": MANY},
    }


def flood(members: list[Alertmanager], engine: Engine) -> Iterator[Row]:
    """Yield what a thousand alerts of a minute cost, each of which both members send."""
    before, begun, fsyncs = answers(engine), time.monotonic(), []
    names = [f"Auto{one}" if one < AUTOMATED else f"Many{one}" for one in range(MANY)]
    for first in range(0, MANY, 10):
        send(members, *(alert(names[one], service=f"s{one}", host=f"h{one}") for one in range(first, first + 10)))
        fsyncs.append(seconds_of_fsync(engine.folder))
        time.sleep(max(0.0, begun + WITHIN * (first + 10) / MANY - time.monotonic()))
    await_that("all are open", lambda: engine.metric("incident_response_episodes_open") == MANY)
    took = time.monotonic() - begun
    yield f"alerts in the journal, of {MANY} in {took:.0f} s", str(MANY), str(MANY), True
    found = {bound: number - before[bound] for bound, number in answers(engine).items()}
    within = min(bound for bound, number in found.items() if number >= 0.99 * found[float("inf")]) * 1000
    most = max(100.0, FSYNCS * statistics.mean(fsyncs) * 1000)
    promised = f"at most {most:.0f} ms, {FSYNCS} fsyncs or 100 ms"
    yield (
        f"answers to {found[float('inf')]:.0f} notifications, 99 %",
        f"at most {within:.0f} ms",
        promised,
        within <= most,
    )
    memory = (engine.metric("process_resident_memory_bytes") or 0) / 2**20
    yield "memory", f"{memory:.0f} MiB", "at most 150 MiB", memory <= 150
    engine.stop()
    size = sum(file.stat().st_size for file in engine.folder.glob("journal.sqlite*")) / MANY / 1024
    yield "journal, for an alert", f"{size:.1f} KiB", "at most 5 KiB", size <= 5
    runs = runs_of(engine.folder)
    yield (
        f"runs for {AUTOMATED} alerts with a runbook",
        f"{sum(runs.values())} for {len(runs)}",
        "one for each",
        (list(runs.values()) == [1] * AUTOMATED),
    )


def runs_of(folder: Path) -> Counter[int]:
    """Return how many runs each episode with any has got."""
    connection = sqlite3.connect(folder / "journal.sqlite")
    rows = connection.execute("SELECT episode, detail FROM event WHERE kind = 'decided'").fetchall()
    connection.close()
    return Counter(episode for episode, detail in rows if json.loads(detail)["allowed"])


def restart(folder: Path) -> Row:
    """Return how long a service with a long journal takes until it answers a notification."""
    intake = Intake(folder, time.time() - 3600)
    for first in range(0, INCIDENTS, 100):
        told = [named(f"Down{number}", service=f"s{number}") for number in range(first, first + 100)]
        intake.notify(*(notified(one, intake.now) for one in told))
    intake.journal.close()
    with Engine(folder, Certificates(folder), []) as engine:
        engine.config["alertmanagers"] = servers(["http://127.0.0.1:1"], engine.certificates)
        begun = time.monotonic()
        engine.start()
        engine.wait_for(lambda: engine.get("/-/healthy", "prometheus").is_success)
        seconds = time.monotonic() - begun
        found = engine.metric("incident_response_incidents_open")
    assert found is None or found == INCIDENTS, found
    return f"until it is back, with {INCIDENTS} incidents", f"{seconds:.1f} s", "at most 3 s", seconds <= 3


if __name__ == "__main__":
    sys.exit(main())
