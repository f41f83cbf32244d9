"""What has taken longest of all that was broken, and what is known of it afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
TERM = 30  # seconds of a silence, which the inventory has
FAILED = ("broken", "hollow")


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


def test_what_was_deployed_before_is_known_from_the_hosts(incident: Any) -> None:
    found = incident("node_exporter")["changes"]["found"]
    (deployed,) = [one for one in found if (one["source"], one["of"]) == ("Hosts", "node_exporter")]
    assert deployed["text"].endswith(" deployed on incidents-1, incidents-2, incidents-3 (installation)")


@pytest.mark.parametrize("member", ["incidents-1", "incidents-2"])
def test_silence_of_the_engine_is_of_one_alert_and_ends_within_its_term(
    incident: Any, silences: Any, member: str
) -> None:
    found = incident("node_exporter")
    held = silences(member, "exporter_down")
    assert held
    for one in held:
        assert {each["name"]: each["value"] for each in one["matchers"]} == found["alerts"][0]["labels"]
        updated, end = (datetime.fromisoformat(one[key]) for key in ("updatedAt", "endsAt"))
        assert end - updated <= timedelta(seconds=TERM)


@pytest.mark.parametrize("service", FAILED)
def test_what_automation_did_not_solve_is_not_tried_again(
    incident: Any, refusals: Any, pages: Any, service: str
) -> None:
    assert [one["allowed"] for one in incident(service)["decisions"]].count(True) == 1
    assert "s ago, and waits for 3600 s" in refusals(service)["cooldown"]
    assert len(pages(alertname="IncidentEscalated", service=service)) == 1
