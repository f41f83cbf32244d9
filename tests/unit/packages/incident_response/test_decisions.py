# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided about alerts for which there are runbooks. Nothing of it acts."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.timeline import (
    timeline,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    listing,
    named,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook

DOWN = named("TargetDown", host="web1", job="node_exporter", instance="web1:9100")
UP = 'up{job="node_exporter", instance="web1:9100"}'
PEERS = 'max by (host) (up{job="node_exporter"})'

RECOVERED = {"outcome": "recovered", "reason": "it held for 60 s, in 7 samples", "acted": False}
UNWATCHED = {"outcome": "unknown", "reason": "it was not watched until its end", "acted": False}


def answered(decision: dict[str, Any]) -> dict[str, str]:
    return {one["guard"]: one["answer"] for one in decision["guards"] if one["answer"] == "refused"}


@pytest.fixture
def down(looking: Looking, intake: Intake, replica: Replica) -> Looking:
    """An exporter on web1 that does not answer, and one on web2 that does."""
    looking.follow(runbook())
    intake.notify(notified(DOWN))
    replica.fire(DOWN)
    replica.samples = {UP: [({}, 0)], PEERS: [({"host": "web1"}, 0), ({"host": "web2"}, 1)]}
    return looking


def test_the_journal_has_what_would_be_done(down: Looking, intake: Intake) -> None:
    (decision,) = down.decisions()
    assert decision["allowed"] is True
    assert (decision["runbook"], decision["level"], decision["hosts"]) == ("exporter_down", "observe", ["web1"])
    assert (decision["steps"], decision["bad_before"], decision["alert"]) == (["restart_service"], 1, 1)
    assert len(decision["guards"]) == 13
    assert [one["kind"] for one in intake.incident(1)["events"]] == ["opened", "scored", "decided"]


def test_it_is_decided_once_until_an_answer_changes(down: Looking, intake: Intake, replica: Replica) -> None:
    replica.fire()
    for _time in range(3):
        down.once()
        intake.now += 30
    assert [answered(one) for one in down.decisions()] == [{"firing": "refused"}]
    replica.fire(DOWN)
    assert [one["allowed"] for one in down.decisions()] == [False, True]


@pytest.mark.parametrize(
    ("stopped", "reason"),
    [("file", "/stop exists"), ("window", "maintenance until"), ("holder", "anna took over the incident")],
)
def test_people_stop_it(down: Looking, intake: Intake, tmp_path: Path, stopped: str, reason: str) -> None:
    if stopped == "file":
        (tmp_path / "stop").touch()
    else:
        statement = {
            "holder": "INSERT INTO open_holder VALUES (1, 'anna', 0, 1)",
            "window": "INSERT INTO open_window VALUES (1, 0, 'maintenance', '', 'web1', 'anna', 'audit', 9e9, 0)",
        }[stopped]
        intake.journal.write(lambda connection: connection.execute(statement)).result(10)
    (decision,) = down.decisions()
    assert answered(decision) == {"people": "refused"}
    assert reason in decision["guards"][0]["reason"]


def test_it_is_decided_again_when_people_stop_it_for_another_reason(down: Looking, intake: Intake) -> None:
    def write(statement: str) -> None:
        intake.journal.write(lambda connection: connection.execute(statement)).result(10)

    write("INSERT INTO open_stop VALUES (1, 0, 'anna', 'the network is moved')")
    assert len(down.decisions()) == 1
    write("INSERT INTO open_window VALUES (1, 0, 'freeze', '', '', 'ben', 'inventory', 9e9, 0)")
    assert len(down.decisions()) == 1
    write("DELETE FROM open_stop")
    reasons = [one["guards"][0]["reason"] for one in down.decisions()]
    assert reasons[0] == "anna stopped all automation: the network is moved"
    assert [one.partition(" until")[0] for one in reasons[1:]] == ["freeze"]


def test_a_silenced_alert_is_left_alone(down: Looking, intake: Intake) -> None:
    intake.reconcile([listing(DOWN, silenced_by=["s1"])])
    assert answered(down.decisions()[0]) == {"muted": "refused"}


def test_without_prometheus_nothing_is_allowed(down: Looking, replica: Replica) -> None:
    replica.status = 503
    assert answered(down.decisions()[0]) == {"firing": "refused", "peers": "refused"}


def test_an_alert_without_a_runbook_is_left_to_people(down: Looking, intake: Intake) -> None:
    down.follow(runbook(matchers=[{"label": "alertname", "operator": "=", "value": "X"}]))
    assert down.decisions() == []


def test_an_alert_without_a_known_host_touches_none(down: Looking, intake: Intake) -> None:
    intake.notify(notified(named("TargetDown", job="node_exporter")), notified(named("TargetDown", host="all")))
    found = {one["alert"]: one for number in (1, 2, 3) for one in down.decisions(number)}
    assert [found[number]["hosts"] for number in (1, 2, 3)] == [["web1"], [], []]
    assert (found[2]["target"], found[2]["allowed"], found[2]["guards"]) == ("the alert has no label host", False, [])
    assert found[3]["target"] == "'all' is no host of the inventory"


