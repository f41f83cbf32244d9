"""While automation is stopped, or the host of its engine is gone, people get every alert after the delay."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
DELAY = 31  # seconds, which the inventory has
DATA = "/var/lib/incident_response"
FILE = f"{DATA}/stop"
SAMPLES = ("lonely", "stopped_by_a_file", "stopped_by_a_person")


def test_file_on_the_host_stops_automation(host: Any, stop: Any, refusals: Any, eventually: Any) -> None:
    host.check_output(f"touch {FILE}")
    stop("stopped_by_a_file")
    eventually(lambda: refusals("stopped_by_a_file"), {"people": f"{FILE} exists"})


def test_person_who_may_respond_stops_automation(
    host: Any, stop: Any, engine: Any, refusals: Any, eventually: Any
) -> None:
    assert engine("automation/stop", {"reason": "a drill"}, person="rosa").status == 200
    host.check_output(f"rm {FILE}")
    stop("stopped_by_a_person")
    eventually(lambda: refusals("stopped_by_a_person"), {"people": "rosa stopped all automation: a drill"})


def test_alert_needs_neither_the_engine_nor_its_host_to_reach_people(stop: Any, pages: Any, eventually: Any) -> None:
    # Its Prometheus and its Alertmanager are gone with it.
    subprocess.run(["docker", "pause", "incidents-1"], check=True, stdout=subprocess.DEVNULL)
    stop("lonely", "unseen")
    assert len(eventually(lambda: pages(alertname="SampleDown", service="lonely"), seconds=DELAY + 30)) == 1


@pytest.mark.parametrize("service", SAMPLES)
def test_people_get_what_is_left_alone_after_the_delay(actions: Any, pages: Any, service: str) -> None:
    (page,) = pages(alertname="SampleDown", service=service)
    assert DELAY - 1 <= page.at - page.starts_at <= DELAY + 15
    assert actions(f"{service}_down") == []


def test_alert_that_joins_a_group_of_which_people_know_waits_for_its_own_delay(pages: Any, eventually: Any) -> None:
    (page,) = eventually(lambda: pages(alertname="SampleDown", service="hollow", part="second"))
    known = [one for one in pages(alertname="SampleDown", service="hollow") if one.at < page.starts_at]
    assert known
    assert DELAY - 1 <= page.at - page.starts_at <= DELAY + 15


def test_engine_whose_host_is_back_acts_on_what_still_fires_once_automation_is_resumed(
    host: Any, engine: Any, events: Any, refusals: Any, eventually: Any
) -> None:
    subprocess.run(["docker", "unpause", "incidents-1"], check=True, stdout=subprocess.DEVNULL)
    eventually(lambda: engine("incidents").status, 200)
    eventually(lambda: refusals("lonely"), {"people": "rosa stopped all automation: a drill"})
    assert engine("automation/resume", {"reason": "it is over"}, person="anna").status == 403
    assert engine("automation/resume", {"reason": "it is over"}).status == 200
    for service in SAMPLES:
        eventually(lambda service=service: [one["outcome"] for one in events(service, "verified")], ["recovered"])


def test_verification_without_any_prometheus_is_unknown_and_a_person_is_paged(
    machine: Any, events: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    replicas = [machine("incidents-1"), machine("incidents-2")]
    eventually(lambda: events("unseen", "step_started"))
    assert outcomes("unseen") == []
    for one in replicas:
        one.check_output("systemctl stop prometheus")
    assert eventually(lambda: outcomes("unseen")) == ["unknown"]
    assert actions("unseen_down") == [["run"]]
    assert len(eventually(lambda: pages(alertname="IncidentEscalated", service="unseen"))) == 1
    for one in replicas:
        one.check_output("systemctl start prometheus")


def test_new_engine_that_knows_of_no_run_is_refused_by_the_host_that_remembers_one(
    host: Any, engine: Any, actions: Any, eventually: Any
) -> None:
    words = f"systemctl stop incident_response && rm {DATA}/journal.sqlite* && systemctl start incident_response"
    host.check_output(words)

    def ended() -> list[str]:
        listed = engine("incidents?state=all&limit=500").json()["incidents"]
        listed = [one for one in listed if "hollow" in one["services"]]
        events = [event for one in listed for event in engine(f"incidents/{one['id']}").json()["events"]]
        return [one["reason"] for one in events if (one["kind"], one.get("runbook")) == ("verified", "hollow_down")]

    eventually(lambda: engine("incidents").status, 200)
    refused = "incidents-2 refused restart_service: hollow_down waits for "
    assert {one.startswith(refused) for one in eventually(ended, seconds=120)} == {True}, ended()
    assert actions("hollow_down") == [["restart"]]
