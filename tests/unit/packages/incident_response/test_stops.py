# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A person stops what runs for an incident."""

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.timeline import (
    timeline,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.fields import (
    ActionError,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.state import Kind, State
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alone import FULL, TWO, Alone
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook

NAME = "inc-1-d4-1767225600-s1-h1-a1"
CANCELLED = State(Kind.UNKNOWN, reason="its host was released", cancelled=True)


def attempt(alone: Alone) -> tuple[str, str]:
    """Return how the attempt ended, and why."""
    (found,) = alone.intake.incident(1)["decisions"][0]["attempts"]
    return found["outcome"], found.get("reason", "")


def test_what_runs_is_cancelled_and_nothing_more_is_started(alone: Alone) -> None:
    alone.follow(TWO)
    (running,) = alone.intake.incident(1)["running"]
    assert (running["attempt"], running["runbook"], running["stopped"]) == (NAME, "exporter_down", "")
    alone.intake.act("stop", "ben", text="the wrong\ndisk")
    assert alone.intake.incident(1)["running"][0]["stopped"] == "ben"
    alone.go_on(10)
    assert set(alone.steps.cancelled) == {NAME}
    assert (attempt(alone), alone.ended()) == (("", ""), ("", ""))  # it has not ended yet
    alone.steps.states[NAME] = CANCELLED
    alone.go_on(10)
    assert attempt(alone) == ("cancelled", "ben stopped it: the wrong disk; its host was released")
    assert alone.ended() == ("stopped", "ben stopped it: the wrong disk; its rollback was not started")
    alone.go_on(300)
    assert [one.step for one in alone.steps.started] == ["restart_service"]
    assert (alone.mesh.held(), alone.intake.incident(1)["running"]) == ([], [])
    told = [one.what for one in timeline(alone.intake.incident(1))]
    for sentence in (
        "ben stopped the run of exporter_down",
        "ben took over the incident",
        "restart_service on web1 was cancelled: ben stopped it: the wrong disk; its host was released",
    ):
        assert sentence in told


def test_who_has_taken_over_stops_what_still_runs_and_only_that(alone: Alone) -> None:
    alone.follow(FULL)
    alone.intake.act("take_over")
    alone.intake.act("stop")
    alone.steps.states[NAME] = CANCELLED
    alone.go_on(1)
    assert alone.ended() == ("stopped", "anna stopped it")
    assert [one["kind"] for one in alone.intake.incident(1)["events"]].count("taken_over") == 1
    with pytest.raises(ActionError, match="taken over incident 1 already, and nothing runs for it"):
        alone.intake.act("stop")


def test_stopped_where_nothing_runs_is_taken_over(alone: Alone) -> None:
    alone.intake.act("stop", text="I do it")
    events = alone.intake.incident(1)["events"]
    assert [(one["kind"], one["text"]) for one in events if one["source"] == "user anna"] == [("taken_over", "I do it")]


def test_who_may_only_look_stops_nothing(alone: Alone) -> None:
    alone.follow(FULL)
    with pytest.raises(ActionError, match="cleo may not respond"):
        alone.intake.act("stop", "cleo")
    alone.go_on(10)
    assert alone.steps.cancelled == []


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (State(Kind.FINISHED, 0), ("done", "")),
        (State(Kind.FINISHED, 2), ("failed", "")),
        (State(Kind.UNKNOWN), ("unknown", "it was killed")),
        (State(Kind.UNKNOWN, cancelled=True), ("cancelled", "anna stopped it")),
        (
            State(Kind.FINISHED, 130, "job 7 of AWX is canceled", cancelled=True),
            ("cancelled", "anna stopped it; job 7 of AWX is canceled"),
        ),
    ],
)
def test_what_ended_before_it_was_cancelled_is_told_as_what_it_is(
    alone: Alone, state: State, outcome: tuple[str, str]
) -> None:
    alone.follow(FULL)
    alone.intake.act("stop")
    alone.steps.states[NAME] = state
    alone.go_on(1)
    assert (attempt(alone), alone.ended()) == (outcome, ("stopped", "anna stopped it"))
    assert len(alone.steps.started) == 1


def test_what_has_not_started_yet_never_does(alone: Alone) -> None:
    alone.steps.refused = "As many steps run as may run at once."
    alone.follow(FULL)
    alone.intake.act("stop")
    alone.steps.refused = ""
    alone.go_on(1)
    assert (attempt(alone), alone.steps.started) == (("cancelled", "anna stopped it; it had not started"), [])


def test_a_cancellation_that_nothing_confirms_is_unknown_after_a_minute(alone: Alone) -> None:
    alone.follow(FULL)
    alone.intake.act("stop")
    alone.steps.broken = "AWX does not answer"
    alone.go_on(50)
    assert attempt(alone) == ("", "")
    alone.go_on(20)
    assert (attempt(alone), alone.ended()) == (("unknown", "AWX does not answer"), ("stopped", "anna stopped it"))


def test_what_goes_on_all_the_same_is_told_and_ends_with_what_becomes_of_it(alone: Alone) -> None:
    alone.follow(FULL)
    alone.intake.act("stop")
    alone.go_on(70)
    (reason,) = [one["reason"] for one in alone.intake.incident(1)["events"] if one["kind"] == "escalated"]
    assert reason == "it still runs 70 s after it was stopped"
    assert alone.mesh.held() == []
    alone.steps.end()
    alone.go_on(1)
    assert (attempt(alone)[0], alone.ended()) == ("done", ("stopped", "anna stopped it"))


def test_a_rollback_that_runs_is_cancelled_too(alone: Alone) -> None:
    alone.follow({**TWO, "idempotent": False})
    alone.steps.end(1)
    alone.go_on(1)
    rollback = alone.steps.names[-1]
    assert alone.steps.started[-1].step == "run_script"
    alone.intake.act("stop")
    alone.steps.states[rollback] = CANCELLED
    alone.go_on(1)
    assert alone.steps.cancelled[-1] == rollback
    assert alone.ended() == ("stopped", "anna stopped it")


@pytest.mark.parametrize("level", ["partial", "full"])
def test_what_waits_or_is_verified_ends_at_once(alone: Alone, level: str) -> None:
    alone.follow(runbook(level=level))
    if level == "full":
        alone.steps.end()
        alone.go_on(10)
    alone.intake.act("stop")
    alone.looking.act()
    assert alone.ended() == ("stopped", "anna stopped it")
    assert alone.intake.incident(1)["approvals"] == []


def test_a_command_that_verifies_is_cancelled(alone: Alone) -> None:
    check = {"kind": "command", "text": ["works"], "within": 180, "stable": 60, "samples": 3}
    alone.follow(runbook(level="full", verification=check))
    alone.steps.end()
    alone.go_on(20)
    (command,) = alone.steps.names[1:]
    alone.intake.act("stop")
    alone.go_on(10)
    assert (alone.steps.cancelled[-1], alone.ended()[0]) == (command, "stopped")


def test_another_engine_goes_on_with_the_stop(alone: Alone) -> None:
    alone.follow(FULL)
    alone.intake.act("stop")
    alone.follow(FULL)
    assert alone.steps.cancelled[-1] == NAME
    alone.steps.states[NAME] = CANCELLED
    alone.go_on(1)
    assert alone.ended() == ("stopped", "anna stopped it")