def test_a_runbook_whose_target_is_known_comes_before_one_without(down: Looking) -> None:
    other = runbook(name="of_the_application", level="full", target={"kind": "application", "name": "service"})
    down.follow(other, runbook())
    assert [one["runbook"] for one in down.decisions()] == ["exporter_down"]


def test_a_person_gets_the_whole_command(down: Looking) -> None:
    manual = {"command": ["site --limit ", {"label": "host"}], "reason": "keys"}
    down.follow(runbook(level="manual", steps=[], manual=manual))
    assert down.decisions()[0]["command"] == "site --limit web1"


def test_two_alerts_of_one_look_are_not_both_allowed(down: Looking, intake: Intake, replica: Replica) -> None:
    other = {**DOWN, "host": "web2", "instance": "web2:9100"}
    intake.notify(notified(other))
    replica.fire(DOWN, other)
    replica.samples[PEERS] = [({"host": f"web{number}"}, 1) for number in range(1, 9)]
    down.once()
    found = [one for number in (1, 2) for one in intake.incident(number)["decisions"]]
    assert [(one["allowed"], answered(one)) for one in found] == [(True, {}), (False, {"at_once": "refused"})]


def test_two_runbooks_do_not_act_on_two_members_of_a_service_in_one_look_nor_in_the_next(
    down: Looking, intake: Intake, replica: Replica
) -> None:
    other = {**named("HostUnitFailed", host="web2", job="disks"), "name": "node_exporter.service"}
    restart = {"step": "restart_service", "parameters": {"unit": {"label": "name"}}}
    match = [{"label": "alertname", "operator": "=", "value": "HostUnitFailed"}]
    both = runbook(level="full"), runbook(name="unit_failed", level="full", steps=[restart], matchers=match)
    down.follow(*both)
    intake.notify(notified(other))
    replica.fire(DOWN, other)
    replica.samples[PEERS] = [({"host": f"web{number}"}, 1) for number in range(1, 9)]
    replica.samples['max by (host) (up{job="disks"})'] = [({"host": "web2"}, 1)]
    down.once()
    down.once()
    found = [one for number in (1, 2) for one in intake.incident(number)["decisions"]]
    assert [(one["runbook"], one["allowed"]) for one in found] == [("exporter_down", True), ("unit_failed", False)]
    (why,) = (one["reason"] for one in found[1]["guards"] if one["answer"] == "refused")
    assert why == "runbooks for the same run on 1 of at most 1 hosts: exporter_down on web1 for the unit node_exporter"


def test_peers_of_an_alert_without_a_job_are_the_hosts_of_its_application(
    down: Looking, intake: Intake, replica: Replica
) -> None:
    target = {"kind": "application", "name": "service", "of": "hosts"}
    steps = [{"step": "restart_service", "parameters": {"unit": {"application": "unit"}}}]
    applications = {"shop": {"hosts": ["web1", "web2"], "unit": "shop"}}
    down.follow(runbook(target=target, applications=applications, steps=steps))
    shop = named("TargetDown", service="shop")
    intake.notify(notified(shop))
    replica.fire(DOWN, shop)
    found = down.decisions(2)
    assert (found[0]["hosts"], found[0]["allowed"]) == (["web1", "web2"], True)
    assert 'max by (host) (up{host=~"web1|web2"})' in [one["query"] for one in replica.queries]


def test_the_timeline_tells_what_would_be_done_in_sentences(down: Looking, intake: Intake, replica: Replica) -> None:
    intake.notify(notified(named("TargetDown")))
    for number in (1, 2):
        down.decisions(number)
    watched(down, intake, seconds=180)
    down.once()

    def told(number: int) -> list[str]:
        return [one.what for one in timeline(intake.incident(number)) if one.group == "decision"]

    bad = "1 series are bad (before: 1 of 1 series bad; after: 1 of 1 series bad)"
    assert told(1) == [
        "Its priority is high, its score 100",
        "exporter_down would be run on web1",
        f"exporter_down was not run, and would be verified as failing: {bad}",
        "exporter_down would not be run: it ran on web1 180 s ago, and waits for 1800 s",
    ]
    assert told(2)[1:] == ["exporter_down would not be run: the alert has no label host"]


def watched(looking: Looking, intake: Intake, *, seconds: float, every: float = 10) -> dict[str, Any] | None:
    for _time in range(int(seconds / every)):
        intake.now += every
        looking.once()
    found: dict[str, Any] | None = intake.incident(1)["decisions"][0]["verification"]
    return found and {key: found[key] for key in ("outcome", "reason", "acted")}


