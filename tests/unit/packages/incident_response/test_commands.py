# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pre-checks and verifications by a command that the hosts of a run declare, and that they alone run."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps import State
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.spec import (
    Spec,
    variables_of,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.state import Kind
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import named, notified
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook

DOWN = named("TargetDown", host="web1", job="node_exporter", instance="web1:9100", service="shop")
READY = {"kind": "command", "text": ["ready"]}
VERIFIED = {**READY, "within": 180, "stable": 60, "samples": 3}
SHOP = {"target": {"kind": "application", "name": "service"}, "applications": {"shop": {"hosts": ["web1", "web2"]}}}


class Commanded:
    """An engine whose hosts end a command as a test says: with an exit code, or None if it goes on."""

    def __init__(self, looking: Looking, intake: Intake, replica: Replica) -> None:
        self.looking, self.intake, self.steps = looking, intake, looking.steps
        self.codes: dict[str, int | None] = {"web1": 0, "web2": 0}
        intake.notify(notified(DOWN))
        replica.fire(DOWN)
        replica.samples = {'max by (host) (up{job="node_exporter"})': [({"host": "web3"}, 1)]}

    def follow(self, **changed: Any) -> None:
        """Take a runbook, and go on until something has started."""
        self.looking.follow(runbook(level="full", **changed))
        self.looking.act(3)

    def go_on(self, seconds: float) -> None:
        """Let time pass, while what has started ends."""
        until = self.intake.now + seconds
        while self.intake.now < until:
            for one in self.steps.started:
                code = self.codes[one.host.name] if one.step == "run_script" else 0
                if code is not None:
                    self.steps.states.setdefault(one.attempt, State(Kind.FINISHED, code))
            self.intake.now += 5
            self.looking.act()

    def done(self) -> list[tuple[str, str]]:
        """Return what was started, and where."""
        return [(one.step, one.host.name) for one in self.steps.started]

    def commands(self) -> list[Spec]:
        """Return the attempts at the command."""
        return [one for one in self.steps.started if one.step == "run_script"]

    def ended(self) -> tuple[str, str]:
        """Return how the run ended, and why."""
        told = self.intake.incident(1)["decisions"][0]["verification"]
        return (told["outcome"], told["reason"]) if told else ("", "")


@pytest.fixture
def commanded(looking: Looking, intake: Intake, replica: Replica, certificates: Certificates) -> Commanded:
    """An exporter that does not answer."""
    return Commanded(looking, intake, replica)


def test_a_run_is_verified_by_a_command_that_ends_with_0_for_long_enough(commanded: Commanded) -> None:
    commanded.follow(verification=VERIFIED)
    assert commanded.done() == [("restart_service", "web1")]
    commanded.go_on(120)
    assert commanded.ended()[0] == "recovered"
    first, *others = commanded.commands()
    assert len(others) >= 3
    assert first.parameters == {"command": "ready"}
    # The host remembers all of them as one attempt of the run.
    leases = {variables_of(one)["step_attempt"] for one in commanded.commands()}
    assert (leases, first.limit["run"]) == ({"inc-1-d4-1767225600-v1767225605"}, "inc-1-d4-1767225600")
    assert len({one.attempt for one in commanded.commands()}) == len(commanded.commands())
    kinds = [one["kind"] for one in commanded.intake.incident(1)["events"]]
    assert kinds[2:7] == ["decided", "step_started", "step_ended", "step_verified", "verified"]


def test_a_command_that_fails_helps_nothing(commanded: Commanded) -> None:
    commanded.codes["web1"] = 2
    commanded.follow(verification=VERIFIED)
    commanded.go_on(220)
    assert commanded.ended() == ("failing", "1 series are bad")


@pytest.mark.parametrize("code", [1, 4, 130])
def test_a_command_of_which_nothing_is_known_is_never_recovered(commanded: Commanded, code: int) -> None:
    commanded.codes["web2"] = code
    commanded.follow(verification=VERIFIED, **SHOP)
    commanded.go_on(240)
    assert commanded.ended() == ("unknown", "there were no samples")


def test_a_command_has_to_hold_on_every_host(commanded: Commanded) -> None:
    commanded.codes["web2"] = 2
    commanded.follow(verification=VERIFIED, **SHOP)
    commanded.go_on(240)
    assert commanded.ended() == ("failing", "1 series are bad")


def test_a_command_that_hangs_ends_with_the_verification_and_its_host_stays_busy(commanded: Commanded) -> None:
    commanded.codes["web1"] = None
    commanded.follow(verification=VERIFIED)
    commanded.go_on(200)
    assert commanded.ended() == ("unknown", "there were no samples")
    assert len(commanded.commands()) == 1


def test_no_command_runs_while_people_have_stopped_automation(commanded: Commanded) -> None:
    commanded.follow(verification=VERIFIED)
    commanded.intake.automate("stop", reason="audit")
    commanded.go_on(220)
    assert commanded.commands() == []
    assert commanded.ended() == ("unknown", "there were no samples")


def test_an_alert_that_is_resolved_is_verified_to_the_end(commanded: Commanded) -> None:
    commanded.follow(verification=VERIFIED)
    commanded.go_on(10)
    commanded.intake.notify(notified(DOWN, ended_at=commanded.intake.now))
    commanded.go_on(110)
    assert commanded.ended()[0] == "recovered"


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        (0, ("", "")),
        (2, ("stopped", "the pre-check does not hold")),
        (4, ("stopped", "the pre-check has no answer")),
        (None, ("", "")),
    ],
)
def test_a_command_as_the_pre_check_runs_before_the_first_step(
    commanded: Commanded, code: int | None, ended: tuple[str, str]
) -> None:
    commanded.codes["web1"] = code
    commanded.follow(precheck=READY)
    assert commanded.done() == [("run_script", "web1")]
    commanded.go_on(10)
    assert commanded.done() == [("run_script", "web1")] + [("restart_service", "web1")] * (code == 0)
    assert commanded.ended() == ended
    assert "escalated" not in [one["kind"] for one in commanded.intake.incident(1)["events"]]


def test_a_pre_check_that_people_stop_is_not_run(commanded: Commanded) -> None:
    commanded.looking.follow(runbook(level="full", precheck=READY))
    commanded.looking.once()
    commanded.intake.act("take_over")
    commanded.looking.act(2)
    assert commanded.ended() == ("stopped", "anna took over the incident")
    assert commanded.steps.started == []


def test_a_command_that_does_not_start_has_no_answer(commanded: Commanded) -> None:
    commanded.steps.refused = "As many steps run as may run at once."
    commanded.follow(precheck=READY)
    commanded.go_on(60)
    assert commanded.ended() == ("", "")
    commanded.go_on(10)
    assert commanded.ended() == ("stopped", "the pre-check has no answer")


def test_a_crash_during_a_command_runs_it_again_and_no_step_twice(commanded: Commanded) -> None:
    commanded.codes["web1"] = None
    commanded.follow(precheck=READY)
    commanded.intake.now += 1
    commanded.codes["web1"] = 0
    commanded.follow(precheck=READY)
    commanded.go_on(10)
    assert commanded.done() == [("run_script", "web1")] * 2 + [("restart_service", "web1")]
