"""Has what surrounds a real engine fail while it acts, with real alerts, steps and silences, and requires the outcome.

Two replicas of Prometheus send what their rules fire to an Alertmanager, which sends it to the engine; steps are run by
ansible-playbook in processes of their own, on this machine. A verification flaps, steps restart what verifies them or
print secrets, people stop a step, approve late, twice or without the right, the engine is upgraded while a step runs,
and its clock is set an hour forward and back.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

import httpx

from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.schema import (
    VERSIONS,
    opened,
)
from ansible_collections.vigil.observability.tests.live.incident_decisions import Replica, exporter, refusals
from ansible_collections.vigil.observability.tests.live.incident_intake import Alertmanager, stamp
from ansible_collections.vigil.observability.tests.live.incident_intake import await_that as await_within
from ansible_collections.vigil.observability.tests.runner.jobs import CACHE, LOGS
from ansible_collections.vigil.observability.tests.servers.assemble import alone, unpack_release
from ansible_collections.vigil.observability.tests.servers.debian import Debian
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.steps.place import Place

PROMETHEUS, ALERTMANAGER = "3.13.2", "0.31.1"
HOUR = 3600
APPROVAL, TERM = 30.0, 30.0  # seconds that people have, and of a silence
await_that = partial(await_within, patience=90.0)
# Each host has one alert, one runbook with a step of its own, and an incident of its own.
HOSTS = (
    *("flaps", "leaks", "unapproved", "twice", "stops", "changed", "holds", "muted", "engine"),
    *("mon1", "mon2", "stack", "dark", "ahead", "later", "behind"),
)
PARTIAL = ("unapproved", "twice", "changed")
RULES = [
    {
        "alert": "HostFails",
        # Neither a short recovery nor a scrape that comes late on a busy machine ends it.
        "expr": "min_over_time(works[4s]) == 0",
        "labels": {"severity": "warning", "host": "{{ $labels.of }}", "service": "{{ $labels.of }}", "team": "sales"},
    }
]
SECRETS = ("hunter2secret", "s3cr3t-of-a-unit", "AbCdEf0123456789", "tok-4711-0815", "MIIEvQIBADANBg")
# What programs print when they fail, and what a change of a file shows.
LEAKS = """\
- name: Print what a program prints
  ansible.builtin.raw: |
    echo 'connecting with password=hunter2secret'
    echo 'Authorization: Bearer AbCdEf0123456789.AbCdEf0123456789' >&2
    printf -- '-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg\\n-----END PRIVATE KEY-----\\n'
- name: Change a file
  ansible.builtin.copy:
    dest: "{folder}/unit.conf"
    content: "DB_PASSWORD=s3cr3t-of-a-unit\\n"
- name: Fail with it
  ansible.builtin.fail:
    msg: "postgres://shop:tok-4711-0815@db/shop refused password=hunter2secret"
