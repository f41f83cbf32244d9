"""An alert is fixed, verified and kept from people, or a person is paged. All samples are broken at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
AMTOOL = "amtool --alertmanager.url=https://localhost:9093 --http.config.file=/etc/alertmanager/amtool.yml"
TERM = 30  # seconds of a silence, which the inventory has
STOPPED = ("asked", "broken", "hollow", "observed", "silenced", "steady", "unapproved")
# One cannot start any more, the other starts and answers nobody.
REPLACED = {"broken": "/bin/false", "hollow": "/bin/sleep infinity"}
TARGETS = {
    "no_host": "the alert has no label host",
    "group": "'all' is no host of the inventory",
    "pattern": "'*' is not the name of one host",
    "two_hosts": "'incidents-2,incidents-3' is not the name of one host",
    "url": "'https://incidents-3' is not the name of one host",
    "address": "'::1' is not the name of one host",
    "jinja": """"{{ lookup('pipe', 'touch /run/owned') }}" is not the name of one host""",
}


@pytest.fixture(scope="module", autouse=True)
def faults(machine: Any, stop: Any, replace: Any, eventually: Any) -> None:
    """Silence one sample as a person does, then stop all of them, and an exporter."""
    silence = f"{AMTOOL} silence add --comment='a person at work' --duration=1h alertname=SampleDown service=silenced"
    machine("incidents-1").check_output(silence)
    eventually(lambda: "a person at work" in machine("incidents-2").check_output(f"{AMTOOL} silence query"))
    for name, program in REPLACED.items():
        replace(name, program)
    stop(*STOPPED)
    machine("incidents-3").check_output("systemctl stop node_exporter")


def test_step_outlives_the_engine_that_is_killed_and_is_found_again(
    host: Any, engine: Any, events: Any, outcomes: Any, actions: Any, eventually: Any
) -> None:
    eventually(lambda: events("steady", "step_started"))
    host.check_output("systemctl kill --kill-whom=main --signal=KILL incident_response")
    assert host.check_output("systemctl list-units --state=running --no-legend 'incident_step@*'")
    eventually(lambda: engine("incidents").status, 200)
    eventually(lambda: outcomes("steady"), ["recovered"], seconds=90)
    assert [one["outcome"] for one in events("steady", "step_ended")] == ["done"]
    assert actions("steady_down") == [["restart"]]


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
    eventually(lambda: outcomes("asked"), ["recovered"])
    assert actions("asked_down") == [["restart"]]


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
    assert "+ restart sample-observed.service" in found[0]["text"]
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


def test_alert_that_automation_did_not_solve_reaches_people_itself(pages: Any, eventually: Any) -> None:
    eventually(lambda: pages(alertname="SampleDown", service="hollow"))


def test_exporter_is_restarted_and_verified_and_nobody_is_paged(
    machine: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    eventually(lambda: outcomes("node_exporter"), ["recovered"], seconds=150)
    assert machine("incidents-3").service("node_exporter").is_running
    assert actions("exporter_down") == [["restart"]]
    assert pages(service="node_exporter") == []


def test_approval_that_nobody_gave_in_time_is_refused_and_the_person_stays_paged(
    engine: Any, incident: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    assert pages(alertname="IncidentNeedsApproval", service="unapproved")
    assert eventually(lambda: outcomes("unapproved"), seconds=120) == ["unapproved"]
    late = engine(f"incidents/{incident('unapproved')['id']}/approve", {}, person="anna")
    assert (late.status, "is not to be started any more" in late.body) == (409, True)
    eventually(lambda: pages(alertname="IncidentEscalated", service="unapproved"))
    assert len(pages(alertname="SampleDown", service="unapproved")) == 1
    assert actions("unapproved_down") == []


@pytest.mark.parametrize("service", ["hollow", "node_exporter"])
def test_onset_is_the_begin_of_what_the_rule_waits_for(incident: Any, service: str) -> None:
    found = incident(service)
    active, onset = (datetime.fromisoformat(one) for one in (found["alerts"][0]["starts_at"], found["onset"]))
    # The rule waits for six seconds; samples and evaluations of another replica are some seconds apart.
    assert timedelta(seconds=4) <= active - onset <= timedelta(seconds=40)


def test_post_mortem_has_what_was_tried(engine: Any, incident: Any) -> None:
    number = incident("node_exporter")["id"]
    told = engine(f"incidents/{number}/post-mortem.md", person="lena").body
    tried = told.partition("## What was tried by automation")[2].partition("## ")[0].replace("\\", "")
    assert "+ restart node_exporter.service" in tried


@pytest.mark.parametrize("member", ["incidents-1", "incidents-2"])
def test_silence_of_the_engine_is_of_one_alert_and_ends_within_its_term(
    incident: Any, silences: Any, member: str
) -> None:
    found = incident("node_exporter")
    held = silences(member, found["id"])
    assert held
    for one in held:
        assert {each["name"]: each["value"] for each in one["matchers"]} == found["alerts"][0]["labels"]
        updated, end = (datetime.fromisoformat(one[key]) for key in ("updatedAt", "endsAt"))
        assert end - updated <= timedelta(seconds=TERM)


@pytest.mark.parametrize("service", REPLACED)
def test_what_automation_did_not_solve_is_not_tried_again(
    incident: Any, refusals: Any, pages: Any, service: str
) -> None:
    assert [one["allowed"] for one in incident(service)["decisions"]].count(True) == 1
    assert "s ago, and waits for 3600 s" in refusals(service)["cooldown"]
    assert len(pages(alertname="IncidentEscalated", service=service)) == 1
