"""Has real replicas of Prometheus tell a real engine of an exporter that is down, and requires what it decides.

The engine knows the objectives, the peers and the alert from them, and since when the condition of an alert holds; it
verifies with samples of after its decision alone; the newer samples of two replicas count; and without Prometheus it
allows nothing.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import yaml

from ansible_collections.vigil.observability.tests.live.elasticsearch_modules import free_port
from ansible_collections.vigil.observability.tests.live.incident_intake import await_that as await_within
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import notified, webhook
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook

RELEASES = ("2.53.3", "3.13.2")
await_that = partial(await_within, patience=40.0)
HOSTS = ("web1", "web2", "web3")
# What a host has had for 20 minutes, and something else for longer; no exporter of today tells it.
AGO = 1200
SICK = {"host": "web9", "cause": 'odd "$1"'}
RULES: tuple[Mapping[str, Any], ...] = (
    {"alert": "StoreSick", "expr": "max by (host, cause) (sick) == 1", "labels": {"service": "store"}},
    {"record": "sli:bad:ratio5m", "expr": "vector(0.5)", "labels": {"service": "shop", "slo": "checkout"}},
    {"alert": "TargetDown", "expr": 'up{job="shop"} == 0', "labels": {"severity": "warning", "service": "shop"}},
    {
        "alert": "BusinessMetricDrop",
        "expr": "vector(7)",
        "labels": {"severity": "critical", "service": "shop", "metric": "orders"},
        "annotations": {"loss_per_minute": '{{ $value | printf "%.2f" }} EUR'},
    },
)


class Exporter(BaseHTTPRequestHandler):
    """An exporter of three hosts, of which tests choose those that answer."""

    up: ClassVar[dict[str, bool]] = {}

    def do_GET(self) -> None:
        self.send_response(200 if self.up.get(self.path.strip("/")) else 500)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


class Replica:
    """A replica that scrapes an exporter of hosts each second, and sends what rules fire to Alertmanagers at ports."""

    def __init__(
        self,
        folder: Path,
        program: Path,
        exporter: int,
        *,
        hosts: Sequence[str] = HOSTS,
        rules: Sequence[Mapping[str, Any]] = RULES,
        alertmanagers: Sequence[int] = (),
    ) -> None:
        folder.mkdir()
        self.folder, self.program, self.port = folder, program, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        jobs = [
            {"targets": [f"127.0.0.1:{exporter}"], "labels": {"host": host, "__metrics_path__": f"/{host}"}}
            for host in hosts
        ]
        targets = [f"127.0.0.1:{port}" for port in alertmanagers]
        named = {"source_labels": ["host"], "target_label": "instance", "replacement": "$1:9100"}
        told = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "external_labels": {"cluster": "main"}},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": targets}]}]},
            "scrape_configs": [{"job_name": "shop", "static_configs": jobs, "relabel_configs": [named]}],
        }
        remember(folder, program)
        (folder / "prometheus.yml").write_text(yaml.safe_dump(told))
        (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "shop", "rules": [*rules]}]}))

    def start(self) -> None:
        """Start it, and wait until its rules have been evaluated."""
        command = [
            str(self.program),
            f"--config.file={self.folder}/prometheus.yml",
            f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=error",
        ]
        with (LOGS / "incident_decisions.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        await_that("the rules are evaluated", self._is_evaluated)

    def _is_evaluated(self) -> bool:
        answer = httpx.get(f"{self.url}/api/v1/rules")
        groups = answer.json()["data"]["groups"] if answer.is_success else []
        return bool(groups) and all(one["lastEvaluation"] > "1" for one in groups)

    def stop(self) -> None:
        """Kill it."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None


def remember(folder: Path, program: Path) -> None:
    """Give a replica samples of before its start."""
    now = int(time.time())
    series = {json.dumps(SICK["cause"]): AGO, '"else"': 2 * AGO}
    lines = [
        f'sick{{host="web9",cause={cause}}} {int(ago <= since)} {now - ago}'
        for cause, since in series.items()
        for ago in range(3 * AGO, 0, -30)
    ]
    file = folder / "sick.txt"
    file.write_text("\n".join(["# TYPE sick gauge", *lines, "# EOF\n"]))
    command = [str(program.parent / "promtool"), "tsdb", "create-blocks-from", "openmetrics", str(file)]
    subprocess.run([*command, str(folder / "data")], check=True, capture_output=True)