"""
_ENGINE = """
import os, sys
from functools import partial
from pathlib import Path
from incident_response import __main__ as engine
folder = Path(os.environ["STEPS_OF"])
engine.Attempts = partial(engine.Attempts, socket=folder / "socket", playbooks=Path(os.environ["STEPS"]))
sys.exit(engine.main())
"""


class Acting(Engine):
    """The engine, with the socket of its folder in place of that of a deployed host, and steps of a folder in it."""

    playbooks: Path | None = None  # the folder of its steps, if it is another one

    def command(self, *words: str, program: Sequence[str] = ("-c", _ENGINE)) -> list[str]:
        """Write the files and return the command."""
        return super().command(*words, program=program)

    def start(self, *words: str, wait: bool = True, **environment: str) -> None:
        """Start the process with its socket and its steps."""
        told = {"STEPS_OF": str(self.folder), "STEPS": str(self.playbooks or self.folder / "steps")}
        super().start(*words, wait=wait, **told, **environment)


class Hosts(BaseHTTPRequestHandler):
    """An exporter of all hosts, which work unless a file in a folder has their name; steps remove it."""

    folder: ClassVar[Path]
    hosts: ClassVar[Sequence[str]] = HOSTS

    def do_GET(self) -> None:
        told = "".join(
            f'works{{of="{host}"}} {int(not (self.folder / host).exists())}\n' for host in self.hosts
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        # A replica that is killed reads no more.
        with suppress(OSError):
            self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


class Stage:
    """Replicas, an Alertmanager, an engine and its steps, with a file for each host that is down."""

    def __init__(self, folder: Path, replicas: list[Replica], alertmanager: Alertmanager, place: Place) -> None:
        self.folder, self.replicas, self.alertmanager, self.place = folder, replicas, alertmanager, place
        self.down, self.holds = folder / "down", folder / "holds"
        self.engine: Acting
        self.clock = folder / "clock"

    def fail(self, *hosts: str) -> None:
        """Have hosts be down."""
        for host in hosts:
            (self.down / host).touch()

    def mend(self, host: str) -> None:
        """Have a host be up again."""
        (self.down / host).unlink(missing_ok=True)

    def start(self, **environment: str) -> None:
        """Start the engine."""
        self.engine.start(wait=True, **environment)

    def incident(self, host: str) -> dict[str, Any]:
        """Return the first incident of a host. Raises LookupError."""
        listed = self.engine.get("/api/incidents?state=all&limit=500").json()["incidents"]
        numbers = [one["id"] for one in listed if host in one["services"]]
        found: dict[str, Any] = self.engine.get(f"/api/incidents/{numbers[-1]}").json()
        return found

    def events(self, host: str, kind: str) -> list[dict[str, Any]]:
        """Return the events of a kind of the incident of a host."""
        return [one for one in self.incident(host)["events"] if one["kind"] == kind]

    def outcome(self, host: str) -> dict[str, Any] | None:
        """Return how the run for a host ended, None while it goes on."""
        found = [one["verification"] for one in self.incident(host)["decisions"] if one["allowed"]]
        return found[0] if found else None

    def ended(self, host: str) -> tuple[str, str]:
        """Return the outcome of the run for a host, and its reason, once it has ended."""
        await_that(f"the run for {host} ends", lambda: self.outcome(host))
        found = self.outcome(host) or {}
        return found["outcome"], found["reason"]

    def marks(self, host: str) -> int:
        """Return how often the step for a host has begun."""
        file = self.folder / f"begun-{host}"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def began(self, host: str) -> None:
        """Wait until the step for a host has begun."""
        await_that(f"the step for {host} begins", lambda: self.marks(host))

    def pages(self, host: str) -> list[str]:
        """Return the names of the alerts for people about a host that the Alertmanager has now."""
        listed = httpx.get(f"{self.alertmanager.url}/api/v2/alerts").json()
        own = [one["labels"] for one in listed if one["labels"].get("service") == host]
        return [one["alertname"] for one in own if one["alertname"] != "HostFails"]

    def silences(self, host: str) -> list[dict[str, Any]]:
        """Return the silences of the alert of a host that the Alertmanager has now."""
        listed = httpx.get(f"{self.alertmanager.url}/api/v2/silences").json()
        named = {"name": "host", "value": host, "isRegex": False, "isEqual": True}
        return [one for one in listed if named in one["matchers"] and one["status"]["state"] == "active"]

    def approve(self, host: str, person: str) -> int:
        """Return the status of the answer to a person who approves the step for a host."""
        incident = self.incident(host)
        answer = self.engine.post({}, f"/api/incidents/{incident['id']}/approve", person)
        return answer.status_code

    def set_clock(self, seconds: int) -> None:
        """Set the clock of the engine so many seconds forward or back."""
        partly = self.clock.with_name("clock.new")
        partly.write_text(f"{seconds:+d}\n")
        partly.replace(self.clock)


def write_steps(stage: Stage) -> None:
    """Write the step for each host: it leaves a mark, and most of them mend their host."""
    for host in HOSTS:
        begin = f"echo begun >> '{stage.folder}/begun-{host}'"
        mend = f"rm -f '{stage.down}/{host}'"
        hold = f"while test -e '{stage.holds}/{host}'; do sleep 0.1; done"
        tasks = f"- ansible.builtin.raw: {begin}; {hold}; {mend}\n"
        if host == "leaks":
            tasks = f"- ansible.builtin.raw: {begin}\n" + LEAKS.format(folder=stage.folder)
        if host in {"flaps", "dark", "ahead", "behind"}:
            tasks = f"- ansible.builtin.raw: {begin}; {hold}\n"
        stage.place.step(tasks, name=f"step_{host}")


def write_host_and_steps(stage: Stage) -> None:
    """Write what answers for hosts, and the step for each."""
    write_host(stage)
    write_steps(stage)


def write_host(stage: Stage) -> None:
    """Have the host answer that it is released, and remember that it was asked."""
    sudo = stage.place.folder / "bin/sudo"
    answer = 'echo \'{"outcome": "done"}\''
    sudo.write_text(f"#!/bin/sh\ncat >> '{stage.folder}/asked'; echo >> '{stage.folder}/asked'\n"
                    f"mv '{stage.folder}/asked' '{stage.folder}/released'; {answer}\n")  # fmt: skip
    sudo.chmod(0o755)


def runbooks_of(**summaries: str) -> list[dict[str, Any]]:
    """Return a runbook for each host."""
    within = {"flaps": 10, "stack": 60, "dark": 6}
    return [
        runbook(
            name=f"{host}_fails",
            level="partial" if host in PARTIAL else "full",
            summary=summaries.get(host, "It fails"),
            matchers=[{"label": "host", "operator": "=", "value": host}],
            steps=[{"step": f"step_{host}", "parameters": {}}],
            idempotent=False,
            limit={**runbook()["limit"], "run": 30},
            verification={
                "kind": "promql",
                "text": ["works{of=", {"label": "host"}, "}"],
                "within": within.get(host, 20),
                "stable": 4 if host == "flaps" else 2,
                "samples": 2,
            },
        )
        for host in HOSTS
    ]


@contextmanager
def staged(
    folder: Path,
    runbooks: Sequence[dict[str, Any]],
    write: Callable[[Stage], None],
    *,
    kind: type[Hosts] = Hosts,
    replicas: int = 2,
    approval: float = APPROVAL,
) -> Iterator[Stage]:
    """Yield everything, started, with the runbooks and the steps of hosts of a kind, and so many replicas.

    `approval` is for how many seconds a step waits for people.
    """
    for name in ("down", "holds", "place", "am"):
        (folder / name).mkdir()
    kind.folder = folder / "down"
    for service, version in (("prometheus", PROMETHEUS), ("alertmanager", ALERTMANAGER)):
        unpack_release(service, version, folder)
    (prometheus,) = folder.glob(f"prometheus-{PROMETHEUS}.*/prometheus")
    (program,) = folder.glob(f"alertmanager-{ALERTMANAGER}.*/alertmanager")
    with ExitStack() as stack:
        alertmanager = Alertmanager(folder / "am", program)
        port = stack.enter_context(exporter(kind))
        told: dict[str, Any] = {"hosts": ["all"], "rules": RULES, "alertmanagers": [alertmanager.port]}
        started = [Replica(folder / f"mon{number}", prometheus, port, **told) for number in range(1, replicas + 1)]
        stage = Stage(folder, started, alertmanager, stack.enter_context(Place(folder / "place")))
        write(stage)
        certificates = Certificates(folder)
        automation = {
            "runbooks": [*runbooks],
            "hosts": [*kind.hosts],
            "engine": "engine",
            "targets": {host: {"address": "127.0.0.1"} for host in kind.hosts},
            "guards": {"runs_per_hour": 100, "peers_up": 0.01, "approval": approval, "silence": TERM},
            "steps_at_once": 20,
        }
        changed = {
            "prometheus": servers([one.url for one in started], certificates),
            "automation": automation,
            "reconciliation_interval": 0.5,
            "url": "https://engine:9095/",
        }
        stage.engine = stack.enter_context(Acting(stage.place.folder, certificates, [alertmanager.url], **changed))
        stage.start()
        alertmanager.configure(stage.engine)
        stack.callback(alertmanager.stop)
        alertmanager.start([])
        with ThreadPoolExecutor() as pool:
            for replica in started:
                stack.callback(replica.stop)
            [*pool.map(Replica.start, started)]
        yield stage


def require_own_host_untouched(stage: Stage) -> None:
    """Require that the engine's own host is refused as a target."""
    await_that("it is decided", lambda: stage.incident("engine")["decisions"])
    refused = refusals(stage.incident("engine")["decisions"][0])
    assert refused == {"own": "engine is the engine's own host"}, refused
    assert stage.marks("engine") == 0


