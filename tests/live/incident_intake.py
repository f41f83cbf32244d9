"""Has meshes of two real Alertmanagers send to a real engine, and requires of its journal what they know.

Each member sends every alert; the engine is killed while they do; what is silenced, inhibited or resolved meanwhile is
known from their lists alone; a restarted member ends nothing; and a thousand alerts of a minute are all there.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from ansible_collections.vigil.observability.tests.live.elasticsearch_modules import free_port
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import PASSWORDS, Engine

RELEASES = ("0.28.1", "0.31.1")
PATIENCE = 60.0
MANY, WITHIN = 1000, 60.0  # alerts, and seconds in which they arrive
INHIBITED = {
    "source_matchers": ['alertname="JobDown"'],
    "target_matchers": ['alertname="TargetDown"'],
    "equal": ["job"],
}


class Alertmanager:
    """One member of a mesh, which sends each alert to the engine at once."""

    def __init__(self, folder: Path, program: Path) -> None:
        self.folder, self.program = folder, program
        self.port, self.mesh_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def configure(self, engine: Engine) -> None:
        """Write the configuration."""
        (self.folder / "password").write_text(PASSWORDS["alertmanager"])
        login = {"username": "alertmanager", "password_file": f"{self.folder}/password"}
        client = {"basic_auth": login, "tls_config": {"ca_file": str(engine.certificates.authority)}}
        webhook = {"url": f"https://127.0.0.1:{engine.port}/api/alerts", "http_config": client}
        route = {"receiver": "engine", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"}
        told = {
            "route": {**route, "repeat_interval": "1h"},
            "receivers": [{"name": "engine", "webhook_configs": [webhook]}],
            "inhibit_rules": [INHIBITED],
        }
        (self.folder / "alertmanager.yml").write_text(yaml.safe_dump(told))

    def start(self, peers: Sequence[int]) -> None:
        """Start it as a member of the mesh of these ports."""
        command = [
            str(self.program),
            f"--config.file={self.folder}/alertmanager.yml",
            f"--storage.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--cluster.listen-address=127.0.0.1:{self.mesh_port}",
            "--cluster.settle-timeout=2s",
            "--cluster.peer-timeout=1s",
            "--log.level=error",
            *(f"--cluster.peer=127.0.0.1:{port}" for port in peers),
        ]
        with (LOGS / "incident_intake.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        await_that(f"{self.program} is ready", lambda: httpx.get(f"{self.url}/-/ready").is_success)

    def stop(self) -> None:
        """Kill it."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def post(self, path: str, content: Any) -> Any:
        """Send something to its API and return the answer."""
        answer = httpx.post(f"{self.url}/api/v2/{path}", json=content, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def await_that(what: str, holds: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until something holds; what does not answer has not got there yet."""
    until = time.monotonic() + patience
    while True:
        try:
            if holds():
                return
        except (httpx.TransportError, LookupError):
            pass
        if time.monotonic() > until:
            raise AssertionError(f"It does not hold within {patience:g} seconds that {what}.")
        time.sleep(0.1)


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds")


def alert(name: str, *, starts: float = 0, ends: float = 240, **labels: str) -> dict[str, Any]:
    """Return an alert as Prometheus sends it; its start and end are in seconds from now."""
    now = time.time()
    told = {"alertname": name, "severity": "critical", **labels}
    return {
        "labels": told,
        "annotations": {"summary": name},
        "startsAt": stamp(now + starts),
        "endsAt": stamp(now + ends),
    }


def send(members: Sequence[Alertmanager], *alerts: dict[str, Any]) -> None:
    """Send alerts to all members, as Prometheus does."""
    for member in members:
        member.post("alerts", list(alerts))


@contextmanager
def mesh(
    folder: Path, release: str, certificates: Certificates, kind: type[Engine] = Engine
) -> Iterator[tuple[list[Alertmanager], Engine]]:
    """Yield two members and the engine of a kind that they send to."""
    unpack_release("alertmanager", release, folder)
    (program,) = folder.glob(f"alertmanager-{release}.*/alertmanager")
    with ExitStack() as stack:
        members = []
        for number in (1, 2):
            (folder / f"mon{number}").mkdir()
            members.append(Alertmanager(folder / f"mon{number}", program))
        engine = stack.enter_context(
            kind(folder, certificates, [one.url for one in members], reconciliation_interval=1)
        )
        engine.start()
        for member in members:
            member.configure(engine)
            stack.callback(member.stop)
            member.start([one.mesh_port for one in members if one.process])
        yield members, engine


def named(engine: Engine, name: str, state: str = "all") -> dict[str, Any]:
    """Return the alert of this name from the newest incident that it is in. Raises LookupError."""
    for incident in engine.get(f"/api/incidents?state={state}&limit=500").json()["incidents"]:
        for one in engine.get(f"/api/incidents/{incident['id']}").json()["alerts"]:
            if one["labels"]["alertname"] == name:
                return {**one, "incident": incident["id"]}
    raise LookupError(name)


def require_one_episode(members: list[Alertmanager], engine: Engine) -> None:
    """Require that what both members send is one episode, until neither lists it; it keeps its fingerprint."""
    send(members, alert("ShopFails", service="shop"))
    await_that("the alert is open", lambda: named(engine, "ShopFails")["state"] == "firing")
    listed = httpx.get(f"{members[0].url}/api/v2/alerts").json()
    assert named(engine, "ShopFails")["fingerprint"] == listed[0]["fingerprint"]
    # A restarted Prometheus sends it with a later start.
    send(members, alert("ShopFails", service="shop", starts=1))
    time.sleep(3)
    send(members, alert("ShopFails", service="shop", starts=-10, ends=-1))
    await_that("the alert is gone", lambda: named(engine, "ShopFails")["state"] == "gone")
    kinds = [one["kind"] for one in engine.get("/api/incidents/1").json()["events"]]
    assert [kinds.count(kind) for kind in ("opened", "closed", "incident_closed")] == [1, 1, 1], kinds


def require_muted(members: list[Alertmanager], engine: Engine) -> None:
    """Require that what is silenced or inhibited is known, with by whom, and that its end is."""
    now = time.time()
    matcher = {"name": "alertname", "value": "Silenced", "isRegex": False, "isEqual": True}
    silence = {"matchers": [matcher], "startsAt": stamp(now), "endsAt": stamp(now + 600)}
    number = members[0].post("silences", {**silence, "createdBy": "somebody", "comment": "at work"})["silenceID"]
    # One that does not know of it yet sends the alert, without its end.
    await_that("both members know the silence", lambda: number in httpx.get(f"{members[1].url}/api/v2/silences").text)
    send(members, alert("JobDown", job="node"))
    await_that("the cause is open", lambda: named(engine, "JobDown")["state"] == "firing")
    # Nobody is told that they have ended: their ends pass.
    send(members, alert("Silenced", host="web9", ends=20), alert("TargetDown", job="node", ends=20))
    await_that("the silence is known", lambda: named(engine, "Silenced")["silenced_by"] == [number])
    cause = named(engine, "JobDown")
    await_that("the inhibition is known", lambda: named(engine, "TargetDown")["inhibited_by"] == [cause["fingerprint"]])
    await_that("the silenced one is gone", lambda: named(engine, "Silenced")["state"] == "gone")
    await_that("the inhibited one is gone", lambda: named(engine, "TargetDown")["state"] == "gone")
    send(members, alert("JobDown", starts=-9, ends=-1, job="node"))
    await_that("the cause is gone", lambda: named(engine, "JobDown")["state"] == "gone")


def require_none_lost(members: list[Alertmanager], engine: Engine) -> None:
    """Require that alerts which are sent while the engine is killed are in the journal, each as one open episode."""
    for number in range(60):
        send(members, alert(f"Lost{number}", service=f"lost{number}"))
        if number % 20 == 10:
            engine.stop(signal.SIGKILL)
            time.sleep(0.3)
            engine.start()
    await_that("all are open", lambda: engine.metric("incident_response_episodes_open") == 60)
    members[1].stop()
    time.sleep(2)
    members[1].start([members[0].mesh_port])
    time.sleep(2)
    assert engine.metric("incident_response_episodes_open") == 60
    send(members, *(alert(f"Lost{number}", service=f"lost{number}", starts=-60, ends=-1) for number in range(60)))
    await_that("all are gone", lambda: engine.metric("incident_response_episodes_open") == 0)


def require_numbers(members: list[Alertmanager], engine: Engine) -> None:
    """Require that a thousand alerts of a minute are all in the journal, each within a second; print how soon."""
    before, begun, fsyncs = answers(engine), time.monotonic(), []
    for number in range(0, MANY, 10):
        send(members, *(alert(f"Many{one}", service=f"s{one}", host=f"h{one}") for one in range(number, number + 10)))
        fsyncs.append(seconds_of_fsync(engine.folder))
        time.sleep(max(0.0, begun + WITHIN * (number + 10) / MANY / 2 - time.monotonic()))
    await_that("all are open", lambda: engine.metric("incident_response_episodes_open") == MANY)
    took = time.monotonic() - begun
    assert took < WITHIN, took
    found = {bound: number - before[bound] for bound, number in answers(engine).items()}
    within = next(bound for bound, number in found.items() if number >= 0.99 * found[float("inf")])
    memory = (engine.metric("process_resident_memory_bytes") or 0) / 2**20
    engine.stop()
    size = sum(file.stat().st_size for file in engine.folder.glob("journal.sqlite*")) / MANY
    print(f"incident_intake: {MANY} alerts in {took:.0f} s, {found[float('inf')]:.0f} notifications,", end=" ")
    print(f"99 % answered within {within * 1000:g} ms; {memory:.0f} MiB; {size:.0f} bytes an alert;", end=" ")
    print(f"an fsync takes {statistics.mean(fsyncs) * 1000:.1f} ms", flush=True)
    # Other jobs of a suite keep the processors busy meanwhile.
    assert within <= 1
    assert (memory < 150, size < 5000) == (True, True)
    engine.start()


def seconds_of_fsync(folder: Path) -> float:
    """Return how long the disk of a folder takes to keep a page."""
    begun = time.monotonic()
    with (folder / "page").open("ab") as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())
    return time.monotonic() - begun


def answers(engine: Engine) -> dict[float, float]:
    """Return how many notifications were answered within so many seconds."""
    found = {}
    for line in engine.get("/metrics").text.splitlines():
        if line.startswith("incident_response_intake_seconds_bucket"):
            found[float(line.split('"')[1])] = float(line.rpartition(" ")[2])
    return found


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    for release in RELEASES:
        with tempfile.TemporaryDirectory(prefix="vigil-incidents-") as name:
            certificates = Certificates(Path(name))
            with mesh(Path(name), release, certificates) as (members, engine):
                require_one_episode(members, engine)
                require_muted(members, engine)
                require_none_lost(members, engine)
                if release == RELEASES[-1]:
                    require_numbers(members, engine)
                print(f"incident_intake: {json.dumps(release)} passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
