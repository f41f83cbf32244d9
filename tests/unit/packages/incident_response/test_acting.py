# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run from its decision to its end, and what people get to know of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.formats import FORMATS
from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.post_mortem import (
    post_mortem,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.timeline import (
    timeline,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.entries import Entries
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.moments import moment
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.reading import Reader
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.escalations import (
    Escalations,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.fields import (
    ActionError,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.servers import Server
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.output import (
    Output,
    output_of,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.spec import (
    variables_of,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.state import Kind, State
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    listing,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alone import (
    DOWN,
    FULL,
    PEERS,
    TWO,
    Alone,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.mesh import Mesh
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import ROOTED, runbook

RUNBOOKS = "https://github.com/vigil-observability/vigil.observability/blob/main/docs/runbooks/incidents.md"


def test_a_step_is_run_verified_and_told(alone: Alone) -> None:
    alone.follow(FULL)
    (spec,) = alone.steps.started
    assert (spec.step, spec.parameters, spec.host.name) == ("restart_service", {"unit": "node_exporter"}, "web1")
    assert (spec.attempt, spec.holder, spec.seconds) == ("inc-1-d4-1767225600-s1-h1-a1", "mon9", 300)
    alone.steps.end()
    alone.see(1)
    alone.go_on(80)
    assert alone.kinds() == ["decided", "step_started", "step_ended", "step_verified", "verified"]
    assert alone.ended() == ("recovered", "it held for 60 s, in 7 samples")
    (attempt,) = alone.intake.incident(1)["decisions"][0]["attempts"]
    assert (attempt["outcome"], attempt["text"]) == ("done", "Restart a service: changed")
    told = post_mortem(alone.intake.reader, alone.intake.incident(1))
    assert (told["times"]["acted"], told["times"]["recovered"]) == (
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:01:20.000Z",
    )
    assert told["saved_seconds"] == 900
    tried = [one["what"] for one in told["tried"]]
    assert tried[0] == "restart_service starts on web1, as inc-1-d4-1767225600-s1-h1-a1"


def test_an_engine_whose_journal_begins_anew_gives_no_attempt_the_name_of_an_old_one(
    alone: Alone, replica: Replica, mesh: Mesh, certificates: Certificates, tmp_path: Path
) -> None:
    alone.follow(FULL)
    alone.finish()
    folder = tmp_path / "anew"
    folder.mkdir()
    intake = Intake(folder, alone.intake.now + 7200)
    looking = Looking(intake, replica, certificates, folder)
    looking.alertmanagers = alone.looking.alertmanagers
    looking.steps = looking.known["service"] = alone.steps
    Alone(looking, intake, replica, mesh).follow(FULL)
    intake.journal.close()
    first, second = alone.steps.names
    assert (first[:9], second[:9]) == ("inc-1-d4-", "inc-1-d4-")
    assert first != second


def test_an_attempt_is_looked_for_under_the_name_under_which_it_was_started(alone: Alone) -> None:
    alone.follow(FULL)
    with closing(sqlite3.connect(alone.intake.journal.path)) as connection:
        connection.execute("DROP TRIGGER event_update")
        started = "UPDATE event SET detail = json_set(detail, '$.attempt', 'of-old') WHERE kind = 'step_started'"
        connection.execute(started)
        connection.commit()
    alone.steps.states["of-old"] = State(Kind.FINISHED, 0)
    alone.intake.now += 1
    alone.looking.act()
    assert len(alone.steps.started) == 1
    assert "step_ended" in alone.kinds()


def test_what_automation_fixed_is_blamed_on_nobody_and_its_own_silence_is_not_that_of_people(alone: Alone) -> None:
    alone.follow(FULL)
    (own,) = alone.mesh.held()
    alone.intake.reconcile([listing(DOWN, silenced_by=[own])])
    alone.finish()
    alone.intake.notify(notified(DOWN, ended_at=alone.intake.now))
    alone.intake.now += 300
    alone.intake.reconcile([], asked_ago=0)
    incident = alone.intake.incident(1)
    assert incident["state"] == "closed"
    told = post_mortem(alone.intake.reader, incident)
    assert "TargetDown is silenced by automation, which works on it" in [one["what"] for one in told["timeline"]]
    words = str(told["action_items"])
    assert not any(wrong in words for wrong in ("Nobody acknowledged it", "was silenced", "did not help"))


def test_runbook_that_did_not_help_is_to_be_repaired(alone: Alone) -> None:
    alone.follow(FULL)
    alone.steps.end()
    alone.go_on(200)
    told = post_mortem(alone.intake.reader, alone.intake.incident(1))
    assert (
        "The runbook exporter_down did not help: see what its steps did, and repair it or lower its level."
        in (told["action_items"])
    )


def test_what_was_bad_before_and_after_is_told_of_each_step_and_of_the_run(alone: Alone) -> None:
    alone.see(0, 0, 1)
    alone.follow(TWO)
    alone.steps.end()
    alone.see(0, 1, 1)
    alone.go_on(200)
    alone.steps.end()
    alone.see(1, 1, 1)
    alone.go_on(80)
    incident = alone.intake.incident(1)
    words = "recovered: it held for 60 s, in 7 samples (before: 2 of 3 series bad; after: 0 of 3 series bad)"
    sentences = [
        "Step 1 is verified as failing: 1 series are bad (before: 2 of 3 series bad; after: 1 of 3 series bad)",
        f"Step 2 is verified as {words}",
        f"The run of exporter_down ended as {words}",
    ]
    assert [one.what for one in timeline(incident) if "verified" in one.what or "ended as" in one.what] == sentences
    for text_of in (text_of for _media, text_of in FORMATS.values()):
        text = text_of(post_mortem(alone.intake.reader, incident))
        assert all(one in text.replace("\\_", "_") for one in sentences)
    (decision,) = incident["decisions"]
    assert (decision["good_before"], decision["bad_before"]) == (1, 2)
    assert (decision["verification"]["good"], decision["verification"]["bad"]) == (3, 0)


def test_a_run_that_no_verification_has_ended_has_no_numbers(alone: Alone) -> None:
    alone.follow(TWO)
    alone.steps.end()
    alone.go_on(200)
    alone.steps.end(2, outcome="refused", results=[])
    alone.go_on(10)
    alone.steps.end()
    alone.go_on(10)
    incident = alone.intake.incident(1)
    assert alone.ended()[1].startswith("web1 refused clear_cache")
    assert "bad" not in incident["decisions"][0]["verification"]
    (ended,) = [one.what for one in timeline(incident) if "ended as" in one.what]
    assert "before:" not in ended


def test_people_do_not_get_the_alert_while_it_is_worked_on(alone: Alone) -> None:
    alone.follow(FULL)
    (held,) = alone.mesh.silences.values()
    assert {one["name"]: one["value"] for one in held["matchers"]} == DOWN
    assert held["comment"] == f"inc-1-d4-{NOW:.0f}: exporter_down works on it"
    assert held["endsAt"] == "2026-01-01T00:03:00.000Z"
    alone.intake.reconcile([listing(DOWN, silenced_by=[held["id"]])])
    alone.steps.end()
    alone.go_on(70)
    assert list(alone.mesh.silences) == [held["id"]]
    assert alone.mesh.silences[held["id"]]["endsAt"] == "2026-01-01T00:04:00.000Z"
    assert alone.mesh.silences[held["id"]]["startsAt"] == held["startsAt"]


@pytest.mark.parametrize(("fires", "left"), [(True, 1), (False, 0)])
def test_a_recovered_alert_is_kept_from_people_while_prometheus_fires_it(alone: Alone, fires: bool, left: int) -> None:
    alone.follow(FULL)
    if not fires:
        alone.replica.fire()
    alone.finish()
    assert alone.ended()[0] == "recovered"
    assert len(alone.mesh.held()) == left


def test_silence_of_an_engine_on_another_host_keeps_nobody_from_acting_and_is_left_to_it(alone: Alone) -> None:
    theirs = {"createdBy": "incident_response", "comment": "inc-1-d4-1700000000: another_down works on it"}
    alone.mesh.take("/api/v2/silences", {**theirs, "matchers": [], "startsAt": "", "endsAt": "then"})
    alone.intake.reconcile([listing(DOWN, silenced_by=["silence-1"])])
    alone.follow(FULL)
    assert alone.steps.started
    assert (len(alone.mesh.held()), alone.mesh.silences["silence-1"]["endsAt"]) == (2, "then")
    alone.replica.fire()
    alone.finish()
    assert alone.ended()[0] == "recovered"
    assert alone.mesh.held() == ["silence-1"]
    (ended,) = [one for one in alone.intake.incident(1)["events"] if one["kind"] == "verified"]
    assert ended["silences"] == ["silence-2"]


def seconds_of(text: str) -> float:
    """Return how many seconds a time is after the begin of tests."""
    return datetime.fromisoformat(text).timestamp() - NOW


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_a_silence_has_its_term_by_the_clock_of_who_ends_it(alone: Alone, ahead: int) -> None:
    alone.mesh.ahead = ahead
    alone.follow(FULL)
    (held,) = alone.mesh.silences.values()
    # The time of an answer has whole seconds.
    assert abs(seconds_of(held["endsAt"]) - ahead - 180) < 10


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_a_page_has_its_term_by_the_clock_of_who_ends_it(alone: Alone, ahead: int) -> None:
    alone.mesh.ahead = ahead
    alone.follow(runbook(level="full", idempotent=False))
    alone.steps.end(1)
    alone.go_on(100)
    alone.looking.page()
    (page,) = alone.mesh.posted[-1]
    passed = alone.intake.now - NOW
    assert abs(seconds_of(page["endsAt"]) - ahead - passed - 120) < 10
    assert seconds_of(page["startsAt"]) < seconds_of(page["endsAt"]) - 110


def test_a_clock_that_is_set_back_leaves_what_runs_to_people(alone: Alone) -> None:
    alone.follow(FULL)
    alone.intake.now -= 3600
    alone.looking.act(2)
    assert [one["kind"] for one in alone.intake.incident(1)["events"]][-1] == "escalated"
    assert alone.mesh.held() == []
    alone.steps.end()
    alone.see(1)
    alone.looking.act(3)
    assert alone.ended() == ("unknown", "the clock was set back by 3600 s, so how long it takes is not known")
    assert len(alone.steps.started) == 1


def test_a_clock_that_is_set_back_delays_no_page_and_no_silence(alone: Alone) -> None:
    one, other = alone.fire_another()
    one["level"] = "partial"
    alone.looking.follow(one)
    alone.looking.act()
    alone.looking.page()
    alone.intake.now -= 3600
    alone.looking.page()
    assert len(alone.mesh.posted) == 2
    alone.looking.page()
    assert len(alone.mesh.posted) == 2
    alone.follow(other)
    alone.intake.now += 61
    alone.looking.act()
    (held,) = [each for each in alone.mesh.silences.values() if each["status"]["state"] == "active"]
    assert held["endsAt"] == "2025-12-31T23:04:01.000Z"


def test_members_of_a_mesh_share_a_silence_and_others_get_their_own(alone: Alone, certificates: Certificates) -> None:
    with Mesh() as other:
        # The second one is a member of the first one's mesh.
        urls = (alone.mesh.url, alone.mesh.url, other.url)
        authority = str(certificates.authority)
        alone.looking.alertmanagers = [
            Server(str(number), url, "me", "word", authority) for number, url in enumerate(urls)
        ]
        alone.follow(FULL)
        assert (len(alone.mesh.silences), len(other.silences)) == (1, 0)
        alone.go_on(10, 1)
        assert (len(alone.mesh.silences), len(other.silences)) == (1, 1)


def test_an_alertmanager_that_does_not_answer_is_asked_again(alone: Alone) -> None:
    alone.mesh.status = 503
    alone.follow(FULL)
    assert len(alone.steps.started) == 1  # people have the delay
    alone.mesh.silences.clear()
    alone.mesh.status = 200
    alone.go_on(12, 2)
    assert len(alone.mesh.held()) == 1


def test_a_host_gets_one_step_after_the_other(alone: Alone) -> None:
    both = alone.fire_another()
    alone.follow(*both)
    assert [one.runbook for one in alone.steps.started] == ["node_exporter"]
    assert len(alone.mesh.held()) == 2
    alone.steps.end()
    alone.go_on(1)
    assert [one.runbook for one in alone.steps.started] == ["node_exporter", "blackbox_exporter"]


def test_a_step_waits_for_the_end_of_one_in_check_mode_on_its_host(alone: Alone) -> None:
    alone.looking.follow(runbook(level="full"))
    alone.looking.places.checking = "web1"
    alone.looking.act(2)
    assert (alone.steps.started, len(alone.mesh.held())) == ([], 1)
    alone.looking.places.checking = ""
    alone.looking.act()
    assert len(alone.steps.started) == 1


@pytest.mark.parametrize(("at_once", "hosts"), [(1, ["web1"]), (2, ["web1", "web2"])])
def test_a_step_waits_while_as_many_run_as_may_run_at_once(alone: Alone, at_once: int, hosts: list[str]) -> None:
    other = {**DOWN, "host": "web2", "instance": "web2:9100"}
    alone.intake.notify(notified(other))
    alone.replica.fire(DOWN, other)
    alone.replica.samples |= {'up{job="node_exporter", instance="web2:9100"}': [({}, 0)]}
    alone.replica.samples |= {PEERS: [({"host": "web3"}, 1)]}
    alone.looking.steps_at_once = at_once
    alone.follow(runbook(level="full", limit={**FULL["limit"], "at_once": 2}))
    assert sorted(one.host.name for one in alone.steps.started) == hosts
    assert len(alone.mesh.held()) == 2
    alone.steps.end()
    alone.go_on(1)
    assert sorted(one.host.name for one in alone.steps.started) == ["web1", "web2"]


def test_the_silence_of_before_a_restart_is_its_own(alone: Alone) -> None:
    alone.follow(FULL)
    (number,) = alone.mesh.silences
    alone.intake.reconcile([listing(DOWN, silenced_by=[number])])
    alone.steps.end(1)
    alone.follow(FULL)
    assert [one.attempt[-3:] for one in alone.steps.started] == ["-a1", "-a2"]


def test_what_helps_nothing_is_escalated_once(alone: Alone) -> None:
    alone.follow(FULL)
    alone.steps.end()
    alone.go_on(200)
    assert alone.ended() == ("failing", "1 series are bad")
    assert alone.kinds()[4:6] == ["verified", "escalated"]
    assert alone.mesh.held() == []  # so people get the alert itself, too
    alone.intake.now += 3600
    alone.looking.act(2)
    (last,) = [one for one in alone.intake.incident(1)["decisions"][1:] if one["allowed"]] or [None]
    assert last is None
    assert len(alone.steps.started) == 1


@pytest.mark.parametrize("ends", [True, False])
def test_a_silence_that_an_engine_had_no_time_to_drop_is_dropped_by_the_next(alone: Alone, ends: bool) -> None:
    alone.follow(FULL)
    if ends:
        alone.steps.end()
    alone.go_on(ONE_STEP + 60, 30)
    assert alone.kinds().count("escalated") == 1
    (held,) = alone.mesh.silences.values()
    assert held["status"]["state"] == "expired"
    held["status"]["state"] = "active"
    alone.looking.act()
    assert alone.mesh.held() == [held["id"]]
    alone.follow(FULL)
    assert alone.mesh.held() == []


def test_a_silence_of_before_a_restart_is_kept_while_its_run_goes_on(alone: Alone) -> None:
    alone.follow(FULL)
    held = alone.mesh.held()
    alone.follow(FULL)
    assert (alone.mesh.held(), len(held)) == (held, 1)


def test_a_silence_of_another_engine_whose_run_has_the_same_numbers_is_left_alone(alone: Alone) -> None:
    theirs = {"createdBy": "incident_response", "comment": "inc-1-d4-1767225555: exporter_down works on it"}
    alone.mesh.take("/api/v2/silences", {**theirs, "startsAt": moment(NOW), "endsAt": moment(NOW + 180)})
    before = {**alone.mesh.silences["silence-1"]}
    alone.follow(FULL)
    assert alone.mesh.held() == ["silence-1", "silence-2"]
    alone.steps.end()
    alone.go_on(200)
    assert (alone.mesh.held(), alone.mesh.silences["silence-1"]) == (["silence-1"], before)


@pytest.mark.parametrize(("code", "why"), [(1, "no such unit"), (None, "it was killed")])
def test_a_failed_attempt_is_repeated_once_if_it_may_be(alone: Alone, code: int | None, why: str) -> None:
    alone.follow(FULL)
    for number in (1, 2):
        assert len(alone.steps.started) == number
        alone.steps.end(code, said="no such unit")
        alone.go_on(200)
    assert alone.ended() == ("failing", f"restart_service failed on web1: {why}")


def test_what_was_decided_long_ago_is_not_begun(alone: Alone) -> None:
    alone.looking.follow(FULL)
    alone.looking.once()
    alone.intake.now += 601
    alone.looking.act()
    assert alone.ended() == ("stopped", "it was decided too long ago")
    assert alone.steps.started == []


def test_an_executor_that_is_not_configured_any_more_ends_the_run(alone: Alone) -> None:
    awx = runbook(level="full", executor="awx")
    alone.follow(awx)
    alone.looking.executors = ("service",)
    alone.follow(awx)
    assert alone.ended() == ("unknown", "the executor awx is not configured any more")
    assert alone.kinds()[-1] == "escalated"


def test_what_may_not_be_repeated_is_escalated_at_once(alone: Alone) -> None:
    alone.follow(runbook(level="full", idempotent=False))
    alone.steps.end(1, said="no such unit")
    alone.go_on(1)
    assert alone.ended()[0] == "failing"
    assert len(alone.steps.started) == 1


def test_the_host_is_told_how_often_the_runbook_may_run(alone: Alone) -> None:
    alone.looking.follow(FULL)
    alone.looking.once()
    alone.intake.now += 5
    alone.looking.act(2)
    (spec,) = alone.steps.started
    # The host counts from the first task, which comes later than the decision.
    limit = {"run": "inc-1-d4-1767225600", "age": 5, "cooldown": 1680, "runs": 3, "within": 86280}
    assert spec.limit == limit
    assert variables_of(spec)["step_limit"] == limit


def test_what_the_host_refuses_is_escalated_and_neither_repeated_nor_rolled_back(alone: Alone) -> None:
    alone.follow(TWO)
    alone.steps.end(2, said="exporter_down waits for 1680 s.", outcome="refused", results=[])
    alone.go_on(1)
    assert alone.ended() == ("failing", "web1 refused restart_service: exporter_down waits for 1680 s.")
    assert alone.kinds() == ["decided", "step_started", "step_ended", "verified", "escalated"]
    decision = alone.intake.incident(1)["decisions"][0]
    assert (decision["attempts"][0]["outcome"], decision["verification"]["acted"]) == ("refused", False)
    tried = post_mortem(alone.intake.reader, alone.intake.incident(1))["tried"]
    assert tried[1]["what"] == "restart_service on web1 was refused: exporter_down waits for 1680 s."


def test_what_a_host_refuses_is_rolled_back_where_it_was_done(alone: Alone) -> None:
    shop = {"target": {"kind": "application", "name": "service"}, "applications": {"shop": {"hosts": ["web1", "web2"]}}}
    alone.follow({**TWO, **shop})
    alone.steps.end()
    alone.looking.act(2)
    alone.steps.end(2, outcome="refused", results=[])
    alone.looking.act(3)
    done = [(one.step, one.host.name) for one in alone.steps.started]
    assert done == [("restart_service", "web1"), ("restart_service", "web2"), ("run_script", "web1")]


def test_an_action_that_is_refused_after_others_is_a_failure(alone: Alone) -> None:
    alone.follow(runbook(level="full", idempotent=False))
    alone.steps.end(2, said="This host does not declare vacuum.", outcome="refused", results=[{"action": "restart"}])
    alone.go_on(1)
    assert alone.ended() == ("failing", "restart_service failed on web1: This host does not declare vacuum.")


def test_a_killed_attempt_may_have_helped(alone: Alone) -> None:
    alone.follow(runbook(level="full", idempotent=False))
    alone.steps.end(None)
    alone.see(1)
    alone.go_on(80)
    assert alone.ended()[0] == "recovered"
    assert len(alone.steps.started) == 1


def test_the_next_step_follows_only_what_has_not_helped(alone: Alone) -> None:
    alone.follow(TWO)
    alone.steps.end()
    alone.go_on(190)
    assert [one.step for one in alone.steps.started] == ["restart_service", "clear_cache"]
    alone.steps.end()
    alone.see(1)
    alone.go_on(80)
    assert alone.ended()[0] == "recovered"


def test_an_alert_that_is_resolved_while_a_step_runs_skips_the_steps_after_it(alone: Alone) -> None:
    alone.follow(TWO)
    alone.go_on(20)
    alone.replica.fire()
    alone.intake.notify(notified(DOWN, ended_at=alone.intake.now))
    alone.intake.reconcile([], asked_ago=-9)
    assert alone.intake.open() == (0, 0)
    alone.see(1)
    alone.go_on(20)
    assert alone.ended() == ("", "")  # what has begun is finished
    alone.steps.end()
    alone.go_on(80)
    assert [one.step for one in alone.steps.started] == ["restart_service"]
    assert alone.kinds()[-3:] == ["step_ended", "step_verified", "verified"]
    assert (alone.ended()[0], "escalated" in alone.kinds(), alone.mesh.held()) == ("recovered", False, [])


def test_worse_is_taken_back(alone: Alone) -> None:
    alone.follow(TWO)
    alone.steps.end()
    alone.see(0, 0)
    alone.go_on(80)
    assert [one.step for one in alone.steps.started] == ["restart_service", "run_script"]
    alone.steps.end()
    alone.go_on(1)
    assert alone.ended() == ("worse", "2 series are bad, 1 were before")
    assert alone.kinds()[-1] == "escalated"


def test_no_data_is_escalated_as_unknown(alone: Alone) -> None:
    alone.follow(FULL)
    alone.steps.end()
    alone.see()
    alone.go_on(200)
    assert alone.ended() == ("unknown", "there were no samples")


@pytest.mark.parametrize(
    ("stopped", "reason"),
    [
        ("file", "/stop exists"),
        ("person", "anna took over the incident"),
        ("silence", "the alert is silenced by theirs"),
        ("resolved", "the alert is resolved"),
        ("prometheus", "Prometheus does not fire the alert any more"),
    ],
)
def test_nothing_more_is_started_when_it_is_stopped(alone: Alone, tmp_path: Path, stopped: str, reason: str) -> None:
    alone.follow(FULL)
    alone.steps.end(1)
    if stopped == "file":
        (tmp_path / "stop").touch()
    elif stopped == "person":
        alone.intake.act("take_over")
    elif stopped == "silence":
        alone.intake.reconcile([listing(DOWN, silenced_by=["theirs"])])
    elif stopped == "resolved":
        alone.intake.now += 5
        alone.intake.notify(notified(DOWN, ended_at=alone.intake.now))
    else:
        alone.replica.fire()
    alone.go_on(1)
    assert alone.ended()[0] == "stopped"
    assert reason in alone.ended()[1]
    assert "escalated" not in alone.kinds()
    assert len(alone.steps.started) == 1


def test_a_changed_runbook_ends_the_run(alone: Alone) -> None:
    alone.follow(FULL)
    alone.follow(runbook(level="full", summary="Another"))
    assert alone.ended() == ("", "")  # what has begun is looked at until it ends
    alone.steps.end()
    alone.go_on(1)
    assert alone.ended() == ("unknown", "the runbook exporter_down has changed since the run began")


def test_an_attempt_that_does_not_start_is_escalated(alone: Alone) -> None:
    alone.steps.refused = "As many steps run as may run at once."
    alone.follow(runbook(level="full", idempotent=False))
    alone.go_on(50)
    assert alone.ended() == ("", "")
    alone.go_on(20)
    reason = "restart_service failed on web1: it could not be started: As many steps run as may run at once."
    assert alone.ended() == ("failing", reason)


def test_an_attempt_that_cannot_be_looked_at_may_have_helped(alone: Alone) -> None:
    alone.follow(FULL)
    alone.steps.broken = "Input/output error"
    alone.go_on(300)
    assert alone.intake.incident(1)["decisions"][0]["attempts"][0]["outcome"] == ""
    alone.go_on(70)
    (attempt,) = alone.intake.incident(1)["decisions"][0]["attempts"]
    assert (attempt["outcome"], attempt["reason"]) == ("unknown", "Input/output error")
    alone.see(1)
    alone.go_on(80)
    assert alone.ended()[0] == "recovered"


def test_the_executor_of_the_runbook_runs_its_steps(alone: Alone) -> None:
    alone.follow(runbook(level="full", executor="awx"))
    assert alone.steps.started == []
    (spec,) = alone.looking.awx.started
    assert spec.attempt == "inc-1-d4-1767225600-s1-h1-a1"
    alone.go_on(370, 100)
    assert set(alone.looking.awx.cancelled) == {spec.attempt}


def test_a_host_that_is_not_deployed_any_more_gets_no_step(alone: Alone) -> None:
    alone.steps.refused = "As many steps run as may run at once."
    alone.follow(runbook(level="full", idempotent=False))
    alone.looking.targets = []
    alone.looking.follow(runbook(level="full", idempotent=False))
    alone.go_on(70)
    assert alone.ended()[1].endswith("it could not be started: web1 is not deployed by runbook_targets.yml")


def test_a_playbook_of_the_operator_becomes_root_where_the_host_agrees(alone: Alone) -> None:
    alone.looking.agreed = ["exporter_down"]
    alone.follow(runbook(level="full", **ROOTED))
    (spec,) = alone.steps.started
    assert (spec.step, spec.content, spec.root) == ("mend", "[]", True)


def test_the_other_steps_of_a_runbook_that_becomes_root_do_not(alone: Alone) -> None:
    alone.looking.agreed = ["exporter_down"]
    alone.follow(runbook(level="full", **{**ROOTED, "steps": [{"step": "free_disk", "parameters": {}}]}))
    (spec,) = alone.steps.started
    assert (spec.step, spec.content, spec.root) == ("free_disk", "", False)


def test_a_host_that_does_not_agree_to_root_is_refused_before_anything_starts(alone: Alone) -> None:
    alone.looking.agreed = ["another"]
    alone.follow(runbook(level="full", **ROOTED))
    (decision,) = alone.intake.incident(1)["decisions"]
    reason = "web1 does not let exporter_down become root: name exporter_down in runbook_target_root_runbooks of web1"
    assert [one["reason"] for one in decision["guards"] if one["answer"] == "refused"] == [reason]
    assert alone.steps.started == []


def test_a_host_that_does_not_agree_to_root_any_more_gets_no_step(alone: Alone) -> None:
    alone.looking.agreed = ["exporter_down"]
    alone.steps.refused = "As many steps run as may run at once."
    alone.follow(runbook(level="full", **{**ROOTED, "idempotent": False}))
    alone.looking.agreed, alone.steps.refused = [], ""
    alone.looking.follow(runbook(level="full", **{**ROOTED, "idempotent": False}))
    alone.go_on(70)
    assert "could not be started: web1 does not let exporter_down become root" in alone.ended()[1]
    assert alone.steps.started == []


def test_a_runbook_that_changes_before_its_step_starts_is_not_followed(alone: Alone) -> None:
    alone.steps.refused = "As many steps run as may run at once."
    alone.follow(runbook(level="full", idempotent=False))
    alone.steps.refused = ""
    alone.follow(runbook(level="full", idempotent=False, summary="Another"))
    alone.go_on(70)
    assert alone.ended()[1].endswith("it could not be started: the runbook has changed since the run began")
    assert alone.steps.started == []


def test_attempts_of_a_month_ago_are_forgotten(alone: Alone) -> None:
    alone.follow(FULL)
    assert alone.steps.forgotten == alone.intake.now - 31 * 86400


def test_what_an_attempt_did_is_told_with_its_diff(tmp_path: Path) -> None:
    result = {"changed": True, "diff": [{"before": "a\n", "after": "b\n"}]}
    events = [{"event": "task"}, {"event": "ok", "task": "Cut the journal", "result": result}]
    (tmp_path / "events.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in events) + '[]\n{"event": "o')
    assert output_of(tmp_path) == Output("Cut the journal: changed\n- a\n+ b")
    (tmp_path / "events.jsonl").unlink()
    (tmp_path / "output").write_text("x" * 2000)
    assert output_of(tmp_path) == Output("", "x" * 2000)


# Of one attempt: its limit, the time in which it starts, and its verification.
ONE_STEP = 300 + 60 + 180


def test_an_attempt_that_outlasts_its_limit_is_not_kept_from_people(alone: Alone) -> None:
    alone.follow(FULL)
    alone.go_on(ONE_STEP)
    assert (len(alone.mesh.held()), alone.kinds()) == (1, ["decided", "step_started"])
    alone.go_on(10)
    assert (alone.mesh.held(), alone.kinds()[2:]) == ([], ["escalated"])
    told = alone.intake.incident(1)["events"][-1]
    assert told["reason"] == "it is not done after 550 s: inc-1-d4-1767225600-s1-h1-a1 still runs"
    alone.looking.page()
    assert [name for name, _end in alone.mesh.pages()] == ["IncidentEscalated"]
    alone.follow(FULL)  # as after a restart
    alone.go_on(600)
    assert (alone.mesh.held(), alone.kinds()[3:], alone.ended()) == ([], [], ("", ""))
    alone.steps.end()
    alone.go_on(100)
    assert alone.ended() == ("unknown", "it was not done in time, and people were asked to see to it")
    assert alone.kinds()[3:5] == ["step_ended", "verified"]
    assert alone.kinds().count("escalated") == 1


def test_an_alert_whose_host_stays_busy_is_not_kept_from_people(alone: Alone) -> None:
    both = alone.fire_another()
    alone.follow(*both)
    alone.go_on(ONE_STEP)
    assert (len(alone.mesh.held()), "escalated" in alone.kinds()) == (2, False)
    alone.go_on(10)
    assert [one.runbook for one in alone.steps.started] == ["node_exporter"]
    assert (alone.mesh.held(), alone.kinds().count("escalated")) == ([], 2)
    (waited,) = [one for one in alone.intake.incident(1)["decisions"] if one["runbook"] == "blackbox_exporter"][:1]
    told = {key: waited["verification"][key] for key in ("outcome", "reason", "acted")}
    assert told == {"outcome": "unknown", "reason": "it is not done after 550 s", "acted": False}


def test_each_step_of_a_run_has_its_time(alone: Alone) -> None:
    alone.follow(TWO)
    alone.steps.end()
    alone.go_on(2 * ONE_STEP)
    assert [one.step for one in alone.steps.started] == ["restart_service", "clear_cache"]
    assert (len(alone.mesh.held()), "escalated" in alone.kinds()) == (1, False)
    alone.go_on(10)
    assert (alone.mesh.held(), alone.kinds()[-1]) == ([], "escalated")


def test_the_wait_for_an_approval_takes_nothing_from_the_time_of_a_run(alone: Alone) -> None:
    alone.follow(runbook(level="partial"))
    alone.go_on(800, 100)
    alone.intake.act("approve")
    alone.go_on(ONE_STEP)
    assert (len(alone.mesh.held()), "escalated" in alone.kinds()) == (1, False)
    alone.go_on(10)
    assert (alone.mesh.held(), alone.kinds()[-1]) == ([], "escalated")


def test_what_a_crash_kept_from_starting_is_not_started_long_after(alone: Alone) -> None:
    alone.steps.refused = "As many steps run as may run at once."
    alone.follow(FULL)
    alone.steps.refused = ""
    alone.intake.now += 3600
    alone.looking.act(3)
    assert alone.steps.started == []
    assert alone.kinds()[-2:] == ["verified", "escalated"]


def test_it_goes_on_when_there_is_room(alone: Alone) -> None:
    alone.steps.refused = "As many steps run as may run at once."
    alone.follow(FULL)
    alone.steps.refused = ""
    alone.go_on(1)
    assert alone.steps.names == ["inc-1-d4-1767225600-s1-h1-a1"]


def test_a_step_waits_for_an_approval(alone: Alone) -> None:
    alone.follow(runbook(level="partial"))
    assert alone.steps.started == []
    (waiting,) = alone.intake.incident(1)["approvals"]
    assert (waiting["attempt"], waiting["until"]) == ("inc-1-d4-1767225600-s1-h1-a1", "2026-01-01T00:15:00.000Z")
    alone.looking.page()
    assert [name for name, _end in alone.mesh.pages()] == ["IncidentNeedsApproval"]
    assert alone.mesh.posted[-1][0]["annotations"]["runbook_url"] == f"{RUNBOOKS}#incidentneedsapproval"
    for person, status in (("ben", 403), ("anna", 0), ("anna", 409)):
        if status:
            with pytest.raises(ActionError) as refused:
                alone.intake.act("approve", person)
            assert refused.value.status == status
        else:
            alone.intake.act("approve", person, text="as usual")
    assert str(refused.value) == "inc-1-d4-1767225600-s1-h1-a1 was approved by anna already."
    alone.looking.act(2)
    assert len(alone.steps.started) == 1
    alone.looking.page()
    assert alone.mesh.pages() == [("IncidentNeedsApproval", "2026-01-01T00:00:00.000Z")]


def test_what_people_have_to_know_is_read_again_only_after_an_event(alone: Alone) -> None:
    alone.follow(runbook(level="partial"))
    alone.looking.page()
    with alone.intake.statements() as statements:
        alone.looking.page()
    assert statements == ["BEGIN", "SELECT max(id) FROM event"]
    alone.intake.act("note", text="seen")
    with alone.intake.statements() as statements:
        alone.looking.page()
    assert len(statements) > 2


def test_a_request_for_an_approval_ends_in_time_without_an_event(alone: Alone) -> None:
    alone.follow(runbook(level="partial"))
    for seconds, ends in ((0, "00:02:00"), (899, "00:16:59"), (2, "00:15:01")):
        alone.intake.now += seconds
        alone.looking.page()
        assert alone.mesh.pages() == [("IncidentNeedsApproval", f"2026-01-01T{ends}.000Z")]


def test_nobody_approves(alone: Alone) -> None:
    alone.follow(runbook(level="partial"))
    alone.go_on(901, 100)
    assert alone.ended() == ("unapproved", "nobody approved the step in time")
    with pytest.raises(ActionError, match="inc-1-d4-1767225600-s1-h1-a1 is not to be started any more"):
        alone.intake.act("approve")
    assert alone.steps.started == []


def test_the_inventory_chooses_how_long_people_have_and_how_long_they_are_spared(alone: Alone) -> None:
    alone.looking.follow(runbook(level="partial"), approval=60, silence=30)
    alone.looking.act()
    (waiting,) = alone.intake.incident(1)["approvals"]
    assert waiting["until"] == "2026-01-01T00:01:00.000Z"
    alone.intake.act("approve")
    alone.looking.act()
    ends = []
    for _time in range(3):
        (held,) = alone.mesh.silences.values()
        ends.append(held["endsAt"])
        alone.intake.now += 10
        alone.looking.act()
    assert ends == [f"2026-01-01T00:00:{seconds}.000Z" for seconds in (30, 40, 50)]


def test_an_approval_that_comes_late_is_refused(alone: Alone) -> None:
    alone.follow(runbook(level="partial"))
    alone.intake.now += 901
    with pytest.raises(ActionError, match="waited too long for an approval"):
        alone.intake.act("approve")
    with pytest.raises(ActionError, match="No step of incident 1 waits for an approval"):
        alone.intake.act("approve", attempt="inc-1-d9-1767225600-s1-h1-a1")


def test_a_taken_over_incident_waits_for_no_approval(alone: Alone) -> None:
    alone.follow(runbook(level="partial"))
    alone.intake.act("take_over")
    alone.looking.act()
    assert alone.ended() == ("stopped", "anna took over the incident")


@pytest.mark.parametrize(
    ("severity", "paged"), [("critical", "critical"), ("high", "critical"), ("warning", "warning")]
)
def test_what_is_not_solved_is_as_urgent_as_its_alert(
    looking: Looking,
    intake: Intake,
    replica: Replica,
    mesh: Mesh,
    certificates: Certificates,
    severity: str,
    paged: str,
) -> None:
    looking.alertmanagers = [Server("mon1", mesh.url, "me", "word", str(certificates.authority))]
    alone = Alone(looking, intake, replica, mesh, severity)
    alone.follow(FULL)
    alone.steps.end()
    alone.go_on(200)
    alone.looking.page()
    assert [one["labels"]["severity"] for one in alone.mesh.posted[0]] == [paged]


def test_people_are_paged_until_one_of_them_has_it(alone: Alone) -> None:
    alone.follow(FULL)
    alone.steps.end()
    alone.go_on(200)
    alone.looking.page()
    ((page,),) = alone.mesh.posted
    named_ = {"alertname": "IncidentEscalated", "incident": "1", "severity": "critical", "service": "shop"}
    assert page["labels"] == {**named_, "team": "sales", "host": "web1"}
    assert page["annotations"] == {
        "summary": "Incident 1 is not solved: exporter_down on web1 did not help",
        "description": "1 series are bad",
        "runbook_url": f"{RUNBOOKS}#incidentescalated",
        "incident_url": "https://mon9:9095/incidents/1",
    }
    alone.looking.page()
    assert len(alone.mesh.posted) == 1
    alone.intake.now += 31
    alone.looking.page()
    assert len(alone.mesh.posted) == 2
    alone.intake.act("acknowledge")
    alone.looking.page()
    assert alone.mesh.pages() == [("IncidentEscalated", "2026-01-01T00:03:51.000Z")]
    alone.looking.page()
    assert len(alone.mesh.posted) == 3


def unseen(alone: Alone) -> None:
    """Have a step end the series that its alert is about, so that Prometheus does not fire it any more."""
    alone.follow(FULL)
    alone.go_on(20)
    alone.replica.fire()
    alone.intake.notify(notified(DOWN, ended_at=alone.intake.now))
    alone.intake.reconcile([], asked_ago=-9)
    alone.see()
    alone.steps.end()
    alone.go_on(200)
    alone.looking.page()


def test_people_are_paged_about_what_ended_without_data_until_one_of_them_writes_what_was_found(alone: Alone) -> None:
    unseen(alone)
    assert (alone.intake.open(), alone.ended()) == ((0, 0), ("unknown", "there were no samples"))
    ((page,),) = alone.mesh.posted
    assert (page["labels"]["alertname"], page["labels"]["incident"]) == ("IncidentEscalated", "1")
    assert {key: page["annotations"][key] for key in ("summary", "description")} == {
        "summary": (
            "Incident 1 may not be solved: its alert is gone, and nothing measures what exporter_down on web1 did"
        ),
        "description": "there were no samples; a note on the incident ends this alert",
    }
    alone.intake.act("note", text="it works, and its exporter is broken")
    alone.looking.page()
    assert alone.mesh.pages() == [("IncidentEscalated", moment(alone.intake.now))]


def test_nobody_is_paged_for_longer_than_a_day_about_what_is_gone(alone: Alone) -> None:
    unseen(alone)
    alone.intake.now += 86400
    alone.looking.page()
    assert alone.mesh.pages() == [("IncidentEscalated", moment(alone.intake.now))]


def receivers(alone: Alone) -> list[tuple[str, str, bool]]:
    """Return who got an alert that was posted last, since when on that day, and whether it has not ended."""
    return [
        (one["labels"]["escalation"], one["startsAt"][11:19], one["endsAt"] > moment(alone.intake.now))
        for one in alone.mesh.posted[-1]
    ]


def test_what_nobody_acknowledges_goes_to_the_next_of_its_path_too(alone: Alone) -> None:
    path = [{"receiver": "duty", "after": 0}, {"receiver": "lead", "after": 900}]
    alone.looking.escalations = [{"path": path, "priorities": ["high"], "teams": ["sales"], "services": ["shop"]}]
    alone.follow(FULL)
    alone.steps.end()
    alone.go_on(200)
    alone.looking.page()
    assert receivers(alone) == [("duty", "00:03:20", True)]
    alone.intake.now += 899
    alone.looking.page()
    assert len(receivers(alone)) == 1
    alone.intake.now += 1
    alone.looking.page()
    assert receivers(alone) == [("duty", "00:03:20", True), ("lead", "00:18:20", True)]
    registry = CollectorRegistry()
    registry.register(alone.looking.metrics())
    assert registry.get_sample_value("incident_response_pages", {"alert": "IncidentEscalated"}) == 1
    alone.intake.act("acknowledge")
    alone.looking.page()
    assert [one[::2] for one in receivers(alone)] == [("duty", False), ("lead", False)]


def test_the_journal_has_the_path_that_an_escalation_takes(alone: Alone) -> None:
    told = [{"path": [{"receiver": "duty", "after": 0}, {"receiver": "lead", "after": 900}]}]
    alone.looking.escalations = told
    alone.follow(FULL)
    alone.steps.end()
    alone.go_on(200)
    (escalated,) = [one for one in alone.intake.incident(1)["events"] if one["kind"] == "escalated"]
    assert escalated["path"] == told[0]["path"]
    tried = post_mortem(alone.intake.reader, alone.intake.incident(1))["tried"]
    assert tried[-1]["what"] == (
        "People have to see to it: 1 series are bad; the alert goes to duty, then to lead after 15 min"
    )
    reader = Reader(alone.intake.journal.path, alone.intake.cause, Escalations.of(told))
    assert (reader.incident(1) or {})["escalation"] == [
        {"receiver": "duty", "at": "2026-01-01T00:03:20.000Z"},
        {"receiver": "lead", "at": "2026-01-01T00:18:20.000Z"},
    ]


def test_what_fits_no_path_is_left_to_the_labels(alone: Alone) -> None:
    alone.looking.escalations = [{"path": [{"receiver": "duty"}], "priorities": ["low"]}]
    alone.follow(FULL)
    alone.steps.end()
    alone.go_on(200)
    alone.looking.page()
    assert "escalation" not in alone.mesh.posted[-1][0]["labels"]
    (escalated,) = [one for one in alone.intake.incident(1)["events"] if one["kind"] == "escalated"]
    assert "path" not in escalated


def test_who_gets_it_follows_the_priority_while_nobody_has_it(alone: Alone) -> None:
    alone.looking.escalations = [
        {"path": [{"receiver": "boss"}], "priorities": ["critical"]},
        {"path": [{"receiver": "duty"}]},
    ]
    alone.follow(FULL)
    alone.steps.end()
    alone.go_on(200)
    alone.looking.page()
    with closing(sqlite3.connect(alone.intake.journal.path)) as connection:
        scored = {"priority": "critical", "score": 150, "terms": {}}
        Entries(connection, alone.intake.now, "decisions").event("scored", incident=1, detail=scored)
        connection.commit()
    alone.looking.page()
    assert [one[::2] for one in receivers(alone)] == [("boss", True), ("duty", False)]


def test_the_path_of_a_request_begins_when_it_is_made(alone: Alone) -> None:
    alone.looking.escalations = [{"path": [{"receiver": "duty"}, {"receiver": "lead", "after": 600}]}]
    alone.intake.now += 60
    alone.follow(runbook(level="partial"))
    alone.looking.page()
    assert receivers(alone) == [("duty", "00:01:00", True)]
    alone.intake.now += 600
    alone.looking.page()
    assert receivers(alone) == [("duty", "00:01:00", True), ("lead", "00:11:00", True)]
    told = [{"path": [{"receiver": "duty", "after": 0}, {"receiver": "lead", "after": 600}]}]
    reader = Reader(alone.intake.journal.path, alone.intake.cause, Escalations.of(told))
    (approval,) = (reader.incident(1) or {})["approvals"]
    assert approval["escalation"] == [
        {"receiver": "duty", "at": "2026-01-01T00:01:00.000Z"},
        {"receiver": "lead", "at": "2026-01-01T00:11:00.000Z"},
    ]


def test_a_label_that_is_missing_lets_nothing_start(alone: Alone) -> None:
    alone.follow(runbook(level="full", steps=[{"step": "clear_cache", "parameters": {"name": {"label": "cache"}}}]))
    (decision,) = alone.intake.incident(1)["decisions"]
    assert (decision["target"], decision["allowed"]) == ("the alert has no label cache", False)


def test_a_failed_verification_lowers_full_to_partial_until_a_person_trusts_it_again(alone: Alone) -> None:
    def decided(host: str) -> tuple[str, str]:
        other = {**DOWN, "host": host, "instance": f"{host}:9100"}
        alone.intake.notify(notified(other, alone.intake.now))
        alone.replica.fire(DOWN, other)
        alone.looking.follow(FULL)
        alone.looking.act(3)
        known = [one for number in alone.intake.incidents() for one in alone.intake.incident(number["id"])["decisions"]]
        (decision,) = [one for one in known if (one["hosts"], one["allowed"]) == ([host], True)]
        (reason,) = [one["reason"] for one in decision["guards"] if one["guard"] == "trust"]
        return decision["level"], reason

    alone.looking.follow(FULL)
    alone.looking.act(3)
    alone.steps.end()
    alone.go_on(200)
    assert alone.ended() == ("failing", "1 series are bad")
    why = "1 of 1 runs failed, the last one on web1 in incident 1"
    assert alone.why_lowered() == {"exporter_down": why}
    lowered = ("partial", f"{why}: a person has to approve its steps until one trusts it again")
    assert decided("web2") == lowered
    alone.intake.now += 31 * 86400  # when no run is remembered
    assert decided("web3") == lowered
    assert alone.intake.trust("exporter_down", reason="the unit is repaired") == {"lowered": []}
    alone.go_on(901, 100)  # until nobody has approved the step on web3
    assert decided("mon2") == ("full", "0 of 0 runs helped")
    assert [one.host.name for one in alone.steps.started] == ["web1", "mon2"]
    assert alone.lowered() == [("lowered", "decisions"), ("raised", "user anna")]


def test_a_runbook_that_fails_again_is_lowered_again(alone: Alone) -> None:
    alone.looking.follow(FULL)
    alone.looking.act(3)
    alone.steps.end()
    alone.go_on(200)
    alone.intake.trust("exporter_down", reason="the unit is repaired")
    alone.looking.act(2)
    assert [kind for kind, _source in alone.lowered()] == ["lowered", "raised"]  # what was before it does not count
    alone.intake.now += 3600
    other = {**DOWN, "host": "web2", "instance": "web2:9100"}
    alone.intake.notify(notified(other, alone.intake.now))
    alone.replica.fire(DOWN, other)
    alone.replica.samples['up{job="node_exporter", instance="web2:9100"}'] = [({}, 0)]
    alone.looking.act(3)
    alone.steps.end()
    alone.go_on(200)
    assert [kind for kind, _source in alone.lowered()] == ["lowered", "raised", "lowered"]


def test_metrics_count_runs_and_what_goes_on(alone: Alone) -> None:
    registry = CollectorRegistry()
    alone.follow(FULL)
    registry.register(alone.looking.metrics())

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"incident_response_{name}", labels)

    recovered = {"runbook": "exporter_down", "outcome": "recovered"}
    assert (value("steps_running"), value("runs_total", **recovered), value("stopped_seconds")) == (1, 0, 0)
    assert (value("oldest_step_seconds") or 0) > 1e6  # the time of tests is long ago
    assert value("acting_timestamp_seconds") == alone.intake.now
    alone.finish()
    alone.intake.automate("stop", reason="audit")
    assert (value("steps_running"), value("oldest_step_seconds"), value("runs_total", **recovered)) == (0, 0, 1)
    assert (value("stopped_seconds") or 0) > 1e6
    assert value("pages", alert="IncidentEscalated") == 0


def test_what_helped_saved_what_was_assumed_at_its_end(alone: Alone) -> None:
    registry = CollectorRegistry()
    alone.follow(FULL)
    alone.finish()
    alone.follow(runbook(level="full", by_hand=60))
    registry.register(alone.looking.metrics())
    labels = {"runbook": "exporter_down"}
    assert registry.get_sample_value("incident_response_saved_seconds_total", labels) == 900
    assert registry.get_sample_value("incident_response_by_hand_seconds", labels) == 60


def test_what_did_not_help_saved_nothing(alone: Alone) -> None:
    registry = CollectorRegistry()
    alone.follow(FULL)
    alone.steps.end()
    alone.go_on(200)
    registry.register(alone.looking.metrics())
    assert alone.ended()[0] == "failing"
    labels = {"runbook": "exporter_down"}
    assert registry.get_sample_value("incident_response_saved_seconds_total", labels) == 0
    assert post_mortem(alone.intake.reader, alone.intake.incident(1))["saved_seconds"] == 0


def test_metrics_leave_out_what_a_journal_that_cannot_be_read_counts(alone: Alone) -> None:
    alone.follow(FULL)
    alone.intake.journal.path.rename(alone.intake.journal.path.with_suffix(".gone"))
    names = [one.name for one in alone.looking.metrics().collect()]
    assert "incident_response_steps_running" in names
    assert not {"incident_response_runs", "incident_response_saved_seconds"} & {*names}