def require_approvals(stage: Stage) -> None:
    """Require that one who may approves, once, in time."""
    await_that("it waits for an approval", lambda: stage.incident("twice")["approvals"])
    assert [stage.approve("twice", person) for person in ("cleo", "dora", "ben")] == [403, 403, 403]
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(lambda _press: stage.approve("twice", "anna"), range(4)))
    assert answers == [200, 409, 409, 409], answers
    assert stage.ended("twice")[0] == "recovered"
    assert (stage.marks("twice"), len(stage.events("twice", "approved"))) == (1, 1)


def require_late_approval_refused(stage: Stage) -> None:
    """Require that a step is not started by an approval that comes too late, and that a person is paged."""
    assert stage.ended("unapproved") == ("unapproved", "nobody approved the step in time")
    assert (stage.approve("unapproved", "anna"), stage.marks("unapproved")) == (409, 0)
    await_that("a person is paged", lambda: "IncidentEscalated" in stage.pages("unapproved"))


def require_no_secret(stage: Stage) -> None:
    """Require that what a step prints shows no secret to anybody, and that nobody else reads its files."""
    outcome, reason = stage.ended("leaks")
    assert outcome == "failing", reason
    await_that("a person is paged", lambda: stage.pages("leaks"))
    number = stage.incident("leaks")["id"]
    paths = ["", *(f"/post-mortem.{kind}" for kind in ("md", "html", "json"))]
    texts = {path: stage.engine.get(f"/api/incidents/{number}{path}").text for path in paths}
    texts["console"] = stage.engine.get(f"/incidents/{number}").text
    texts["log"] = stage.engine.log()
    texts["page"] = httpx.get(f"{stage.alertmanager.url}/api/v2/alerts").text
    for file in stage.place.folder.glob("journal.sqlite*"):
        texts[file.name] = file.read_bytes().decode(errors="replace")
    (attempt,) = (stage.place.folder / "attempts").glob(f"inc-{number}-*")
    for file in (one for one in attempt.iterdir() if one.is_file()):
        texts[f"attempt {file.name}"] = file.read_text()
    found = {(place, secret) for place, text in texts.items() for secret in SECRETS if secret in text}
    assert not found, found
    # What is not secret is there: it was looked for in the right places.
    for place in ("", "/post-mortem.md", "console", "page", "journal.sqlite-wal", "attempt events.jsonl"):
        assert "refused password=" in texts[place].replace("\\", ""), (place, texts[place])
    assert attempt.stat().st_mode & 0o077 == 0


