"""What changes while a step runs: people silence its alert, or Alertmanager inhibits it. No further step begins."""

from __future__ import annotations

from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
SAMPLES = ("inhibited", "taken")


@pytest.fixture(scope="module", autouse=True)
def faults(stop: Any, silence: Any, events: Any, eventually: Any) -> None:
    """Stop two samples; while their first steps run, silence the alert of one and stop the cause of the other."""
    stop(*SAMPLES)
    eventually(lambda: all(events(service, "step_started") for service in SAMPLES), seconds=90)
    stop("cause")
    silence("taken")


@pytest.mark.parametrize(("service", "how"), [("inhibited", "inhibited"), ("taken", "silenced")])
def test_alert_is_left_to_people_who_take_it_while_a_step_runs(
    events: Any, actions: Any, pages: Any, eventually: Any, service: str, how: str
) -> None:
    (end,) = eventually(lambda: events(service, "verified"))
    assert (end["outcome"], end["reason"].rpartition(" ")[0]) == ("stopped", f"the alert is {how} by")
    assert [one["outcome"] for one in events(service, "step_ended")] == ["done"]
    assert actions(f"{service}_down") == [["run"]]
    assert pages(alertname="SampleDown", service=service) == []
    assert pages(alertname="IncidentEscalated", service=service) == []
