"""Measures incident_response with two real Alertmanagers: its intake, how soon it is back, how soon it or people act.

Alerts come from both members of a mesh. Some of them have a runbook that acts, whose steps ansible-playbook runs
on this machine, so each has to get exactly one run; the Prometheus that fires them is one of the unit tests.
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
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ansible_collections.vigil.observability.tests.bench_incident_host import on_a_host
from ansible_collections.vigil.observability.tests.live.incident_failures import Acting
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
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    named,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.steps.place import Place

AUTOMATED = 20  # alerts with a runbook
HOSTS = [f"h{number}" for number in range(AUTOMATED)]
INCIDENTS = 10_000
FSYNCS = 40
PATIENCE = 300.0  # seconds until steps have ended, of which only so many run at once
Row = tuple[str, str, str, bool]


def main() -> int:
    """Run all, print a table, and return 1 when a promise is not kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-incidents-") as name, Hosts(Path(name)) as hosts:
        certificates = Certificates(Path(name))
        with Place(Path(name)) as place, mesh(Path(name), RELEASES[-1], certificates, Acting) as (members, engine):
            place.step(f"- ansible.builtin.raw: rm '{hosts.down}/{{{{ inventory_hostname }}}}'")
            engine.stop()
            engine.config |= {"automation": automation(), "prometheus": servers([hosts.url], certificates)}
            engine.start()
            rows = [*flood(members, engine)]
    with tempfile.TemporaryDirectory(prefix="vigil-incidents-") as name:
        rows.append(restart(Path(name)))
    with tempfile.TemporaryDirectory(prefix="vigil-incidents-") as name:
        rows += on_a_host(Path(name))
    table = Table("what", "measured", "promised", title="incident_response")
    for what, measured, promised, _kept in rows:
        table.add_row(what, measured, promised)
    Console(width=110).print(table)
    return int(not all(kept for *_row, kept in rows))


class Hosts(Replica):
    """Fires the alert of each host that is down, which has a file until the step for it is done."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.down = folder / "down"
        self.down.mkdir()
        for host in HOSTS:
            (self.down / host).touch()

    def told(self, path: str) -> Any:
        """Return what is answered at a path."""
        down = {host for host in HOSTS if (self.down / host).exists()}
        self.samples = {f'works{{host="{host}"}}': [({}, int(host not in down))] for host in HOSTS}
        self.fire(*(alert(f"Auto{host[1:]}", host=host, service=f"s{host[1:]}")["labels"] for host in down))
        return super().told(path)


def automation() -> dict[str, object]:
    """Return a runbook for some of the alerts, and their hosts."""
    matchers = [{"label": "alertname", "operator": "=~", "value": "Auto.*"}]
    limit = {"cooldown": 1, "attempts": 9, "within": 86400, "at_once": AUTOMATED, "run": 300}
    steps = [{"step": "mend", "parameters": {}}]
    works = ["works{host=", {"label": "host"}, "}"]
    check = {"kind": "promql", "text": works, "within": 30, "stable": 2, "samples": 2}
    return {
        "runbooks": [runbook(level="full", matchers=matchers, limit=limit, steps=steps, verification=check)],
        "hosts": [*HOSTS],
        "targets": {host: {"address": "127.0.0.1"} for host in HOSTS},
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
    await_that("every run has ended", lambda: all(map(all, runs_of(engine.folder).values())), PATIENCE)
    memory = (engine.metric("process_resident_memory_bytes") or 0) / 2**20
    yield "memory", f"{memory:.0f} MiB", "at most 150 MiB", memory <= 150
    engine.stop()
    size = sum(file.stat().st_size for file in engine.folder.glob("journal.sqlite*")) / MANY / 1024
    yield "journal, for an alert", f"{size:.1f} KiB", "at most 5 KiB", size <= 5
    runs = runs_of(engine.folder)
    ended = Counter(outcome for outcomes in runs.values() for outcome in outcomes)
    yield (
        f"runs for {AUTOMATED} alerts with a runbook",
        f"{ended.total()} for {len(runs)}, of which {ended['recovered']} recovered",
        "one for each, recovered",
        [*runs.values()] == [["recovered"]] * AUTOMATED,
    )


def runs_of(folder: Path) -> dict[int, list[str]]:
    """Return how the runs of each episode with any ended: with an outcome after an attempt, else an empty text."""
    words = "SELECT id, kind, episode, detail FROM event WHERE kind IN ('decided', 'verified')"
    with closing(sqlite3.connect(folder / "journal.sqlite")) as connection:
        rows = [(*row, json.loads(detail)) for *row, detail in connection.execute(words).fetchall()]
    ended = {told["decision"]: told["outcome"] for _id, kind, _of, told in rows if kind == "verified" and told["acted"]}
    found: dict[int, list[str]] = {}
    for number, kind, episode, told in rows:
        if kind == "decided" and told["allowed"]:
            found.setdefault(episode, []).append(ended.get(number, ""))
    return found


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
        engine.start(wait=False)
        newest = webhook(notified(named("Newest", service="shop"), time.time()))
        engine.wait_for(lambda: engine.post(newest).is_success)
        seconds = time.monotonic() - begun
        engine.wait_for(lambda: engine.metric("incident_response_episodes_open") == INCIDENTS + 1)
    return (
        f"restart with {INCIDENTS} incidents until a notification is answered",
        f"{seconds:.1f} s",
        "at most 3 s",
        seconds <= 3,
    )


if __name__ == "__main__":
    sys.exit(main())
