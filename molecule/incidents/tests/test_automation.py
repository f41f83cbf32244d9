"""An alert is fixed, verified and kept from people, or a person is paged. All samples are broken at once."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
CONFIGURATION = "/etc/incident_response/incident_response.yml"
# The engine is killed during their steps, which begin before the others.
FIRST = ("changed", "steady")
STOPPED = (
    *("asked", "broken", "checked", "fleet", "hanging", "hollow", "leaking"),
    *("mended", "observed", "rooted", "scaled", "silenced", "unapproved", "worsened"),
)
# One cannot start any more, one starts and answers nobody, one waits for space.
CHANGED = {
    "broken": ["ExecStart=", "ExecStart=/bin/false"],
    "checked": ["Restart=always", "RestartSec=3", "ExecStartPre=/usr/bin/test ! -e /srv/pages/full"],
    "hollow": ["ExecStart=", "ExecStart=/bin/sleep infinity"],
}
TARGETS = {
    "no_host": "the alert has no label host",
    "group": "'all' is no host of the inventory",
    "unknown_host": "'incidents-9' is no host of the inventory",
    "pattern": "'*' is not the name of one host",
    "two_hosts": "'incidents-2,incidents-3' is not the name of one host",
    "url": "'https://incidents-3' is not the name of one host",
    "address": "'::1' is not the name of one host",
    "jinja": """"{{ lookup('pipe', 'touch /run/owned') }}" is not the name of one host""",
}


@pytest.fixture(scope="module", autouse=True)
def faults(
    machine: Any,
    targets: list[Any],
    printed: tuple[str, ...],
    stop: Any,
    replace: Any,
    silence: Any,
    incident: Any,
    eventually: Any,
) -> None:
    """Stop all samples and an exporter, fill what counts as a cache, and silence a sample as a person does."""
    stop(*FIRST)
    silence("silenced")
    for target in targets:
        target.check_output("touch /srv/pages/full")
    for name, lines in CHANGED.items():
        replace(name, *lines)
    # What is verified for longest.
    machine("incidents-3").check_output("systemctl stop node_exporter")
    eventually(lambda: all(incident(service)["id"] for service in FIRST))
    stop(*STOPPED)
    machine("incidents-2").check_output("systemctl restart --no-block sample@checked")


def test_step_outlives_the_engine_that_is_killed(host: Any, engine: Any, events: Any, eventually: Any) -> None:
    eventually(lambda: all(events(service, "step_started") for service in FIRST))
    # As a deployment does, which restarts the engine.
    host.check_output(f"sed --in-place 's/by_hand: 1111/by_hand: 2222/' {CONFIGURATION}")
    host.check_output("systemctl kill --kill-whom=main --signal=KILL incident_response")
    assert host.check_output("systemctl list-units --state=running --no-legend 'incident_step@*'")
    eventually(lambda: engine("incidents").status, 200)


def test_step_that_needs_an_approval_waits_for_one_by_who_may_give_it(
    engine: Any, events: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    (page,) = eventually(lambda: pages(alertname="IncidentNeedsApproval", service="asked"))
    number = page.annotations["incident_url"].removeprefix("https://incidents-1:9095/incidents/")
    assert actions("asked_down") == []

    def approved(person: str) -> int:
        status: int = engine(f"incidents/{number}/approve", {}, person=person).status
        return status

    assert [approved(person) for person in ("lena", "rosa", "anna", "anna")] == [403, 403, 200, 409]
    assert [one["source"] for one in events("asked", "approved")] == ["user anna"]
    eventually(lambda: outcomes("asked"), ["recovered"], seconds=120)
    assert actions("asked_down") == [["restart"]]


def test_step_that_outlived_the_engine_is_found_again(
    events: Any, outcomes: Any, actions: Any, eventually: Any
) -> None:
    eventually(lambda: outcomes("steady"), ["recovered"], seconds=90)
    assert [one["outcome"] for one in events("steady", "step_ended")] == ["done"]
    assert actions("steady_down") == [["restart"]]


def test_run_whose_runbook_changes_meanwhile_goes_no_further_and_a_person_is_paged(
    events: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    (end,) = eventually(lambda: events("changed", "verified"))
    assert (end["outcome"], end["reason"]) == (
        "unknown",
        "the runbook changed_down has changed since the run began",
    )
    assert actions("changed_down") == [["run"]]
    eventually(lambda: pages(alertname="IncidentEscalated", service="changed"))


def test_second_step_is_done_if_a_request_over_http_finds_that_the_first_has_not_helped(
    machine: Any, events: Any, outcomes: Any, actions: Any, eventually: Any
) -> None:
    assert eventually(lambda: outcomes("scaled"), seconds=120) == ["recovered"]
    assert [one["outcome"] for one in events("scaled", "step_verified")] == ["failing", "recovered"]
    assert actions("scaled_down") == [["vacuum", "clear"], ["start"]]
    assert not machine("incidents-3").file("/srv/pages/full").exists


def test_step_is_verified_by_a_command_of_its_host(machine: Any, outcomes: Any, actions: Any, eventually: Any) -> None:
    assert eventually(lambda: outcomes("checked"), seconds=120) == ["recovered"]
    assert actions("checked_down") == [["clear"]]
    assert not machine("incidents-2").file("/srv/pages/full").exists


def test_step_that_makes_it_worse_is_rolled_back_and_a_person_is_paged(
    machine: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    assert eventually(lambda: outcomes("worsened"), seconds=120) == ["worse"]
    assert actions("worsened_down") == [["run", "stop"], ["run", "start"]]
    target = machine("incidents-3")
    assert target.service("sample@spare").is_running
    assert not target.file("/run/left").exists
    assert len(eventually(lambda: pages(alertname="IncidentEscalated", service="worsened"))) == 1


def test_one_of_two_alerts_of_an_application_is_acted_on_for_all_of_its_hosts(
    incident: Any, outcomes: Any, attempts: Any, eventually: Any
) -> None:
    assert eventually(lambda: outcomes("fleet"), seconds=120) == ["recovered"]
    found = incident("fleet")
    assert [one["labels"]["alertname"] for one in found["alerts"]].count("FleetDown") == 2
    assert [one["allowed"] for one in found["decisions"]].count(True) == 1
    first, second = sorted(attempts("fleet_down"), key=lambda one: one["acquired"])
    assert {first["host"], second["host"]} == {"incidents-2", "incidents-3"}
    assert [one["action"] for one in first["actions"] + second["actions"]] == ["restart", "restart"]
    assert first["released"] <= second["acquired"]


def test_rest_of_a_runbook_is_left_out_once_its_alert_is_resolved(
    events: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    (end,) = eventually(lambda: events("mended", "verified"), seconds=120)
    assert (end["outcome"], end["reason"]) in (
        ("stopped", "the alert is resolved"),
        ("stopped", "Prometheus does not fire the alert any more"),
    )
    assert [one["outcome"] for one in events("mended", "step_ended")] == ["done"]
    assert actions("mended_down") == [["restart"]]
    assert pages(service="mended") == []


def test_command_that_ignores_its_end_is_gone_with_its_children_when_its_time_is_over(
    machine: Any, outcomes: Any, attempts: Any, pages: Any, eventually: Any
) -> None:
    assert eventually(lambda: outcomes("hanging"), seconds=120) == ["failing"]
    (attempt,) = attempts("hanging_down")
    assert [(one["action"], one["failed"]) for one in attempt["actions"]] == [("run", True)]
    assert attempt["released"] - attempt["acquired"] <= 20
    assert machine("incidents-2").run("pgrep --full '^sleep (4444|5555)$'").stdout == ""
    eventually(lambda: pages(alertname="IncidentEscalated", service="hanging"))


@pytest.mark.parametrize("service", TARGETS)
def test_alert_that_does_not_name_one_host_touches_none(machine: Any, incident: Any, service: str) -> None:
    found = incident(service)
    assert [one["target"] for one in found["decisions"]] == [TARGETS[service]]
    assert [one["hosts"] for one in found["decisions"]] == [[]]
    assert "step_started" not in [one["kind"] for one in found["events"]]
    assert not any(machine(f"incidents-{number}").file("/run/owned").exists for number in (1, 2, 3))


def test_alert_that_a_person_has_silenced_is_left_alone(
    incident: Any, refusals: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    eventually(lambda: refusals("silenced").get("muted"))
    (alert,) = incident("silenced")["alerts"]
    assert refusals("silenced")["muted"] == f"the alert is silenced by {alert['silenced_by'][0]}"
    assert actions("silenced_down") == []
    assert pages(alertname="SampleDown", service="silenced") == []


def test_runbook_that_observes_decides_and_does_nothing(
    incident: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    allowed = eventually(lambda: [one for one in incident("observed")["decisions"] if one["allowed"]])[0]
    assert (allowed["level"], allowed["hosts"], allowed["steps"]) == ("observe", ["incidents-3"], ["restart_service"])
    found = eventually(lambda: [one for decision in incident("observed")["decisions"] for one in decision["dry_runs"]])
    assert [(one["outcome"], one["host"]) for one in found] == [("done", "incidents-3")]
    assert "+ restart sample@observed.service" in found[0]["text"]
    # People get it as ever.
    assert len(eventually(lambda: pages(alertname="SampleDown", service="observed"))) == 1
    assert actions("observed_down") == []


@pytest.mark.parametrize(
    ("service", "tried"), [("broken", [["restart"], ["restart"], ["run"]]), ("hollow", [["restart"]])]
)
def test_person_is_paged_once_with_all_that_automation_tried_in_vain(
    incident: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any, service: str, tried: list[list[str]]
) -> None:
    (page,) = eventually(lambda: pages(alertname="IncidentEscalated", service=service), seconds=90)
    assert page.annotations["incident_url"] == f"https://incidents-1:9095/incidents/{incident(service)['id']}"
    assert outcomes(service) == ["failing"]
    assert actions(f"{service}_down") == tried


def test_step_that_failed_is_rolled_back(machine: Any) -> None:
    assert machine("incidents-2").file("/run/rolled-back").exists


def test_no_two_attempts_hold_a_host_at_once(targets: list[Any], attempts: Any) -> None:
    for target in targets:
        own = [one for one in attempts() if one["host"] == target.backend.name and one["released"]]
        ordered = sorted(own, key=lambda one: (one["acquired"], one["released"]))
        assert len({one["runbook"] for one in ordered}) > 3
        assert all(before["released"] <= after["acquired"] for before, after in pairwise(ordered))


def test_alert_that_automation_did_not_solve_reaches_people_itself(pages: Any, eventually: Any) -> None:
    eventually(lambda: pages(alertname="SampleDown", service="hollow"))
