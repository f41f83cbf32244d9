"""Has a real engine write incidents into a stand-in for Grafana, and find there what changed before them.

The engine is killed again and again while it writes: each incident has one annotation all the same, from its onset to
its end. A version that an exporter reports in place of another, to a real Prometheus, is a change before the incident.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.vigil.observability.tests.live.incident_decisions import Replica, exporter
from ansible_collections.vigil.observability.tests.live.incident_intake import await_that as await_within
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    listing,
    named,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.grafana import Noted
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Lister

RELEASE = "3.13.2"
await_that = partial(await_within, patience=60.0)
MANY, KILLED = 40, 6  # incidents, and how often the engine is killed while it writes them


class Exporter(BaseHTTPRequestHandler):
    """An exporter whose version tests choose."""

    version: ClassVar[str] = "1.4.1"

    def do_GET(self) -> None:
        text = f'shop_build_info{{version="{self.version}"}} 1\n'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


def require_one_each(engine: Engine, noted: Noted, lister: Lister) -> None:
    """Require one annotation of each incident, although the engine is killed as soon as it has posted one."""
    now = time.time()
    firing = [named(service=f"app{number}") for number in range(MANY)]
    lister.alerts = [listing(one, now, ends_at=now + 3600) for one in firing]
    assert engine.post(webhook(*(notified(one, now) for one in firing))).status_code == 200
    for _time in range(KILLED):
        until_posted(noted)
        engine.stop(signal.SIGKILL)
        engine.start(wait=False)
    engine.wait_for(lambda: engine.get("/-/healthy", "prometheus").status_code == 200)
    await_that("Grafana has all", lambda: engine.metric("incident_response_annotations_waiting") == 0 and every(noted))
    lister.alerts = []
    ended = time.time()
    assert engine.post(webhook(*(notified(one, now, ended_at=ended) for one in firing))).status_code == 200
    await_that("all are regions", lambda: all(one["timeEnd"] > one["time"] for one in every(noted)))
    tags = [tag for one in every(noted) for tag in one["tags"] if tag.startswith("inc-")]
    assert sorted(tags) == sorted(f"inc-{number}" for number in range(1, MANY + 1)), tags
    assert all(noted.found("incident", one["service"]) for one in firing)


def until_posted(noted: Noted) -> None:
    """Return as soon as another annotation has been posted, of which the journal may not know yet."""
    requests, wanted, until = noted.served.application.requests, ("POST", "/api/annotations"), time.monotonic() + 60
    before = requests[wanted]
    while requests[wanted] == before:
        assert time.monotonic() < until, "The engine writes no further annotation."
        time.sleep(0.001)


def every(noted: Noted) -> list[dict[str, Any]]:
    """Return the annotations of all incidents."""
    return noted.found("incident")


def require_changes(engine: Engine, noted: Noted, lister: Lister, scraped_since: float) -> None:
    """Require that a deployment and a new version are changes before an incident."""
    # Between two points of a query there has to be the old version at one of them.
    time.sleep(max(0.0, scraped_since + 65 - time.time()))
    Exporter.version = "1.4.2"
    noted.add("shop 1.4.2", time.time(), "deployment", "shop")
    time.sleep(3)
    now, labels = time.time(), named("ShopFails", service="shop", host="web1")
    lister.alerts = [listing(labels, now, ends_at=now + 3600)]
    assert engine.post(webhook(notified(labels, now))).status_code == 200
    (number,) = [one["id"] for one in engine.get("/api/incidents").json()["incidents"] if one["services"] == ["shop"]]
    await_that("its changes are known", lambda: engine.get(f"/api/incidents/{number}").json()["changes"])
    found = engine.get(f"/api/incidents/{number}").json()["changes"]
    assert found["unknown"] == [], found
    told = sorted((one["source"], one["of"], one["text"]) for one in found["found"])
    seen = "1.4.2 in place of 1.4.1 on web1, web2, web3"
    assert told == [("Grafana", "shop", "shop 1.4.2"), ("Prometheus", "shop", seen)], told
    assert seen in engine.get(f"/api/incidents/{number}/post-mortem.md").text.replace("\\", "")


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-grafana-") as name, ExitStack() as stack:
        folder, begun = Path(name), time.monotonic()
        unpack_release("prometheus", RELEASE, folder)
        (program,) = folder.glob(f"prometheus-{RELEASE}.*/prometheus")
        replica = Replica(folder / "mon1", program, stack.enter_context(exporter(Exporter)))
        stack.callback(replica.stop)
        replica.start()
        since, certificates = time.time(), Certificates(folder)
        noted = Noted(stack.enter_context(running(Settings())), certificates, folder / "token")
        lister = stack.enter_context(Lister())
        grafana = {"urls": {"mon1": noted.served.url}, "token_file": "token", "ca_file": str(certificates.authority)}
        changed = {"prometheus": servers([replica.url], certificates), "grafana": grafana}
        engine = stack.enter_context(Engine(folder, certificates, [lister.url], **changed))
        engine.start()
        require_one_each(engine, noted, lister)
        require_changes(engine, noted, lister, since)
        print(f"incident_grafana: {json.dumps(RELEASE)} passed in {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