def require_flapping_is_failing(stage: Stage) -> None:
    """Require that what comes and goes after a step has not recovered."""
    stage.began("flaps")
    while not stage.outcome("flaps"):
        stage.mend("flaps")
        time.sleep(2)
        stage.fail("flaps")
        time.sleep(1.6)
    outcome, reason = stage.ended("flaps")
    # How often it was seen to stop depends on how busy the machine is.
    assert outcome == "failing", reason
    assert reason.startswith(("it stopped holding ", "it did not hold for long enough", "1 series are bad")), reason
    await_that("a person is paged", lambda: stage.pages("flaps") == ["IncidentEscalated"])


def require_stopped(stage: Stage) -> None:
    """Require that a step which a person stops ends there and then, and that its host is released and left alone."""
    stage.began("stops")
    number, stopped = stage.incident("stops")["id"], time.monotonic()
    assert stage.engine.post({"text": "the wrong disk"}, f"/api/incidents/{number}/stop", "anna").status_code == 200
    await_that("the host is released", (stage.folder / "released").exists)
    # What is left on this machine ends with the unit of an attempt elsewhere.
    (stage.holds / "stops").unlink()
    assert stage.ended("stops") == ("stopped", "anna stopped it: the wrong disk")
    (ended,) = stage.events("stops", "step_ended")
    told = ("cancelled", "anna stopped it: the wrong disk; its host was released")
    assert (ended["outcome"], ended["reason"]) == told, ended
    assert time.monotonic() - stopped < 30
    (asked,) = (stage.folder / "released").read_text().splitlines()
    assert json.loads(asked)["action"] == "release", asked
    await_that("the alert is not kept from people", lambda: not stage.silences("stops"))
    assert (stage.marks("stops"), stage.pages("stops")) == (1, [])


