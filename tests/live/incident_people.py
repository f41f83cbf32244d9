"""Has a mesh of two releases of Alertmanager route what Prometheus fires as a deployment does, and asks who got what.

People have two receivers on an escalation path. Engines act, hold silences and post pages; one is killed at the points
where a crash could lose something or do it twice, and another one is there by mistake. Every end is compared with the
journal, with the silences of both members, and with what the receivers got.
"""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import yaml

from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.escalations import escalation_paths
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.routes import with_incident_routes
from ansible_collections.vigil.observability.tests.live.incident_decisions import Replica, exporter, refusals
from ansible_collections.vigil.observability.tests.live.incident_failures import Acting, Stage
from ansible_collections.vigil.observability.tests.live.incident_intake import RELEASES, Alertmanager
from ansible_collections.vigil.observability.tests.live.incident_intake import await_that as await_within
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import (
    PASSWORDS,
    Engine,
    servers,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.steps.place import COLLECTIONS, Place
from ansible_collections.vigil.observability.tests.unit.roles.runbook_target.test_action_program import PROGRAM

PROMETHEUS = "3.13.2"
LATER = 20  # seconds until the next of a path gets a page
# Seconds until people get an alert. Nobody is to get the last two, however slow the machine is.
DELAY, DELAYS = 8, {"again": 20, "hidden": 300, "twin": 300}
await_that = partial(await_within, patience=180.0)
# Each host has one alert and, if automation acts on it, one runbook. The last four end with the engine.
ACTED_ON = ("again", "hidden", "vanishes", "blind", "unheard", "heard", "twin", "accepted", "held", "asked", "lost")
CHAIN = ("shop", "cart", "database", "mirror")  # each depends on the next, but the last: it is inhibited
AT_ONCE = ("store", "shelf1", "shelf2", "shelf3", "shelf4")  # the first inhibits the others
HOSTS = (*ACTED_ON, *CHAIN, *AT_ONCE)
APPLICATIONS = {
    "shop": {"team": "sales", "depends_on": ["cart"]},
    "cart": {"team": "sales", "depends_on": ["database"]},
    "database": {"team": "sales"},
}
_LABELS = {"severity": "warning", "host": "{{ $labels.of }}", "service": "{{ $labels.of }}", "team": "sales"}
RULES = [
    # A scrape that comes late on a busy machine ends none of them.
    {"alert": "HostFails", "expr": f"min_over_time({series}[4s]) == 0", "labels": _LABELS}
    for series in ('works{of!="vanishes"}', "answers")
]
INHIBITED = [
    {"source_matchers": ['host="database"'], "target_matchers": ['host="mirror"']},
    {"source_matchers": ['host="store"'], "target_matchers": ['host=~"shelf."']},
]
# Who gets what: the tree of routes of an operator.
TREE = {
    "route": {"receiver": "duty", "group_by": ["alertname"], "group_wait": "1s", "group_interval": "2s"},
    "receivers": [],
    "inhibit_rules": INHIBITED,
}
PATHS = escalation_paths([{"path": [{"receiver": "duty"}, {"receiver": "lead", "after": f"{LATER}s"}]}])
# The engine, with the socket and the steps of a folder, which ends itself at a point where a file has the host's name.
_ENGINE = """
import contextvars, os, signal, sys
from functools import partial
from pathlib import Path
from incident_response import __main__ as engine
from incident_response.runs.leftovers import Leftovers
from incident_response.web import application
from incident_response.web.writing import Writing

folder = Path(os.environ["STEPS_OF"])
arrived = contextvars.ContextVar("arrived", default=())


def end_at(point, hosts):
    for file in (folder / f"{point}-{host}" for host in hosts):
        if file.exists():
            file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def notification(told, own=application.notification):
    found = own(told)
    arrived.set([one.labels.get("host", "") for one in found.alerts])
    return found


async def done(self, write, own=Writing.done):
    result = await own(self, write)
    end_at("accepted", arrived.get())
    return result


async def once(self, own=engine.Reconciliation.once):
    if not [*folder.glob("accepted-*")]:  # nothing but a notification tells it
        await own(self)


async def hold(self, run, at, own=engine.Silences.hold):
    if any((folder / f"waits-{host}").exists() for host in run.hosts):
        raise OSError("a test has it wait")
    await own(self, run, at)
    end_at("held", run.hosts)


async def drop_of(self, run, outcome, own=Leftovers.drop_of):
    end_at("ended", run.hosts)
    await own(self, run, outcome)


async def post(self, own=engine.Pages.once):
    await own(self)
    end_at("posted", [labels.get("host", "") for labels, _annotations, _since in self._posted.values()])


def start(self, spec, own=engine.Attempts.start):
    state = own(self, spec)
    end_at("asked", [spec.host.name])
    return state


application.notification, Writing.done, engine.Silences.hold, Leftovers.drop_of = notification, done, hold, drop_of
engine.Pages.once, engine.Attempts.start, engine.Reconciliation.once = post, start, once
engine.Attempts = partial(engine.Attempts, socket=folder / "socket", playbooks=folder / "steps")
sys.exit(engine.main())
"""
# What a host has: vigil-action with its lease, and one unit, whose restart takes as long as a file is there.
_SUDO = """#!{python}
import importlib.util, json, pathlib, sys
spec = importlib.util.spec_from_file_location("action_program", "{program}")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
folder = pathlib.Path("{folder}")
host = module.Host(folder / "actions.json", folder / "state", {{"PATH": f"{{folder}}/bin:/usr/bin:/bin"}})
answer = host.answer(sys.stdin.buffer.read())
print(json.dumps(answer))
sys.exit(answer["outcome"] != "done")
"""
_SYSTEMCTL = """#!/bin/sh
test "$1" = restart || exit 0
echo begun >> '{folder}/begun-twin'
while test -e '{folder}/holds/twin'; do sleep 0.1; done
rm -f '{folder}/down/twin'
"""


@dataclass(frozen=True)
class Notice:
    """What a receiver got about an alert, and when."""

    receiver: str
    at: float
    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    since: str


class Receivers(ThreadingHTTPServer):
    """Those of people, each with a path of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Received)
        self.notices: list[Notice] = []

    def got(self, host: str, name: str, receiver: str = "duty", status: str = "firing") -> list[Notice]:
        """Return the notices of one kind about a host."""
        wanted = (receiver, status, host, name)
        found = [*self.notices]
        return [
            one for one in found if (one.receiver, one.status, one.labels["host"], one.labels["alertname"]) == wanted
        ]


class _Received(BaseHTTPRequestHandler):
    server: Receivers

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for one in told["alerts"]:
            about = one["labels"], one["annotations"], one["startsAt"]
            self.server.notices.append(Notice(self.path.strip("/"), time.time(), one["status"], *about))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@contextmanager
def receivers() -> Iterator[Receivers]:
    """Yield the receivers of people."""
    server = Receivers()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Hosts(BaseHTTPRequestHandler):
    """An exporter of all hosts: each works unless a file has its name, and its series are gone while another has."""

    folder: ClassVar[Path]

    def do_GET(self) -> None:
        series = {f'works{{of="{host}"}}': self.value(host) for host in HOSTS if not self.has("gone", host)}
        # Its alert is about something else than its verification.
        series['answers{of="vanishes"}'] = int(not self.has("dumb", "vanishes"))
        told = "".join(f"{name} {value}\n" for name, value in series.items()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        # One that is killed reads no more.
        with suppress(OSError):
            self.wfile.write(told)

    def has(self, kind: str, host: str) -> bool:
        """Return whether there is a file of a kind for a host."""
        return (self.folder / kind / host).exists()

    def value(self, host: str) -> int:
        """Return 1 if a host works."""
        return int(not self.has("down", host))

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


class Member(Alertmanager):
    """A member of the mesh with the routes that the role writes, which waits less between two notifications."""

    def __init__(self, folder: Path, program: Path, people: Receivers) -> None:
        super().__init__(folder, program)
        self.people = f"http://127.0.0.1:{people.server_address[1]}"

    def configure(self, engine: Engine) -> None:
        """Write the configuration."""
        (self.folder / "secrets").mkdir()
        (self.folder / "secrets/incident_response").write_text(PASSWORDS["alertmanager"])
        own = [{"name": name, "webhook_configs": [{"url": f"{self.people}/{name}"}]} for name in ("duty", "lead")]
        url = f"https://127.0.0.1:{engine.port}"
        authority = str(engine.certificates.authority)
        told = with_incident_routes({**TREE, "receivers": own}, [url], authority, runbooks_of(), PATHS)
        text = yaml.safe_dump(told).replace("group_interval: 30s", "group_interval: 2s")
        (self.folder / "alertmanager.yml").write_text(text)


class Mortal(Acting):
    """The engine, which ends itself at points that a test chooses."""

    def command(self, *words: str, program: Sequence[str] = ("-c", _ENGINE)) -> list[str]:
        """Write the files and return the command."""
        return super().command(*words, program=program)


class Scene(Stage):
    """A stage with a mesh and people."""

    def __init__(self, folder: Path, replica: Replica, members: list[Member], place: Place, people: Receivers) -> None:
        super().__init__(folder, [replica], members[0], place)
        self.members, self.people = members, people
        self.second: Mortal

    def touch(self, *files: str) -> None:
        """Make files of the folder."""
        for name in files:
            (self.folder / name).touch()

    def listed(self, host: str) -> list[list[str]]:
        """Return who mutes the alert of a host, as each member that lists it has it."""
        found = []
        for one in self.members:
            listed = httpx.get(f"{one.url}/api/v2/alerts").json()
            own = [
                each
                for each in listed
                if (each["labels"].get("host"), each["labels"]["alertname"]) == (host, "HostFails")
            ]
            found += [each["status"]["silencedBy"] + each["status"]["inhibitedBy"] for each in own]
        return found

    def every_silence(self, host: str) -> list[list[dict[str, Any]]]:
        """Return all silences of the alert of a host, also those that have ended, as each member has them."""
        named = {"name": "host", "value": host, "isRegex": False, "isEqual": True}
        every = [httpx.get(f"{one.url}/api/v2/silences").json() for one in self.members]
        return [[one for one in listed if named in one["matchers"]] for listed in every]

    def require_no_silence_left(self, host: str) -> None:
        """Wait until no member keeps the alert of a host from people, as each did."""
        await_that(
            f"the silence of {host} has ended",
            lambda: {one["status"]["state"] for listed in self.every_silence(host) for one in listed} == {"expired"},
        )

    def kinds(self, host: str) -> list[str]:
        """Return the kinds of the events of the incident of a host."""
        return [one["kind"] for one in self.incident(host)["events"]]

    def closed(self, host: str) -> None:
        """Wait until the incident of a host is closed."""
        await_that(f"the incident of {host} is closed", lambda: self.incident(host)["state"] == "closed")

    def last(self, host: str) -> dict[str, Any]:
        """Return the newest incident of a host. Raises LookupError."""
        listed = self.engine.get("/api/incidents?state=all&limit=500").json()["incidents"]
        numbers = [one["id"] for one in listed if host in one["services"]]
        found: dict[str, Any] = self.engine.get(f"/api/incidents/{numbers[0]}").json()
        return found


def write_steps(scene: Scene) -> None:
    """Write the step for each host: it leaves a mark, and most of them mend their host."""
    for host in ACTED_ON:
        begin = f"echo begun >> '{scene.folder}/begun-{host}'"
        hold = f"while test -e '{scene.holds}/{host}'; do sleep 0.1; done"
        end = f"rm -f '{scene.down}/{host}'"
        if host == "vanishes":
            end += f"; (sleep 4; touch '{scene.folder}/gone/{host}') </dev/null >/dev/null 2>&1 &"
        if host == "blind":
            end = f"touch '{scene.folder}/gone/{host}'"
        if host in {"unheard", "heard", "lost"}:
            end = "false"
        scene.place.step(f"- ansible.builtin.raw: {begin}; {hold}; {end}\n", name=f"step_{host}")


def own_target(scene: Scene, place: Place) -> None:
    """Have steps from a place act on one host, by vigil-action."""
    playbooks = COLLECTIONS / "ansible_collections/vigil/observability/playbooks"
    shutil.copy(playbooks / "steps/restart_service.yml", place.playbooks)
    for part in ("parts", "vars"):
        shutil.copytree(playbooks / part, place.folder / part)
    target = scene.folder / "target"
    (target / "bin").mkdir(parents=True, exist_ok=True)
    (target / "actions.json").write_text(json.dumps({"units": {"twin.service": ["restart"]}}))
    programs = {
        target / "bin/systemctl": _SYSTEMCTL.format(folder=scene.folder),
        place.folder / "bin/sudo": _SUDO.format(python=sys.executable, program=PROGRAM, folder=target),
    }
    for file, text in programs.items():
        file.write_text(text)
        file.chmod(0o755)


def runbooks_of(*hosts: str) -> list[dict[str, Any]]:
    """Return a runbook for each host on which automation acts, or for these."""
    # Long enough for engines that are started meanwhile on a busy machine; what has recovered is not waited for.
    times = {"vanishes": (20, 18), "blind": (8, 6), "hidden": (150, 9)}
    within = {host: times.get(host, (150, 2)) for host in hosts or ACTED_ON}
    restart = {"step": "restart_service", "parameters": {"unit": "twin", "settle": 0}}
    return [
        runbook(
            name=f"{host}_fails",
            level="full",
            delay=DELAYS.get(host, DELAY),
            matchers=[{"label": "host", "operator": "=", "value": host}],
            steps=[restart if host == "twin" else {"step": f"step_{host}", "parameters": {}}],
            idempotent=False,
            limit={**runbook()["limit"], "run": 120},
            verification={
                "kind": "promql",
                "text": ["works{of=", {"label": "host"}, "}"],
                "within": longest,
                "stable": stable,
                "samples": 2,
            },
        )
        for host, (longest, stable) in within.items()
    ]


def engine_of(scene: Scene, place: Place, certificates: Certificates, name: str, *hosts: str) -> Mortal:
    """Return an engine on a host of its own that acts on these hosts, or on all."""
    automation = {
        "runbooks": runbooks_of(*hosts),
        "hosts": [*HOSTS],
        "engine": name,
        "targets": {host: {"address": "127.0.0.1"} for host in ACTED_ON},
        "guards": {"runs_per_hour": 100, "peers_up": 0.01, "silence": 30},
        "steps_at_once": 20,
        "escalations": PATHS,
    }
    return Mortal(
        place.folder,
        certificates,
        [one.url for one in scene.members],
        prometheus=servers([one.url for one in scene.replicas], certificates),
        automation=automation,
        applications=APPLICATIONS,
        reconciliation_interval=0.5,
        url=f"https://{name}:9095/",
    )


@contextmanager
def staged(folder: Path) -> Iterator[Scene]:
    """Yield everything, started, but the engines: alerts of those that fail at once fire already."""
    for name in ("down", "holds", "gone", "dumb", "first", "second", "am1", "am2"):
        (folder / name).mkdir()
    Hosts.folder = folder
    unpack_release("prometheus", PROMETHEUS, folder)
    (prometheus,) = folder.glob(f"prometheus-{PROMETHEUS}.*/prometheus")
    programs: list[Path] = []
    for version in RELEASES:
        unpack_release("alertmanager", version, folder)
        programs += folder.glob(f"alertmanager-{version}.*/alertmanager")
    certificates = Certificates(folder)
    with ExitStack() as stack:
        people = stack.enter_context(receivers())
        members = [Member(folder / f"am{number}", program, people) for number, program in enumerate(programs, 1)]
        port = stack.enter_context(exporter(Hosts))
        told: dict[str, Any] = {"hosts": ["all"], "rules": RULES, "alertmanagers": [one.port for one in members]}
        replica = Replica(folder / "mon1", prometheus, port, **told)
        scene = Scene(folder, replica, members, stack.enter_context(Place(folder / "first")), people)
        second = stack.enter_context(Place(folder / "second"))
        write_steps(scene)
        for place in (scene.place, second):
            own_target(scene, place)
        scene.engine = stack.enter_context(engine_of(scene, scene.place, certificates, "first"))
        scene.second = stack.enter_context(engine_of(scene, second, certificates, "second", "twin"))
        scene.fail(AT_ONCE[0])
        with ThreadPoolExecutor() as pool:
            started = [pool.submit(replica.start)]
            stack.callback(replica.stop)
            for one in members:
                one.configure(scene.engine)
                stack.callback(one.stop)
                started.append(pool.submit(one.start, [other.mesh_port for other in members if other is not one]))
            for each in started:
                each.result()
        yield scene


def require_inhibited_at_once(scene: Scene) -> None:
    """Require that alerts which an engine finds all at once, when it starts, are one incident with their cause."""
    first, *others = AT_ONCE
    await_that("both members have the cause", lambda: len(scene.listed(first)) == 2)
    scene.fail(*others)
    await_that("the others are inhibited", lambda: all(len(scene.listed(host)) == 2 for host in others))
    assert all(all(scene.listed(host)) for host in others)
    scene.start()
    await_that("all of them are known", lambda: len(scene.incident(first)["alerts"]) == len(AT_ONCE))
    found = scene.incident(first)
    (cause,) = [one for one in found["alerts"] if one["labels"]["host"] == first]
    assert found["cause"] == {"alert": cause["id"], "name": "HostFails", "because": "it inhibits others"}, found[
        "cause"
    ]
    reason = f"the alert {cause['fingerprint']} of it inhibits this one"
    assert {one["joined_because"] for one in found["alerts"] if one is not cause} == {reason}
    assert not any(scene.people.got(host, "HostFails") for host in others)


def require_chain(scene: Scene) -> None:
    """Require that alerts of what depends on each other are one incident, whose cause follows what is known."""
    causes = []
    for number, host in enumerate(CHAIN, 1):
        scene.fail(host)
        await_that(f"{host} has joined", lambda: len(scene.incident("shop")["alerts"]) == number)  # noqa: B023
        causes.append(scene.incident("shop")["cause"])
    found = scene.incident("shop")
    assert [one["labels"]["host"] for one in found["alerts"]] == [*CHAIN]
    numbers = [one["id"] for one in found["alerts"]]
    assert [(one["alert"], one["because"]) for one in causes] == [
        (numbers[0], "it is the only alert"),
        (numbers[1], "shop depends on cart"),
        (numbers[2], "cart, shop depend on database"),
        (numbers[2], "it inhibits others"),
    ]
    reasons = [one["joined_because"] for one in found["alerts"]]
    inhibiting = found["alerts"][2]["fingerprint"]
    assert reasons[1:] == [
        "shop depends on cart",
        "cart depends on database",
        f"the alert {inhibiting} of it inhibits this one",
    ], reasons
    assert found["alerts"][3]["inhibited_by"] == [inhibiting]
    await_that("people have the cause", lambda: scene.people.got("database", "HostFails"))
    assert scene.people.got("mirror", "HostFails") == []


def require_again(scene: Scene) -> None:
    """Require that an alert which fires again soon after it was solved is left to people."""
    scene.fail("again")
    assert scene.ended("again")[0] == "recovered"
    scene.closed("again")
    first = scene.incident("again")["id"]
    scene.fail("again")
    await_that("it is decided again", lambda: scene.last("again")["id"] > first and scene.last("again")["decisions"])
    found = scene.last("again")
    refused = refusals(found["decisions"][0])
    assert [*refused] == ["cooldown"], refused
    assert refused["cooldown"].endswith(" s ago, and waits for 1800 s"), refused
    assert (scene.marks("again"), scene.silences("again"), scene.pages("again")) == (1, [], [])
    told = scene.engine.get(f"/api/incidents/{found['id']}/post-mortem.json").json()
    assert [one["incident"] for one in told["recurrences"]] == [first], told["recurrences"]


def require_given_to_people(scene: Scene) -> None:
    """Require that people have got that alert, after its delay."""
    solved = scene.incident("again")["closed_at"]
    await_that("people have it", lambda: scene.people.got("again", "HostFails"))
    (notice,) = scene.people.got("again", "HostFails")
    assert notice.since > solved, notice
    assert scene.marks("again") == 1


def require_hidden_resolve(scene: Scene) -> None:
    """Require that what is resolved under the engine's own silence is closed, and that the silence is not left."""
    scene.fail("hidden")
    assert scene.ended("hidden")[0] == "recovered"
    scene.closed("hidden")
    (closed,) = scene.events("hidden", "closed")
    assert closed["reason"] == "Prometheus does not fire it, and no Alertmanager lists it", closed
    kinds = scene.kinds("hidden")
    assert kinds.index("muted") < kinds.index("closed"), kinds
    assert not {"resolved", "unmuted"} & {*kinds[: kinds.index("closed")]}, kinds
    scene.require_no_silence_left("hidden")
    for one in (one for listed in scene.every_silence("hidden") for one in listed):
        # Not by its term.
        ended, updated = (datetime.fromisoformat(one[key]) for key in ("endsAt", "updatedAt"))
        assert ended <= updated + timedelta(seconds=1), one
    assert scene.pages("hidden") == []
    assert scene.people.got("hidden", "HostFails") == []


def require_vanished(scene: Scene) -> None:
    """Require that no data is no cure, although it was good before: a person is paged while the alert fires."""
    scene.touch("dumb/vanishes")
    scene.fail("vanishes")
    outcome, reason = scene.ended("vanishes")
    # Whether it was seen to work in between depends on how busy the machine is.
    assert (outcome, reason.startswith("there were no samples")) == ("unknown", True), reason
    await_that("a person is paged", lambda: scene.people.got("vanishes", "IncidentEscalated"))
    (page,) = scene.people.got("vanishes", "IncidentEscalated")
    assert page.annotations["description"] == reason
    scene.require_no_silence_left("vanishes")
    await_that("a person has the alert", lambda: scene.people.got("vanishes", "HostFails"))


def require_blind(scene: Scene) -> None:
    """Require that a step which ends the series that its alert is about has not solved it, although that is gone."""
    scene.fail("blind")
    assert scene.ended("blind") == ("unknown", "there were no samples")
    scene.closed("blind")
    await_that("a person is paged", lambda: scene.people.got("blind", "IncidentEscalated"))
    number = scene.incident("blind")["id"]
    assert scene.engine.post({"text": "it works"}, f"/api/incidents/{number}/note", "anna").is_success
    await_that("the page has ended", lambda: scene.people.got("blind", "IncidentEscalated", status="resolved"))


def require_path(scene: Scene) -> None:
    """Require that a page goes to the next of its path if nobody acknowledges it in time, and only then."""
    scene.fail("unheard", "heard")
    for host in ("unheard", "heard"):
        await_that("the first is paged", lambda: scene.people.got(host, "IncidentEscalated"))  # noqa: B023
    number = scene.incident("heard")["id"]
    assert scene.engine.post({}, f"/api/incidents/{number}/acknowledge", "anna").is_success
    await_that("the next is paged", lambda: scene.people.got("unheard", "IncidentEscalated", "lead"))
    (first,), (next_,) = (scene.people.got("unheard", "IncidentEscalated", one) for one in ("duty", "lead"))
    (escalated,) = scene.events("unheard", "escalated")
    assert [one["receiver"] for one in scene.incident("unheard")["escalation"]] == ["duty", "lead"]
    assert first.annotations["incident_url"] == next_.annotations["incident_url"]
    assert next_.at - first.at >= LATER - 2, (first, next_, escalated)
    await_that("the page has ended", lambda: scene.people.got("heard", "IncidentEscalated", status="resolved"))
    assert scene.people.got("heard", "IncidentEscalated", "lead") == []


def twin_of(engine: Engine) -> dict[str, Any]:
    """Return the incident that an engine has of the host that two act on. Raises LookupError."""
    listed = engine.get("/api/incidents?state=all&limit=500").json()["incidents"]
    (number,) = [one["id"] for one in listed if "twin" in one["services"]] or [None]
    if number is None:
        raise LookupError("twin")
    found: dict[str, Any] = engine.get(f"/api/incidents/{number}").json()
    return found


def is_allowed(engine: Engine) -> bool:
    """Return whether an engine has decided to act on that host. Raises LookupError."""
    return any(one["allowed"] for one in twin_of(engine)["decisions"])


def run_of(engine: Engine) -> dict[str, Any]:
    """Return what an engine did on that host. Raises LookupError."""
    (run,) = [one for one in twin_of(engine)["decisions"] if one["allowed"]] or [{"attempts": []}]
    return {**run, **run["attempts"][0]}


def held_by(scene: Scene, key: str) -> list[str]:
    """Return the silences of that host that the run of a key holds."""
    return [one["id"] for one in scene.silences("twin") if one["comment"].startswith(f"{key}:")]


def require_two_engines(scene: Scene) -> None:
    """Require that of two engines by mistake one acts, and that the host refuses the other one, which people get."""
    engines = {"first": scene.engine, "second": scene.second}
    waits = [f"{name}/waits-twin" for name in engines]
    scene.touch("holds/twin", *waits)
    scene.second.start()
    scene.fail("twin")
    # Neither knows of the silence of the other one: it would leave the alert to whoever holds that.
    await_that("both have decided to act", lambda: all(is_allowed(one) for one in engines.values()))
    for one in waits:
        (scene.folder / one).unlink()
    await_that("one is refused", lambda: any(run_of(one)["outcome"] == "refused" for one in engines.values()))
    (loser,) = [name for name, one in engines.items() if run_of(one)["outcome"] == "refused"]
    (winner,) = engines.keys() - {loser}
    runs = {name: run_of(one) for name, one in engines.items()}
    held, reason = runs[winner]["attempt"], runs[loser]["reason"]
    assert reason.startswith(f"The attempt {held} of {winner} holds this host for "), reason
    await_that("a person is paged", lambda: scene.people.got("twin", "IncidentEscalated"))
    (page,) = scene.people.got("twin", "IncidentEscalated")
    assert page.annotations["incident_url"].startswith(f"https://{loser}:9095/"), page
    assert page.annotations["description"] == f"twin refused restart_service: {reason}"
    # The one that is refused ends its own silence alone.
    keys = {name: one["attempt"].partition("-s")[0] for name, one in runs.items()}
    await_that("its own silence has ended", lambda: not held_by(scene, keys[loser]))
    assert held_by(scene, keys[winner])
    (scene.holds / "twin").unlink()
    require_one_acted(scene, engines[winner], engines[loser])
    assert scene.people.got("twin", "HostFails") == []
    state = json.loads((scene.folder / "target/state/state.json").read_text())
    assert [one["attempt"] for one in state["attempts"]] == [held]


def require_one_acted(scene: Scene, winner: Engine, loser: Engine) -> None:
    """Require what the journals of two engines have of the end, and that the page ends with the alert."""
    await_that("it is mended", lambda: run_of(winner)["verification"])
    ends = [run_of(one)["verification"] for one in (winner, loser)]
    assert [(one["outcome"], one["acted"]) for one in ends] == [("recovered", True), ("failing", False)], ends
    kinds = [[event["kind"] for event in twin_of(one)["events"]] for one in (winner, loser)]
    assert [one.count("escalated") for one in kinds] == [0, 1], kinds
    for one in (winner, loser):
        await_that("its incident is closed", lambda: twin_of(one)["state"] == "closed")  # noqa: B023
    await_that("the page has ended", lambda: scene.people.got("twin", "IncidentEscalated", status="resolved"))
    assert scene.marks("twin") == 1


def written(scene: Scene, host: str) -> list[tuple[str, str]]:
    """Return the kind and the source of each event of the alert of a host, while no engine runs."""
    statement = (
        "SELECT kind, event.source FROM event JOIN episode ON episode.id = episode WHERE host = ? ORDER BY event.id"
    )
    with closing(sqlite3.connect(scene.place.folder / "journal.sqlite")) as connection:
        return [(kind, source.split()[0]) for kind, source in connection.execute(statement, (host,))]


def require_death(scene: Scene, point: str, host: str) -> None:
    """Require that the engine was killed at a point: of what was done, the journal has what came before it."""
    events = written(scene, host)
    kinds = [kind for kind, _source in events]
    if point == "accepted":
        assert events == [("opened", "webhook")], events
    elif point == "held":
        assert "step_started" not in kinds
        assert scene.silences(host)
    elif point == "asked":
        assert kinds.count("step_started") == 1
        assert "step_ended" not in kinds
    else:
        assert kinds.count("escalated") == 1
        assert scene.silences(host) if point == "ended" else "IncidentEscalated" in scene.pages(host)


def require_killed(scene: Scene) -> None:
    """Require that nothing is lost or done twice if an engine is killed after what it did and before it knows that."""
    hosts = ("accepted", "held", "asked", "lost")
    points = {f"{host}-{host}": host for host in hosts[:3]} | {"ended-lost": "lost", "posted-lost": "lost"}
    for point in points:
        (scene.place.folder / point).touch()
    scene.fail(*hosts)
    while points:
        process = scene.engine.process
        assert process
        await_that(f"it is killed at {[*points]}", lambda: process.poll() is not None)  # noqa: B023
        assert scene.engine.stop() == -signal.SIGKILL, scene.engine.log()
        (died,) = [point for point in points if not (scene.place.folder / point).exists()]
        require_death(scene, died.partition("-")[0], points.pop(died))
        scene.start()
    for host in hosts:
        assert scene.ended(host)[0] == ("failing" if host == "lost" else "recovered"), scene.ended(host)
        kinds = scene.kinds(host)
        once = {kind: kinds.count(kind) for kind in ("opened", "step_started", "step_ended", "verified")}
        assert set(once.values()) == {1}, once
        assert scene.marks(host) == 1
        scene.require_no_silence_left(host)
    again = [one["source"].split()[0] for one in scene.events("accepted", "repeated")]
    assert "webhook" in again, scene.kinds("accepted")
    await_that("people have the alert", lambda: scene.people.got("lost", "HostFails"))
    assert len(scene.people.got("lost", "IncidentEscalated")) == 1


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()

    def passed(what: str) -> None:
        print(f"incident_people: {what}: {time.monotonic() - begun:.0f} s", flush=True)

    with tempfile.TemporaryDirectory(prefix="vigil-people-") as name, staged(Path(name)) as scene:
        passed("started")
        require_inhibited_at_once(scene)
        passed("inhibited at once")
        together = (
            require_chain,
            require_again,
            require_hidden_resolve,
            require_vanished,
            require_blind,
            require_path,
            require_two_engines,
        )
        with ThreadPoolExecutor() as pool:
            started = [(each.__name__, pool.submit(each, scene)) for each in together]
            for what, each in started:
                each.result()
                passed(what.removeprefix("require_"))
        require_killed(scene)
        passed("killed")
        require_given_to_people(scene)
    return 0


if __name__ == "__main__":
    sys.exit(main())
