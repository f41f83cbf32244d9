# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""At the level `observe`, steps are run in check mode: the journal shows what they would do, and that is all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.post_mortem import (
    post_mortem,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.timeline import (
    timeline,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.servers import Server
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    listing,
    named,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking, Steps
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.mesh import Mesh
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import ROOTED, runbook

DOWN = named("TargetDown", host="web1", job="node_exporter", instance="web1:9100", service="shop")
UP = 'up{job="node_exporter", instance="web1:9100"}'
PEERS = 'max by (host) (up{job="node_exporter"})'
DIFF = [{"before": "", "after": "restart node_exporter.service\n"}]
TWO_STEPS = [{"step": "restart_service", "parameters": {"unit": "a"}}, {"step": "clear_cache", "parameters": {}}]


class Observed:
    """An exporter that does not answer, and a runbook for it that observes."""

    def __init__(self, looking: Looking, intake: Intake, replica: Replica) -> None:
        self.looking, self.intake, self.replica = looking, intake, replica
        self.steps = looking.steps
        intake.notify(notified(DOWN))
        replica.fire(DOWN)
        replica.samples = {UP: [({}, 0)], PEERS: [({"host": "web2"}, 1)]}

    def follow(self, **changed: Any) -> Steps:
        """Take the runbook, and go on until something has started or nothing can."""
        self.looking.follow(runbook(**changed))
        self.looking.observe(2)
        return self.steps

    def found(self) -> list[tuple[str, str]]:
        """Return the outcome of every dry run, and the reason."""
        return [(one["outcome"], one["reason"]) for one in self.intake.incident(1)["decisions"][0]["dry_runs"]]


@pytest.fixture
def observed(looking: Looking, intake: Intake, replica: Replica, mesh: Mesh, certificates: Certificates) -> Observed:
    """An exporter that does not answer."""
    looking.alertmanagers = [Server("mon1", mesh.url, "me", "word", str(certificates.authority))]
    return Observed(looking, intake, replica)


def test_the_journal_has_what_a_step_would_do(observed: Observed, mesh: Mesh) -> None:
    (spec,) = observed.follow().started
    assert (spec.check, spec.attempt, spec.host.name) == (True, "inc-1-d4-1767225600-s1-h1-c1", "web1")
    assert (spec.step, spec.parameters) == ("restart_service", {"unit": "node_exporter"})
    observed.steps.end(diff=DIFF)
    observed.looking.observe(3)
    observed.looking.act(3)
    (found,) = observed.intake.incident(1)["decisions"][0]["dry_runs"]
    assert (found["outcome"], found["reason"]) == ("done", "")
    assert found["text"] == "Restart a service: changed\n+ restart node_exporter.service"
    entry = timeline(observed.intake.incident(1))[-1]
    assert entry.what == "Check mode: restart_service on web1 would be done"
    assert (entry.group, entry.text) == ("decision", found["text"])
    assert len(observed.steps.started) == 1
    told = post_mortem(observed.intake.reader, observed.intake.incident(1))
    assert (told["times"]["acted"], told["tried"]) == (None, [])
    observed.looking.page()
    assert (mesh.silences, mesh.posted) == ({}, [])


def test_a_dry_run_changes_nothing_for_guards_and_verification(observed: Observed) -> None:
    observed.follow()
    observed.steps.end()
    observed.looking.observe(2)
    events = [one["kind"] for one in observed.intake.incident(1)["events"]]
    assert events == ["opened", "scored", "decided", "dry_run"]
    observed.intake.now += 200
    observed.looking.observe()
    assert observed.intake.incident(1)["decisions"][0]["verification"]["acted"] is False


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ({"code": 2, "said": "This host does not declare it."}, ("failed", "This host does not declare it.")),
        ({"code": 2, "said": "a2 holds this host.", "outcome": "refused"}, ("refused", "a2 holds this host.")),
        ({"code": None}, ("unknown", "it was killed")),
    ],
)
def test_what_would_fail_is_shown_and_not_escalated(
    observed: Observed, result: dict[str, Any], found: tuple[str, str]
) -> None:
    observed.follow()
    code = result.pop("code")
    observed.steps.end(code, **result)
    if code is None:
        (observed.steps.place(observed.steps.started[-1].attempt) / "events.jsonl").unlink()
    observed.looking.observe(2)
    assert observed.found() == [found]
    kinds = {one["kind"] for one in observed.intake.incident(1)["events"]}
    assert not kinds & {"escalated", "verified", "step_started"}