def test_a_run_is_verified_with_samples_from_after_it(down: Looking, intake: Intake, replica: Replica) -> None:
    down.once()
    assert watched(down, intake, seconds=40) is None
    replica.samples[UP] = [({}, 1)]
    assert watched(down, intake, seconds=60) is None
    assert watched(down, intake, seconds=10) == {
        "outcome": "recovered",
        "reason": "it held for 60 s, in 7 samples",
        "acted": False,
    }
    lookbacks = [one.get("lookback_delta") for one in replica.queries if one["query"] == UP]
    assert lookbacks[0] is None  # before it
    assert lookbacks[1:4] == ["10s", "20s", "30s"]


def test_a_run_that_does_not_help_waits_for_its_cooldown(down: Looking, intake: Intake) -> None:
    down.once()
    assert watched(down, intake, seconds=180) == {"outcome": "failing", "reason": "1 series are bad", "acted": False}
    down.once()
    decisions = down.decisions()
    assert [answered(one) for one in decisions] == [{}, {"cooldown": "refused"}]
    intake.now += 1800
    assert [one["allowed"] for one in down.decisions()] == [True, False, True]


def test_a_metric_that_has_vanished_is_unknown(down: Looking, intake: Intake, replica: Replica) -> None:
    down.once()
    replica.samples[UP] = []
    found = watched(down, intake, seconds=180)
    assert found == {"outcome": "unknown", "reason": "there were no samples", "acted": False}


def test_a_restart_goes_on_with_a_verification(down: Looking, intake: Intake, replica: Replica) -> None:
    down.once()
    watched(down, intake, seconds=60)
    down.follow(runbook())
    replica.samples[UP] = [({}, 1)]
    assert watched(down, intake, seconds=80) == {
        "outcome": "recovered",
        "reason": "it held for 60 s, in 7 samples",
        "acted": False,
    }


def test_a_verification_that_nobody_watched_is_unknown(down: Looking, intake: Intake) -> None:
    down.once()
    down.follow(runbook())
    intake.now += 3600
    assert watched(down, intake, seconds=10) == {
        "outcome": "unknown",
        "reason": "it was not watched until its end",
        "acted": False,
    }


def test_the_verification_of_a_runbook_that_is_gone_is_unknown(down: Looking, intake: Intake) -> None:
    down.once()
    down.follow()
    found = watched(down, intake, seconds=10)
    assert found == {"outcome": "unknown", "reason": "there is no such runbook any more", "acted": False}


def test_an_alert_that_is_gone_is_verified_all_the_same(down: Looking, intake: Intake, replica: Replica) -> None:
    down.once()
    replica.samples[UP] = [({}, 1)]
    intake.now += 400
    intake.reconcile([])
    assert intake.incidents() == []
    intake.now -= 390
    assert watched(down, intake, seconds=80) == {
        "outcome": "recovered",
        "reason": "it held for 60 s, in 7 samples",
        "acted": False,
    }


class Page(http.server.BaseHTTPRequestHandler):
    """A page that is there, and everything else, which is not."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/web1" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def page() -> Iterator[str]:
    """The URL of pages."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (["PAGE", {"label": "host"}], "allowed"),
        (["PAGE", {"label": "job"}], "refused"),
        (["http://127.0.0.1:1/"], "refused"),
        (["http://[/"], "refused"),
        (["http://", {"label": "severity"}, "@", {"label": "nothing"}], "refused"),
    ],
)
def test_a_check_over_http_has_to_answer_200(down: Looking, page: str, text: list[Any], answer: str) -> None:
    parts = [page if part == "PAGE" else part for part in text]
    down.follow(runbook(precheck={"kind": "http", "text": parts}))
    found = {one["guard"]: one["answer"] for one in down.decisions()[0]["guards"]}
    assert found["precheck"] == answer


def test_a_command_is_for_steps_alone(down: Looking, intake: Intake) -> None:
    check = {"kind": "command", "text": ["ready"]}
    down.follow(runbook(precheck=check, verification={**check, "within": 180, "stable": 60, "samples": 3}))
    assert down.decisions()[0]["allowed"] is True
    found = watched(down, intake, seconds=10)
    assert found == {"outcome": "unknown", "reason": "its command is run for a run that acts alone", "acted": False}


def test_the_service_shows_its_decisions(tmp_path: Path, certificates: Certificates, replica: Replica) -> None:
    replica.fire(DOWN)
    replica.samples = {UP: [({}, 0)]}
    told = servers([replica.url], certificates)
    automation = {"runbooks": [runbook()], "hosts": ["web1"], "engine": "mon9", "guards": {}}
    with Engine(tmp_path, certificates, ["http://127.0.0.1:9"], prometheus=told, automation=automation) as engine:
        engine.start()
        assert engine.post({"version": "4", "externalURL": "x", "alerts": [notified(DOWN)]}).status_code == 200
        engine.wait_for(lambda: engine.get("/api/incidents/1").json()["decisions"])
        (decision,) = engine.get("/api/incidents/1").json()["decisions"]
        assert (decision["runbook"], decision["hosts"], decision["allowed"]) == ("exporter_down", ["web1"], True)
        assert decision["verification"] is None