def require_outcomes(stage: Stage) -> None:
    """Require what becomes of alerts while the engine runs."""
    (stage.holds / "stops").touch()
    stage.fail("engine", "leaks", "flaps", "twice", "unapproved", "stops")
    with ThreadPoolExecutor() as pool:
        flapping = pool.submit(require_flapping_is_failing, stage)
        stopping = pool.submit(require_stopped, stage)
        require_own_host_untouched(stage)
        require_approvals(stage)
        require_no_secret(stage)
        flapping.result()
        stopping.result()


def require_upgraded(stage: Stage) -> None:
    """Require that a journal of the oldest version, with a step that runs, is gone on with by today's engine."""
    (stage.holds / "holds").touch()
    now = time.time()
    silence = {"startsAt": stamp(now), "endsAt": stamp(now + 600), "createdBy": "somebody", "comment": "at work"}
    matcher = {"name": "host", "value": "muted", "isRegex": False, "isEqual": True}
    own = stage.alertmanager.post("silences", {**silence, "matchers": [matcher]})["silenceID"]
    stage.fail("holds", "muted", "changed")
    stage.began("holds")
    await_that("the muted alert is known", lambda: stage.incident("muted")["decisions"])
    await_that("a step waits for an approval", lambda: stage.incident("changed")["approvals"])
    numbers = {host: stage.incident(host)["id"] for host in ("holds", "muted", "changed")}
    held = [one["id"] for one in stage.silences("holds")]
    stage.engine.stop()
    become_the_oldest(stage.place.folder / "journal.sqlite")
    stage.engine.config["automation"]["runbooks"] = runbooks_of(changed="It fails in another way")
    stage.start()
    assert {host: stage.incident(host)["id"] for host in numbers} == numbers
    with closing(sqlite3.connect(stage.place.folder / "journal.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(VERSIONS),)
    # A plan that people have seen, and no other one, is what an approval is for.
    assert stage.approve("changed", "anna") in {200, 409}
    reason = "the runbook changed_fails has changed since the run began"
    assert (stage.ended("changed"), stage.marks("changed")) == (("unknown", reason), 0)
    assert [one["id"] for one in stage.silences("holds")] == held
    assert stage.outcome("holds") is None
    (stage.holds / "holds").unlink()
    assert stage.ended("holds")[0] == "recovered"
    assert (stage.marks("holds"), len(stage.events("holds", "step_started"))) == (1, 1)
    assert refusals(stage.incident("muted")["decisions"][-1])["muted"] == f"the alert is silenced by {own}"
    assert stage.marks("muted") == 0


def become_the_oldest(journal: Path) -> None:
    """Take from a journal all that later versions have added to the first one."""
    with closing(sqlite3.connect(journal)) as connection, closing(opened(Path(":memory:"), VERSIONS[:1])) as oldest:
        names = "SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type"
        known = {tuple(row) for row in oldest.execute(names)}
        for kind, name in (row for row in connection.execute(names).fetchall() if row not in known):
            connection.execute(f"DROP {kind} {name}")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
        assert {tuple(row) for row in connection.execute(names)} == known


def require_verified_by_what_is_left(stage: Stage) -> None:
    """Require that steps may restart what verifies them, one at a time or all at once, and that no data is no cure."""
    first, second = stage.replicas
    for host in ("mon1", "stack", "dark"):
        (stage.holds / host).touch()
    stage.fail("mon1")
    stage.began("mon1")
    first.stop()
    (stage.holds / "mon1").unlink()
    assert stage.ended("mon1")[0] == "recovered"
    # The other one is the last that would verify.
    stage.fail("mon2")
    await_that("it is decided", lambda: stage.incident("mon2")["decisions"])
    refused = refusals(stage.incident("mon2")["decisions"][0])
    assert refused == {"own": "no other Prometheus answers, which would verify it"}, refused
    first.start()
    assert stage.ended("mon2")[0] == "recovered"
    stage.fail("stack", "dark")
    for host in ("stack", "dark"):
        stage.began(host)
    for replica in stage.replicas:
        replica.stop()
    for host in ("stack", "dark"):
        (stage.holds / host).unlink()
    assert stage.ended("dark") == ("unknown", "there were no samples")
    await_that("a person is paged", lambda: stage.pages("dark") == ["IncidentEscalated"])
    assert (stage.outcome("stack"), stage.events("stack", "step_verified")) == (None, [])
    back = time.time()
    with ThreadPoolExecutor() as pool:
        [*pool.map(Replica.start, (first, second))]
    assert stage.ended("stack")[0] == "recovered"
    (verified,) = stage.events("stack", "step_verified")
    assert verified["at"] > stamp(back), verified


def require_another_time(stage: Stage) -> None:
    """Require that a clock which is wrong starts no step twice, keeps no alert from people, and ends no page."""
    stage.engine.stop()
    stage.set_clock(0)
    stage.start(
        LD_PRELOAD=str(clock_of_its_own()),
        FAKETIME_TIMESTAMP_FILE=str(stage.clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    for host in ("ahead", "behind"):
        (stage.holds / host).touch()
    stage.fail("ahead")
    stage.began("ahead")
    stage.set_clock(HOUR)
    await_that("a person is paged", lambda: stage.pages("ahead") == ["IncidentEscalated"])
    await_that("the alert is not kept from people", lambda: not stage.silences("ahead"))
    (stage.holds / "ahead").unlink()
    assert (stage.ended("ahead")[0], stage.marks("ahead")) == ("unknown", 1)
    stage.fail("later")
    await_that("the alert is kept from people", lambda: stage.silences("later"))
    for one in stage.silences("later"):
        assert stamp(time.time()) < one["endsAt"] < stamp(time.time() + TERM + 3), one
    assert stage.ended("later")[0] == "recovered"
    stage.fail("behind")
    stage.began("behind")
    back = stamp(time.time())
    stage.set_clock(-HOUR)
    (stage.holds / "behind").unlink()
    outcome, reason = stage.ended("behind")
    assert (outcome, "the clock was set back" in reason, stage.marks("behind")) == ("unknown", True, 1), reason
    for host in ("ahead", "behind"):
        await_that("a person is paged", lambda: stage.pages(host) == ["IncidentEscalated"])  # noqa: B023
    listed = httpx.get(f"{stage.alertmanager.url}/api/v2/alerts").json()
    pages = [one for one in listed if one["labels"]["alertname"] == "IncidentEscalated"]
    assert pages
    assert {one["updatedAt"] > back for one in pages} == {True}, pages


def clock_of_its_own() -> Path:
    """Return the library by which a process has a clock that tests set, from Debian."""
    library = CACHE / "tools/libfaketime.so.1"
    if not library.exists():
        with alone(CACHE), tempfile.TemporaryDirectory() as name:
            Debian(CACHE / "apt").unpack("bookworm", "libfaketime", Path(name))
            (found,) = Path(name).glob("usr/lib/*/faketime/libfaketimeMT.so.1")
            library.parent.mkdir(exist_ok=True)
            shutil.copy(found, library.with_suffix(".new"))
            library.with_suffix(".new").replace(library)
    return library


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-failures-") as name:
        begun = time.monotonic()
        with staged(Path(name), runbooks_of(), write_host_and_steps) as stage:
            print(f"incident_failures: started: {time.monotonic() - begun:.0f} s", flush=True)
            for require in (
                require_outcomes,
                require_upgraded,
                require_verified_by_what_is_left,
                require_late_approval_refused,
                require_another_time,
            ):
                require(stage)
                said = require.__name__.removeprefix("require_").replace("_", " ")
                print(f"incident_failures: {said}: {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