@contextmanager
def exporter(kind: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Yield the port of an exporter of a kind."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def labels_of(host: str) -> Mapping[str, str]:
    """Return the labels of the alert of a host, as Alertmanager has them."""
    return {
        "alertname": "TargetDown",
        "severity": "warning",
        "service": "shop",
        "job": "shop",
        "host": host,
        "instance": f"{host}:9100",
        "cluster": "main",
    }


def fires(replica: Replica, host: str) -> bool:
    """Return whether a replica fires the alert of a host."""
    return f'"{host}"' in httpx.get(f"{replica.url}/api/v1/alerts").text


def notify(engine: Engine, host: str) -> int:
    """Send the alert of a host, and return the number of its episode."""
    assert engine.post(webhook(notified(labels_of(host), time.time()))).status_code == 200
    fingerprint = hashlib.sha256(json.dumps(sorted(labels_of(host).items())).encode()).hexdigest()[:16]
    alerts = engine.get("/api/incidents/1").json()["alerts"]
    return int(next(one["id"] for one in alerts if one["fingerprint"] == fingerprint))


def decisions(engine: Engine, alert: int) -> list[dict[str, Any]]:
    """Return the decisions about an alert."""
    return [one for one in engine.get("/api/incidents/1").json()["decisions"] if one["alert"] == alert]


def refusals(decision: Mapping[str, Any]) -> dict[str, str]:
    """Return the guards that refuse, with their reasons."""
    return {one["guard"]: one["reason"] for one in decision["guards"] if one["answer"] == "refused"}


def require_decisions(engine: Engine, replicas: list[Replica]) -> None:
    """Require what is decided about an exporter that is down, and that its recovery is verified."""
    Exporter.up["web1"] = False
    for replica in replicas:
        await_that("the alert fires", partial(fires, replica, "web1"))
    alert = notify(engine, "web1")
    await_that("it is decided", lambda: decisions(engine, alert))
    first = decisions(engine, alert)[0]
    assert (first["allowed"], first["hosts"], first["bad_before"]) == (True, ["web1"], 1), first
    assert "2 of 2 peers are up" in [one["reason"] for one in first["guards"]]
    found = engine.get("/api/incidents/1").json()
    # A warning, a loss of 7 and half of the requests.
    assert (found["score"], found["priority"]) == (135, "high"), found["terms"]
    kept = [(one["labels"]["__name__"], one["points"][-1][1]) for one in found["context"]["series"]]
    assert ("sli:bad:ratio5m", 0.5) in kept, kept
    time.sleep(3)
    assert decisions(engine, alert)[0]["verification"] is None
    Exporter.up["web1"] = True
    await_that("it is verified", lambda: decisions(engine, alert)[0]["verification"])
    verified = decisions(engine, alert)[0]["verification"]
    assert (verified["outcome"], verified["acted"]) == ("recovered", False), verified


def require_onset(engine: Engine) -> None:
    """Require that the onset of an alert is that of its condition, long before Prometheus was started."""
    labels = {"alertname": "StoreSick", "service": "store", "cluster": "main", **SICK}
    assert engine.post(webhook(notified(labels, time.time()))).status_code == 200
    number = engine.get("/api/incidents").json()["incidents"][0]["id"]
    await_that("the onset is known", lambda: engine.get(f"/api/incidents/{number}").json()["onset"])
    ago = time.time() - datetime.fromisoformat(engine.get(f"/api/incidents/{number}").json()["onset"]).timestamp()
    assert AGO - 60 <= ago <= AGO + 120, ago


def require_newer(engine: Engine, replicas: list[Replica]) -> None:
    """Require that a replica which has died leaves it to the other, and that without both nothing is allowed."""
    replicas[0].stop()
    Exporter.up["web2"] = False
    await_that("the alert fires", partial(fires, replicas[1], "web2"))
    alert = notify(engine, "web2")
    await_that("it is decided", lambda: decisions(engine, alert))
    assert decisions(engine, alert)[0]["allowed"] is True, decisions(engine, alert)
    replicas[1].stop()
    alert = notify(engine, "web3")
    await_that("it is decided", lambda: decisions(engine, alert))
    reasons = refusals(decisions(engine, alert)[0])
    assert {reasons["firing"], reasons["peers"]} == {"no Prometheus answers"}, reasons
    assert engine.metric('incident_response_queries_success{prometheus="mon2"}') == 0


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    for release in RELEASES:
        with tempfile.TemporaryDirectory(prefix="vigil-decisions-") as name, ExitStack() as stack:
            folder, begun = Path(name), time.monotonic()
            Exporter.up = dict.fromkeys(HOSTS, True)
            unpack_release("prometheus", release, folder)
            (program,) = folder.glob(f"prometheus-{release}.*/prometheus")
            port = stack.enter_context(exporter(Exporter))
            replicas = [Replica(folder / f"mon{number}", program, port) for number in (1, 2)]
            for replica in replicas:
                stack.callback(replica.stop)
                replica.start()
            certificates = Certificates(folder)
            check = {**runbook()["verification"], "within": 30, "stable": 4}
            limit = {**runbook()["limit"], "at_once": 3}
            automation = {
                "runbooks": [runbook(verification=check, limit=limit)],
                "hosts": list(HOSTS),
                "engine": "mon9",
            }
            told = servers([one.url for one in replicas], certificates)
            changed = {"prometheus": told, "automation": automation, "reconciliation_interval": 1}
            engine = stack.enter_context(Engine(folder, certificates, ["http://127.0.0.1:9"], **changed))
            engine.start()
            require_decisions(engine, replicas)
            require_onset(engine)
            require_newer(engine, replicas)
            print(f"incident_decisions: {json.dumps(release)} passed in {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
