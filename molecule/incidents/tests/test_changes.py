"""What changes while a step runs: people silence its alert, or Alertmanager inhibits it. No further step begins.

The clock of a host jumps an hour ahead meanwhile, and is set back in test_frozen.py.
"""

from __future__ import annotations

from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
SAMPLES = ("inhibited", "taken")
HOUR = 3600  # seconds
CRASHED = "systemctl kill --signal=KILL sample@crashed"
# With files of the journal that are not written any more.
FILLED = """
    journalctl --rotate
    folder=/run/log/journal/$(cat /etc/machine-id)
    mkdir $folder
    for number in 1 2 3 4 5; do
      file=$folder/system@00000000000000000000000000000000-000000000000000$number-000000000000000$number.journal
      cp "$(ls /var/log/journal/*/system@*.journal | head -n 1)" $file
      fallocate --length 8M $file
    done"""


@pytest.fixture(scope="module", autouse=True)
def faults(machine: Any, stop: Any, silence: Any, events: Any, attempts: Any, set_clock: Any, eventually: Any) -> None:
    """Stop two samples; while their first steps run, silence the alert of one and stop the cause of the other.

    Then a unit fails and a disk fills, which test_evidence.py is about: what mends them has time until then.
    """
    set_clock(0)
    stop(*SAMPLES)
    eventually(lambda: all(events(service, "step_started") for service in SAMPLES), seconds=90)
    stop("cause")
    silence("taken")
    eventually(lambda: attempts("inhibited_down"))
    set_clock(HOUR)
    machine("incidents-2").check_output(f"{CRASHED}; {FILLED}")


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


def test_step_holds_a_host_whose_clock_jumps_ahead_until_it_has_ended(attempts: Any) -> None:
    (attempt,) = attempts("inhibited_down")
    assert attempt["released"] - attempt["acquired"] > HOUR
    assert [(one["action"], one["failed"]) for one in attempt["actions"]] == [("run", False)]