def test_steps_and_hosts_come_one_after_the_other(observed: Observed) -> None:
    shop = {"target": {"kind": "application", "name": "service"}, "applications": {"shop": {"hosts": ["web1", "web2"]}}}
    observed.follow(steps=TWO_STEPS, **shop)
    for number in range(1, 5):
        observed.looking.observe(2)
        assert len(observed.steps.started) == number
        observed.steps.end(2 * (number == 1))
        observed.looking.observe(2)
    done = [(one.step, one.host.name) for one in observed.steps.started]
    assert done == [(step, host) for step in ("restart_service", "clear_cache") for host in ("web1", "web2")]
    assert [outcome for outcome, _reason in observed.found()] == ["failed", "done", "done", "done"]


def test_it_is_found_again_after_a_restart_and_starts_once(observed: Observed) -> None:
    observed.follow()
    observed.follow()
    observed.steps.end()
    observed.follow()
    observed.follow()
    assert len(observed.steps.started) == 1
    assert observed.found() == [("done", "")]


def test_a_host_on_which_no_step_can_be_run_is_left_alone(observed: Observed) -> None:
    observed.looking.targets = []
    assert observed.follow().started == []
    (decision,) = observed.intake.incident(1)["decisions"]
    (reach,) = [one for one in decision["guards"] if one["guard"] == "reach"]
    reason = "web1 is not deployed by runbook_targets.yml, so no step is run in check mode there"
    assert (decision["allowed"], reach["answer"], reach["reason"]) == (True, "allowed", reason)


def test_a_host_that_does_not_agree_to_root_is_left_alone(observed: Observed) -> None:
    assert observed.follow(**ROOTED).started == []
    observed.looking.agreed = ["exporter_down"]
    assert [(one.root, one.check) for one in observed.follow(**ROOTED).started] == [(True, True)]


def test_nothing_starts_after_a_restart_until_it_is_known_which_hosts_are_held(observed: Observed) -> None:
    observed.looking.follow(runbook())
    observed.looking.places.known = False
    observed.looking.observe(2)
    assert observed.steps.started == []
    observed.looking.act()
    observed.looking.observe()
    assert len(observed.steps.started) == 1


def test_what_a_guard_refuses_is_not_run_in_check_mode(observed: Observed) -> None:
    observed.replica.samples[PEERS] = [({"host": "web2"}, 0)]
    assert observed.follow().started == []


@pytest.mark.parametrize("stopped", ["file", "silence", "level", "runbook", "executor", "late"])
def test_nothing_starts_when_it_is_stopped_or_of_no_interest_any_more(
    observed: Observed, tmp_path: Path, stopped: str
) -> None:
    observed.looking.follow(runbook())
    observed.looking.once()
    if stopped == "file":
        (tmp_path / "stop").touch()
    elif stopped == "silence":
        observed.intake.reconcile([listing(DOWN, silenced_by=["theirs"])])
    elif stopped == "level":
        observed.looking.follow(runbook(level="manual"))
    elif stopped == "runbook":
        observed.looking.follow(runbook(summary="Another"))
    elif stopped == "executor":
        observed.looking.executors = ()
        observed.looking.follow(runbook())
    else:
        observed.intake.now += 901
    observed.looking.observe(2)
    assert observed.steps.started == []
    reasons = {"file": f"{tmp_path / 'stop'} exists", "silence": "the alert is silenced by theirs"}
    assert observed.found() == ([("skipped", reasons[stopped])] if stopped in reasons else [])


def test_it_waits_for_a_place_and_gives_up_in_the_end(observed: Observed) -> None:
    observed.steps.refused = "As many steps run as may run at once."
    observed.follow()
    observed.intake.now += 50
    observed.looking.observe()
    assert observed.found() == []
    observed.intake.now += 20
    observed.looking.observe()
    assert observed.found() == [("unknown", "As many steps run as may run at once.")]


def test_it_waits_while_a_step_acts_on_its_host_which_would_refuse_it(observed: Observed) -> None:
    observed.looking.follow(runbook())
    observed.looking.places.acting = {"web1"}
    observed.looking.observe(2)
    assert observed.steps.started == []
    observed.looking.places.acting = set()
    observed.looking.observe()
    assert (len(observed.steps.started), observed.looking.places.checking) == (1, "web1")
    observed.steps.end()
    observed.looking.observe()
    assert (observed.found(), observed.looking.places.checking) == ([("done", "")], "")


def test_one_that_hangs_is_cancelled(observed: Observed) -> None:
    observed.follow(executor="awx")
    (spec,) = observed.looking.awx.started
    observed.intake.now += 370
    observed.looking.observe()
    assert observed.looking.awx.cancelled == [spec.attempt]
