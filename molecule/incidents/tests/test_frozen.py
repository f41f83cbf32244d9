"""An engine that hangs, and a host that nobody reaches: people get the alerts, and nothing is done twice."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
KILL = "systemctl kill --kill-whom=main incident_response --signal"
STATUS = """echo '{"action": "status"}' | /usr/local/libexec/vigil-action"""
# Of what the host sends, nothing of SSH arrives.
UNREACHABLE = "ip rule {} ipproto 6 sport 22 blackhole"
INTERVAL = 30  # seconds between two looks of Alertmanager at an alert that waits for people


@pytest.fixture(scope="module", autouse=True)
def faults(host: Any, machine: Any, stop: Any, replace: Any, attempts: Any, eventually: Any) -> None:
    """Stop two samples; while their steps run, stop the engine as well, and have nobody reach one of their hosts."""
    replace("frozen", "ExecStart=", "ExecStart=/bin/sleep infinity")
    stop("cut_off", "frozen")
    eventually(lambda: attempts("cut_off_down") and attempts("frozen_down"))
    host.check_output(f"{KILL}=STOP")
    machine("incidents-3").check_output(UNREACHABLE.format("add"))


def test_silence_of_an_engine_that_hangs_ends_by_its_term_and_the_person_is_paged(
    silences: Any, pages: Any, eventually: Any
) -> None:
    ends = max(datetime.fromisoformat(one["endsAt"]).timestamp() for one in silences("incidents-1", "frozen_down"))
    (page,) = eventually(lambda: pages(alertname="SampleDown", service="frozen"), seconds=120)
    assert ends <= page.at <= ends + INTERVAL + 10


def test_host_that_nobody_reaches_ends_what_runs_with_its_lease(machine: Any, attempts: Any, eventually: Any) -> None:
    target = machine("incidents-3")
    assert eventually(lambda: json.loads(target.check_output(STATUS))["lease"] is None)
    (attempt,) = attempts("cut_off_down")
    assert [(one["action"], one["failed"]) for one in attempt["actions"]] == [("run", True)]
    assert attempt["released"] is None
    assert target.run("pgrep --full '^/usr/bin/sleep 3333$'").stdout == ""
    target.check_output(UNREACHABLE.format("delete"))


def test_engine_that_goes_on_repeats_no_step(
    host: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    host.check_output(f"{KILL}=CONT")
    assert eventually(lambda: outcomes("frozen")) == ["failing"]
    assert actions("frozen_down") == [["restart"]]
    assert len(eventually(lambda: pages(alertname="IncidentEscalated", service="frozen"))) == 1


def test_step_whose_host_was_not_reached_is_ended_and_a_person_is_paged(
    host: Any, events: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    assert eventually(lambda: outcomes("cut_off")) == ["failing"]
    assert [one["outcome"] for one in events("cut_off", "step_ended")] == ["unknown"]
    assert actions("cut_off_down") == [["run"]]
    assert host.check_output("systemctl list-units --no-legend 'incident_step@*'") == ""
    assert len(eventually(lambda: pages(alertname="IncidentEscalated", service="cut_off"))) == 1
