"""An engine that hangs while it holds a silence: people get the alert when that ends, and nothing is done twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
KILL = "systemctl kill --kill-whom=main incident_response --signal"
INTERVAL = 30  # seconds between two looks of Alertmanager at an alert that waits for people


def test_silence_of_an_engine_that_hangs_ends_by_its_term_and_the_person_is_paged(
    host: Any, stop: Any, replace: Any, incident: Any, events: Any, silences: Any, pages: Any, eventually: Any
) -> None:
    replace("frozen", "/bin/sleep infinity")
    stop("frozen")
    eventually(lambda: events("frozen", "step_started"))
    number = incident("frozen")["id"]
    host.check_output(f"{KILL}=STOP")
    ends = max(datetime.fromisoformat(one["endsAt"]).timestamp() for one in silences("incidents-1", number))
    (page,) = eventually(lambda: pages(alertname="SampleDown", service="frozen"), seconds=120)
    assert ends <= page.at <= ends + INTERVAL + 10


def test_engine_that_goes_on_repeats_no_step(
    host: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    host.check_output(f"{KILL}=CONT")
    assert eventually(lambda: outcomes("frozen")) == ["failing"]
    assert actions("frozen_down") == [["restart"]]
    assert len(eventually(lambda: pages(alertname="IncidentEscalated", service="frozen"))) == 1
