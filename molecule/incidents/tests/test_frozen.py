"""An engine that hangs, a step that never ends, a host that nobody reaches: people get the alerts, nothing is repeated.

The clock of that host was an hour ahead, and is set back.
"""

from __future__ import annotations

import json
import shlex
from datetime import datetime
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
KILL = "systemctl kill --kill-whom=main --signal"
ASK = "/usr/local/libexec/vigil-action"
STATUS = f"""echo '{{"action": "status"}}' | {ASK}"""
# Of what the host sends, nothing of SSH arrives.
UNREACHABLE = "ip rule {} ipproto 6 sport 22 blackhole"
INTERVAL = 30  # seconds between two looks of Alertmanager at an alert that waits for people
HOUR = 3600  # seconds
ENDLESS = "pgrep --full '^sleep {}$'"  # what the step begins: 6666 in a session of its own, and 7777
LIMIT = "/run/systemd/system/incident_step@.service.d/limit.conf"
# Longer than the runner lets the other step take, and sooner than the hour of the role.
LONGEST = 48  # seconds


@pytest.fixture(scope="module", autouse=True)
def unit(host: Any, machine: Any, stop: Any, attempts: Any, set_clock: Any, eventually: Any) -> str:
    """Return the unit of a step that never ends. Its runner hangs, as the engine does, and nobody reaches a host."""
    host.check_output(f"mkdir --parents $(dirname {LIMIT}); printf '[Service]\\nRuntimeMaxSec={LONGEST}\\n' >{LIMIT}")
    host.check_output("systemctl daemon-reload")
    set_clock(HOUR)
    stop("cut_off", "frozen")
    eventually(lambda: attempts("cut_off_down") and host.run(ENDLESS.format(7777)).stdout)
    host.check_output(f"{KILL}=STOP incident_response")
    machine("incidents-3").check_output(UNREACHABLE.format("add"))
    set_clock(0)
    assert host.run(ENDLESS.format(6666)).stdout
    own: str = host.check_output(f"ps --pid $({ENDLESS.format(7777)}) --format unit:100=").strip()
    host.check_output(f"{KILL}=STOP {shlex.quote(own)}")
    return own


def test_silence_of_an_engine_that_hangs_ends_by_its_term_and_the_person_is_paged(
    silences: Any, pages: Any, eventually: Any
) -> None:
    ends = max(datetime.fromisoformat(one["endsAt"]).timestamp() for one in silences("incidents-1", "frozen_down"))
    (page,) = eventually(lambda: pages(alertname="SampleDown", service="frozen"), seconds=120)
    assert ends <= page.at <= ends + INTERVAL + 10


def test_host_that_nobody_reaches_ends_what_runs_with_its_lease_whatever_its_clock_says(
    machine: Any, attempts: Any, eventually: Any
) -> None:
    target = machine("incidents-3")
    assert eventually(lambda: json.loads(target.check_output(STATUS))["lease"] is None)
    (attempt,) = attempts("cut_off_down")
    assert [(one["action"], one["failed"]) for one in attempt["actions"]] == [("run", True)]
    assert attempt["released"] is None
    assert target.run("pgrep --full '^/usr/bin/sleep 3333$'").stdout == ""
    target.check_output(UNREACHABLE.format("delete"))


def test_host_whose_clock_was_set_back_still_remembers_who_acted_there(machine: Any, attempts: Any) -> None:
    asked = {"action": "acquire", "attempt": "by-another-engine", "seconds": 5, "runbook": "cut_off_down"}
    asked |= {"run": "another", "age": 0, "cooldown": HOUR, "runs": 3, "within": HOUR}
    words = f"echo {shlex.quote(json.dumps(asked))} | runuser -u vigil-runbook -- sudo --non-interactive {ASK}"
    refused = json.loads(machine("incidents-3").run(words).stdout)
    (attempt,) = attempts("cut_off_down")
    begin = (
        f"cut_off_down waits for {HOUR} s between two runs: it ran here in {attempt['attempt']} of incidents-1, since"
    )
    assert (refused["outcome"], refused["message"].startswith(begin)) == ("refused", True), refused
    # Rather than in an hour.
    assert refused["message"].endswith((" 0 s ago.", " 1 s ago.")), refused


def test_engine_that_goes_on_repeats_no_step(
    host: Any, events: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    host.check_output(f"{KILL}=CONT incident_response")
    assert eventually(lambda: outcomes("frozen")) == ["failing"]
    assert [one["outcome"] for one in events("frozen", "step_ended")] == ["unknown"]
    assert actions("frozen_down") == [[]]
    assert len(eventually(lambda: pages(alertname="IncidentEscalated", service="frozen"))) == 1


def test_step_that_never_ends_is_gone_with_all_that_it_began_and_its_host_is_free(
    host: Any, machine: Any, unit: str, attempts: Any, eventually: Any
) -> None:
    eventually(lambda: host.check_output("systemctl list-units --no-legend 'incident_step@*'"), "")
    told = host.check_output(f"journalctl --unit={shlex.quote(unit)} --output=cat --no-pager")
    assert "Failed with result 'timeout'" in told
    assert told.count("(sleep) with signal SIGKILL") == len((6666, 7777))
    assert [host.run(ENDLESS.format(seconds)).stdout for seconds in (6666, 7777)] == ["", ""]
    assert json.loads(machine("incidents-2").check_output(STATUS))["lease"] is None
    (attempt,) = attempts("frozen_down")
    assert (attempt["actions"], attempt["released"]) == ([], None)
    host.check_output(f"rm {LIMIT}; systemctl daemon-reload")


def test_step_whose_host_was_not_reached_is_ended_and_a_person_is_paged(
    host: Any, events: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    assert eventually(lambda: outcomes("cut_off")) == ["failing"]
    (ended,) = events("cut_off", "step_ended")
    assert ended["outcome"] == "unknown"
    assert actions("cut_off_down") == [["run"]]
    assert host.check_output("systemctl list-units --no-legend 'incident_step@*'") == ""
    assert len(eventually(lambda: pages(alertname="IncidentEscalated", service="cut_off"))) == 1
