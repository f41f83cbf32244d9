"""Measures how soon a step is on a real host, and people know of an alert whose engine has died meanwhile.

The host has systemd, SSH and vigil-action; two real Alertmanagers have the routes of a deployed one. The Prometheus is
one of the unit tests.
"""

from __future__ import annotations

import json
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import httpx
import yaml

from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps import (
    Host,
    Spec,
    StepError,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.routes import with_incident_routes
from ansible_collections.vigil.observability.tests.live.incident_awx import (
    HOST,
    PARAMETERS,
    PLAYBOOKS,
    Reached,
    Second,
    admit,
    host,
    on_host,
)
from ansible_collections.vigil.observability.tests.live.incident_decisions import exporter
from ansible_collections.vigil.observability.tests.live.incident_failures import Acting
from ansible_collections.vigil.observability.tests.live.incident_intake import (
    RELEASES,
    Alertmanager,
    alert,
    await_that,
    mesh,
    send,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import (
    PASSWORDS,
    Engine,
    servers,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.steps.place import Place

__all__ = ["on_a_host"]

Row = tuple[str, str, str, bool]
PINGS, MORE = 25, 10
ALERT = "ShopDown"
DELAY, SILENCE, INTERVAL = 5, 30, 30  # seconds: of the runbook, of a silence, and between two looks at a group
DELIVERY = 0.5  # seconds from Alertmanager to a receiver on this machine


class Pager(BaseHTTPRequestHandler):
    """Somebody's pager: when it got which alerts."""

    got: ClassVar[list[tuple[float, str]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.extend((time.time(), one["labels"]["alertname"]) for one in body["alerts"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output clean."""


class Deployed(Acting):
    """The engine with the steps of the collection."""

    playbooks = PLAYBOOKS


def on_a_host(folder: Path) -> Iterator[Row]:
    """Yield how soon a step was on its host, and how soon people were paged once the engine had died."""
    labels = alert(ALERT, service="shop", host=HOST)["labels"]
    with host() as reached, exporter(Pager) as pager, Replica() as replica:
        admit(folder, reached)
        second = Second(folder / "engine", reached)
        replica.fire(labels)
        certificates = Certificates(folder)
        with second.place as place, mesh(place.folder, RELEASES[-1], certificates, Deployed) as (members, engine):
            engine.stop()
            engine.config |= {"automation": automation(reached), "prometheus": servers([replica.url], certificates)}
            engine.start()
            for member in members:
                page_people(member, engine, pager)
            on_host("touch /run/hold; systemctl stop shop")
            begun = time.time()
            send(members, alert(ALERT, service="shop", host=HOST))
            await_that("the step is on its host", first_request)
            yield soon_on_host(engine, place, reached)
            time.sleep(max(0.0, begun + 2 * DELAY - time.time()))
            yield paged(members, engine)
            on_host("rm /run/hold")


def automation(reached: Reached) -> dict[str, object]:
    """Return a runbook whose step takes as long as something holds the shop of the host."""
    matchers = [{"label": "alertname", "operator": "=", "value": ALERT}]
    steps = [{"step": "restart_service", "parameters": PARAMETERS}]
    return {
        "runbooks": [runbook(level="full", matchers=matchers, steps=steps, delay=DELAY)],
        "hosts": [HOST],
        "targets": {HOST: {"address": reached.address}},
        "guards": {"silence": SILENCE},
    }


def page_people(member: Alertmanager, engine: Engine, pager: int) -> None:
    """Give a member the routes that a deployed one has, to people at a port."""
    people = {"receiver": "people", "group_wait": "1s", "repeat_interval": "1h"}
    webhook = {"url": f"http://127.0.0.1:{pager}/"}
    config = {"route": people, "receivers": [{"name": "people", "webhook_configs": [webhook]}]}
    url, runbooks = f"https://127.0.0.1:{engine.port}", engine.config["automation"]["runbooks"]
    told = with_incident_routes(config, [url], str(engine.certificates.authority), runbooks)
    (copy,) = [one for one in told["route"]["routes"] if one.get("group_wait") == f"{DELAY}s"]
    assert copy["group_interval"] == f"{INTERVAL}s", copy
    (member.folder / "secrets").mkdir()
    (member.folder / "secrets/incident_response").write_text(PASSWORDS["alertmanager"])
    (member.folder / "alertmanager.yml").write_text(yaml.safe_dump(told))
    httpx.post(f"{member.url}/-/reload").raise_for_status()


def first_request() -> tuple[str, float] | None:
    """Return the attempt that the host was asked for first, and when."""
    for line in map(json.loads, on_host("journalctl --identifier=vigil-action --output=json").splitlines()):
        if attempt := json.loads(json.loads(line["MESSAGE"])["request"]).get("attempt", ""):
            return attempt, int(line["__REALTIME_TIMESTAMP"]) / 1e6
    return None


def soon_on_host(engine: Engine, place: Place, reached: Reached) -> Row:
    """Return how many pings it took from the commit of an attempt until its host was asked for something."""
    found = first_request()
    assert found
    events = engine.get("/api/incidents/1").json()["events"]
    (started,) = [one for one in events if one["kind"] == "step_started"]
    assert started["attempt"] == found[0], (started, found)
    waited = found[1] - datetime.fromisoformat(started["at"]).timestamp()
    few, many = (statistics.median(seconds_of(place, reached, pings) for _once in range(3)) for pings in (1, 1 + MORE))
    ping = (many - few) / MORE
    measured = f"{waited:.2f} s, {waited / ping:.0f} pings of {ping * 1000:.0f} ms"
    return "from the commit of a step to its host", measured, f"at most {PINGS} pings", waited <= PINGS * ping


def seconds_of(place: Place, reached: Reached, pings: int) -> float:
    """Return how long a playbook takes that pings the host so often, over one connection."""
    folder = place.folder / "pings"
    folder.mkdir(exist_ok=True)
    task = {"ansible.builtin.ping": {}, "loop": [*range(pings)]}
    (folder / "ping.yml").write_text(json.dumps([{"hosts": HOST, "gather_facts": False, "tasks": [task]}]))
    attempt = f"pings-{time.time():.3f}"
    where = Host(name=HOST, address=reached.address)
    place.start_runners = False
    with suppress(StepError):  # it is to be started here
        place.attempts_with(folder).start(
            Spec(attempt=attempt, runbook="ping", step="ping", host=where, holder="bench")
        )
    begun = time.monotonic()
    assert place.runner.claimed(attempt).run() == 0, attempt
    return time.monotonic() - begun


def paged(members: list[Alertmanager], engine: Engine) -> Row:
    """Return how long people waited for the alert since the death of the engine that worked on it."""
    assert not Pager.got, Pager.got
    engine.stop(signal.SIGKILL)
    died = time.time()
    silences = [one for member in members for one in httpx.get(f"{member.url}/api/v2/silences").json()]
    ends = [datetime.fromisoformat(one["endsAt"]).timestamp() for one in silences if one["status"]["state"] == "active"]
    rest = max(ends) - died
    await_that("people are paged", lambda: Pager.got, rest + 2 * INTERVAL)
    at, name = Pager.got[0]
    assert name == ALERT, Pager.got
    waited, most = at - died, rest + INTERVAL
    promised = f"at most {most:.1f} s, the silence's rest of {rest:.1f} s and a group interval"
    return "page after the engine's death", f"{waited:.1f} s", promised, waited <= most + DELIVERY
