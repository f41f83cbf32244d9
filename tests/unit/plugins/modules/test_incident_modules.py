# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of incident_response and the service itself: what they change, what they leave, what it refuses."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http import session
from ansible_collections.vigil.observability.plugins.module_utils._incidents import client
from ansible_collections.vigil.observability.plugins.modules import (
    incident_action,
    incident_info,
    incident_maintenance,
)
from ansible_collections.vigil.observability.tests.servers.breaking_proxy import FAULTS, Fault, breaking_proxy
from ansible_collections.vigil.observability.tests.unit.plugins.conftest import LoopbackServer
from ansible_collections.vigil.observability.tests.unit.plugins.modules.incidents import Incidents, incident_response

__all__ = ["incident_response"]

Result = dict[str, Any]
Run = Callable[..., Result]
NOWHERE = {"url": "https://127.0.0.1:1", "retries": 0}


@pytest.fixture
def run(incident_response: Incidents, run_module: Run) -> Run:
    """A function that runs a module for a person, ben unless another one is given."""

    def run(module: ModuleType, *, person: str = "ben", **options: Any) -> Result:
        return run_module(module, **{**incident_response.login(person), **options})

    return run


@pytest.fixture
def act(run: Run) -> Run:
    def act(action: str, incident: int | None = None, **options: Any) -> Result:
        return run(incident_action, action=action, **({"incident": incident} if incident else {}), **options)

    return act


@pytest.fixture
def window(run: Run) -> Iterator[Run]:
    """A function that wants a window of the shop, and which none of the tests leaves open."""

    def window(**options: Any) -> Result:
        return run(incident_maintenance, **{"service": "shop", "reason": "new disks", **options})

    yield window
    for one in windows(run):
        scope = {name: one[name] for name in ("kind", "service", "host", "reason")}
        assert run(incident_maintenance, person="anna", state="absent", **scope)["changed"]


@pytest.fixture
def incident(incident_response: Incidents) -> int:
    """The number of an incident of the team sales."""
    return incident_response.fire()[0]


def read(run: Run, incident: int) -> Result:
    (found,) = run(incident_info, incident=incident)["incidents"]
    return dict(found)


def windows(run: Run) -> list[Result]:
    return list(run(incident_info)["windows"])


def done(run: Run, incident: int) -> list[tuple[str, str]]:
    """Return what people did to an incident."""
    events = read(run, incident)["events"]
    return [(one["kind"], one["source"][5:]) for one in events if one["source"].startswith("user ")]


@pytest.mark.parametrize(
    ("before", "action", "options", "holder", "took_over"),
    [
        ([], "acknowledge", {}, "ben", False),
        ([], "take_over", {"text": "I look"}, "ben", True),
        (["acknowledge"], "take_over", {}, "ben", True),
        ([], "stop", {"text": "I do it"}, "ben", True),
        ([], "hand_over", {"to": " anna\n"}, "anna", False),
        (["take_over"], "hand_over", {"to": "anna"}, "anna", True),
        (["take_over"], "release", {}, None, False),
    ],
)
def test_an_action_is_done_once_and_in_check_mode_not_at_all(
    run: Run, act: Run, incident: int, before: list[str], action: str, options: Result, holder: str, took_over: bool
) -> None:
    for one in before:
        act(one, incident)
    events = done(run, incident)
    shown = (True, holder, took_over)
    for check in (True, False):
        result = act(action, incident, **options, check=check, diff=True)
        assert (result["changed"], result["holder"], result["took_over"]) == shown
        assert (
            result["diff"][0]["before_header"],
            f'"took_over": {str(took_over).lower()}' in result["diff"][0]["after"],
        ) == (f"incident {incident}", True)
        assert (done(run, incident) == events) is check
    again = act(action, incident, **options, diff=True)
    assert (again["changed"], again["holder"], again["took_over"], again["diff"]) == (False, holder, took_over, [])
    assert len(done(run, incident)) == len(events) + 1


@pytest.mark.parametrize(
    ("before", "action", "to"),
    [("take_over", "acknowledge", None), ("take_over", "hand_over", "ben"), (None, "release", None)],
)
def test_what_is_so_already_stays_as_it_is(
    run: Run, act: Run, incident: int, before: str | None, action: str, to: str | None
) -> None:
    if before:
        act(before, incident)
    result = act(action, incident, to=to)
    assert (result["changed"], result["took_over"]) == (False, before is not None)
    assert len(done(run, incident)) == (1 if before else 0)


def test_a_note_is_added_again_only_after_another_one(run: Run, act: Run, incident: int) -> None:
    written = [("ben", "a cable\n"), ("ben", "a cable"), ("anna", "a cable"), ("ben", "a cable"), ("ben", "a disk")]
    changed = [act("note", incident, text=text, person=person)["changed"] for person, text in written]
    assert changed == [True, False, True, True, True]
    assert done(run, incident) == [("noted", "ben"), ("noted", "anna"), ("noted", "ben"), ("noted", "ben")]


def test_a_note_is_added_to_a_closed_incident_and_nothing_else_is_done(incident_response: Incidents, act: Run) -> None:
    incident, service = incident_response.fire()
    incident_response.end(service)
    sentence = f"Incident {incident} is closed; only a note can be added"
    assert not act("release", incident)["changed"]
    for check in (True, False):
        assert sentence in act("take_over", incident, check=check)["msg"]
        assert act("note", incident, text="it was a cable", check=check)["changed"]


def test_all_automation_is_stopped_once_until_it_is_resumed(run: Run, act: Run) -> None:
    for check in (True, False):
        result = act("stop_automation", reason="it makes it worse", check=check, diff=True)
        assert (result["changed"], result["stopped"]) == (True, True)
        assert '"reason": "it makes it worse"' in result["diff"][0]["after"]
        assert bool(run(incident_info)["stopped"]) is not check
    assert not act("stop_automation", person="anna", text="again")["changed"]
    assert run(incident_info)["stopped"]["person"] == "ben"
    assert "ben may not approve for all teams" in act("resume_automation", reason="repaired")["msg"]
    for check in (True, False):
        result = act("resume_automation", person="anna", reason="repaired", check=check)
        assert (result["changed"], result["stopped"]) == (True, False)
    assert not act("resume_automation", person="anna", reason="repaired")["changed"]


def test_a_runbook_that_was_lowered_is_trusted_once_and_by_who_may(incident_response: Incidents, act: Run) -> None:
    for runbook in ("exporter_down", "unit_failed"):
        incident_response.lower(runbook)
    told = {"runbook": "exporter_down", "reason": "the unit is repaired"}
    assert "ben may not approve for all teams" in act("trust_runbook", **told)["msg"]
    for check in (True, False):
        result = act("trust_runbook", person="anna", **told, check=check, diff=True)
        assert (result["changed"], result["stopped"], result["lowered"]) == (True, False, ["unit_failed"])
        assert json.loads(result["diff"][0]["before"])["lowered"] == ["exporter_down", "unit_failed"]
    again = act("trust_runbook", **told)
    assert (again["changed"], again["lowered"]) == (False, ["unit_failed"])


@pytest.mark.parametrize(
    ("person", "options", "sentence"),
    [
        ("cleo", {"action": "acknowledge"}, "answered 403: cleo may not respond to incidents of the team sales."),
        ("dora", {"action": "acknowledge"}, "answered 403: dora may not look at incidents of sales."),
        ("grafana", {"action": "stop_automation", "text": "so"}, "answered 403: grafana may not respond."),
        ("ben", {"action": "acknowledge", "incident": 999}, "answered 404: There is no incident 999."),
        ("ben", {"action": "hand_over", "to": "eve"}, "answered 400: eve is no account that may respond to incident"),
        ("eve", {"action": "acknowledge"}, "answered 401: Log in. Check the user and password"),
    ],
)
def test_a_refusal_has_the_sentence_of_the_service(
    run: Run, incident: int, person: str, options: Result, sentence: str
) -> None:
    given = {"incident": incident, **options}
    if options["action"] == "stop_automation":
        del given["incident"]
    result = run(incident_action, person=person, **given)
    assert sentence in result["msg"]
    assert f"{person}-password" not in str(result)
    assert done(run, incident) == []


def test_an_incident_that_another_person_has_is_not_acknowledged(run: Run, act: Run, incident: int) -> None:
    act("acknowledge", incident, person="anna")
    for check in (True, False):
        result = act("acknowledge", incident, check=check)
        assert result["msg"].startswith(f"Could not acknowledge incident {incident}: ")
        assert f"anna has acknowledged incident {incident} already." in result["msg"]
    assert done(run, incident) == [("acknowledged", "anna")]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"action": "acknowledge"}, "The action acknowledge needs incident."),
        ({"action": "note", "incident": 1, "text": " "}, "The action note needs text."),
        ({"action": "hand_over"}, "The action hand_over needs incident and to."),
        ({"action": "release", "incident": 1, "to": "anna"}, "The action release does not have to."),
        (
            {"action": "stop_automation", "incident": 1, "text": "so"},
            "The action stop_automation does not have incident. To keep automation from one incident, take it over.",
        ),
        ({"action": "resume_automation"}, "The action resume_automation needs text."),
        ({"action": "trust_runbook", "text": "so"}, "The action trust_runbook needs runbook."),
        ({"action": "note", "incident": 1, "text": "so", "runbook": "a"}, "The action note does not have runbook."),
    ],
)
def test_an_action_with_wrong_options_is_refused_before_the_service_is_asked(
    run_module: Run, options: Result, sentence: str
) -> None:
    assert run_module(incident_action, username="ben", password="ben-password", **NOWHERE, **options)["msg"] == sentence


ONE, TWO = "inc-4-d2-s1-h1-a1", "inc-4-d3-s1-h1-a1"
APPROVAL = {"action": "approve", "incident": 4, "username": "anna", "password": "anna-password", "retries": 0}


@pytest.fixture
def approve(server: LoopbackServer, run_module: Run) -> Run:
    """A function that approves a step of an incident of which these attempts wait, or are approved."""

    def approve(waiting: list[str], approved: list[str], **options: Any) -> Result:
        events = [{"kind": "approved", "source": "user ben", "attempt": one, "text": ""} for one in approved]
        approvals = [{"attempt": one} for one in waiting]
        found = {"state": "open", "holder": None, "events": events, "approvals": approvals}
        server.bodies = {"/api/incidents/4": json.dumps(found).encode(), "/api/incidents/4/approve": b"{}"}
        return run_module(incident_action, url=server.url, **APPROVAL, **options)

    return approve


@pytest.mark.parametrize(("waiting", "options"), [([ONE], {}), ([ONE, TWO], {"attempt": f"{ONE}\n", "text": "so"})])
def test_a_step_that_waits_is_approved_by_its_name(
    server: LoopbackServer, approve: Run, waiting: list[str], options: Result
) -> None:
    assert approve(waiting, [], check=True, **options)["changed"]
    assert server.sent == []
    result = approve(waiting, [], diff=True, **options)
    assert (result["changed"], json.loads(result["diff"][0]["after"])["approved"]) == (True, [ONE])
    (sent,) = map(json.loads, server.sent)
    assert sent == {**options, "attempt": ONE}


def test_what_runs_is_stopped_once_also_by_who_has_taken_over(server: LoopbackServer, run_module: Run) -> None:
    one = {"decision": 4, "runbook": "exporter_down", "attempt": ONE}

    def stopped(by: str, **options: Any) -> Result:
        holder = {"person": "anna", "took_over": True}
        found = {"state": "open", "holder": holder, "events": [], "running": [{**one, "stopped": by}]}
        server.bodies = {"/api/incidents/4": json.dumps(found).encode(), "/api/incidents/4/stop": b"{}"}
        return run_module(incident_action, url=server.url, **{**APPROVAL, "action": "stop"}, **options)

    assert stopped("", check=True)["changed"]
    assert server.sent == []
    result = stopped("", diff=True, text="the wrong disk")
    assert (result["changed"], json.loads(result["diff"][0]["before"])["running"]) == (True, ["exporter_down"])
    assert list(map(json.loads, server.sent)) == [{"text": "the wrong disk"}]
    assert not stopped("ben")["changed"]
    assert len(server.sent) == 1


def test_a_step_that_somebody_has_approved_is_left(server: LoopbackServer, approve: Run) -> None:
    assert not approve([TWO], [ONE], attempt=ONE)["changed"]
    assert server.sent == []


@pytest.mark.parametrize(
    ("waiting", "options", "sentence"),
    [
        ([], {}, "Could not approve a step of incident 4: none waits for it."),
        (
            [ONE, TWO],
            {},
            f"Could not approve a step of incident 4: several wait ({ONE}, {TWO}), so name one with attempt.",
        ),
        (
            [ONE],
            {"attempt": TWO, "check": True},
            f"Could not approve a step of incident 4: {TWO} does not wait for an approval.",
        ),
    ],
)
def test_what_does_not_wait_is_not_approved(
    server: LoopbackServer, approve: Run, waiting: list[str], options: Result, sentence: str
) -> None:
    assert approve(waiting, [], **options)["msg"] == sentence
    assert server.sent == []


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (incident_action, {"action": "acknowledge", "incident": 1}),
        (incident_maintenance, {"service": "shop", "reason": "so"}),
    ],
)
def test_who_acts_has_to_be_known(run_module: Run, module: ModuleType, options: Result) -> None:
    assert run_module(module, **NOWHERE, **options)["msg"].startswith("username and password are missing")


def test_incidents_are_listed_over_pages_by_service_and_team(
    incident_response: Incidents, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_PAGE", 2)
    made = [incident_response.fire() for number in range(5)]
    numbers = [number for number, _service in reversed(made)]

    def listed(**options: Any) -> list[int]:
        return [one["id"] for one in run(incident_info, **options)["incidents"]]

    assert listed(limit=3) == numbers[:3]
    assert listed()[:5] == numbers
    assert listed(service=made[0][1]) == [made[0][0]]
    assert listed(service=made[0][1], team="storage") == []
    assert listed(team="sales", limit=4) == numbers[:4]
    assert listed(person="dora") == []
    incident_response.end(made[1][1])
    assert (listed(service=made[1][1]), listed(service=made[1][1], state="closed")) == ([], [made[1][0]])


def test_one_incident_is_read_with_what_happened_and_its_post_mortem(run: Run, act: Run, incident: int) -> None:
    act("note", incident, text="a cable")
    found = run(incident_info, incident=incident, post_mortem="md", limit=1)
    assert (found["changed"], found["stopped"], found["windows"]) == (False, None, [])
    assert found["incidents"][0]["alerts"][0]["labels"]["alertname"] == "Fails"
    assert "a cable" in found["post_mortem"]
    assert run(incident_info, incident=incident, post_mortem="html")["post_mortem"].startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"incident": 999},
            "Could not read the incident 999: incident_response at {} answered 404: There is no incident",
        ),
        ({"post_mortem": "md"}, "post_mortem needs incident"),
        ({"limit": 0}, "limit must be at least 1"),
    ],
)
def test_what_cannot_be_read_is_refused(incident_response: Incidents, run: Run, options: Result, sentence: str) -> None:
    assert run(incident_info, **options)["msg"].startswith(sentence.format(incident_response.options["url"]))


def test_a_window_is_open_once_until_it_is_absent(run: Run, window: Run) -> None:
    planned = window(check=True, diff=True)
    assert (planned["changed"], "window" in planned, windows(run)) == (True, False, [])
    opened = window(diff=True)
    assert '"service": "shop"' in opened["diff"][0]["after"]
    again = window(reason="new disks\n", person="anna")
    (there,) = windows(run)
    assert (again["changed"], again["window"], again["ends_at"]) == (False, opened["window"], there["ends_at"])
    assert window(state="absent", check=True)["changed"]
    assert windows(run) == [there]
    ended = window(state="absent", diff=True)
    assert (ended["changed"], ended["diff"][0]["after"]) == (True, "")
    assert windows(run) == []
    assert not window(state="absent")["changed"]


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        ({"minutes": 30}, False),
        ({"minutes": 64}, False),
        ({"minutes": 64, "tolerance": 1}, True),
        ({"minutes": 90}, True),
    ],
)
def test_a_window_that_would_end_too_early_is_replaced(run: Run, window: Run, options: Result, changed: bool) -> None:
    first = window()
    second = window(**options)
    assert (second["changed"], second["window"] != first["window"]) == (changed, changed)
    (there,) = windows(run)
    assert (there["id"], there["ends_at"]) == (second["window"], second["ends_at"])
    assert (second["ends_at"] > first["ends_at"]) is changed


def test_a_planned_window_is_one_until_its_begin_is_another(run: Run, window: Run) -> None:
    first, later = (f"{datetime.now(timezone.utc) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (2, 3))
    planned = window(starts_at=first)
    (there,) = windows(run)
    assert (there["state"], there["starts_at"][:19]) == ("planned", first[:19])
    assert planned["starts_at"] == there["starts_at"]
    assert not window(starts_at=first)["changed"]
    moved = window(starts_at=later, diff=True)
    assert f'"starts_at": "{later[:19]}' in moved["diff"][0]["after"]
    assert [(one["id"], one["starts_at"][:19]) for one in windows(run)] == [(moved["window"], later[:19])]
    opened = window()
    assert [(one["id"], one["state"]) for one in windows(run)] == [(opened["window"], "open")]


def test_a_window_that_would_have_begun_is_refused(window: Run) -> None:
    assert "starts_at is in the past: leave it out to begin now." in window(starts_at="2026-01-01T00:00:00Z")["msg"]
    assert "a date with a time zone" in window(starts_at="2026-01-01T00:00:00")["msg"]


def test_other_windows_are_not_touched(run: Run, window: Run) -> None:
    others: list[Result] = [
        {"reason": "another"},
        {"kind": "freeze"},
        {"service": None, "host": "web1", "person": "anna"},
        {"service": None, "kind": "freeze", "person": "anna"},
    ]
    for other in others:
        assert window(**other)["changed"]
    assert window()["changed"]
    assert window(state="absent")["changed"]
    assert len(windows(run)) == len(others)
    assert [window(**other)["changed"] for other in others] == [False] * len(others)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"service": None}, "Maintenance needs service or host; only a freeze without either is of everything."),
        ({"host": "web1"}, "A window is of a service or of a host: give one of them."),
        ({"reason": " "}, "reason is empty."),
        ({"minutes": 0}, "minutes must be from 1 to 129600."),
        ({"minutes": 129601}, "minutes must be from 1 to 129600."),
    ],
)
def test_a_wrong_window_is_refused_before_the_service_is_asked(window: Run, options: Result, sentence: str) -> None:
    assert window(**NOWHERE, **options)["msg"] == sentence


def test_a_window_of_another_team_is_refused_by_the_service(run: Run, window: Run) -> None:
    result = window(person="dora")
    assert result["msg"].startswith(
        "Could not open the window 'maintenance of the service shop: new disks': incident_re"
    )
    assert "answered 403: dora may not respond for the team sales." in result["msg"]
    window()
    ended = window(person="dora", state="absent")
    assert ended["msg"].startswith("Could not end the window ")
    assert len(windows(run)) == 1


class Write(NamedTuple):
    """A write to a path: what a run before it is given (nothing for none), and what this one is."""

    path: str
    module: ModuleType
    before: Result
    options: Result


SHOP = {"service": "shop", "reason": "lost"}
WRITES = [
    Write("/acknowledge$", incident_action, {}, {"action": "acknowledge"}),
    Write("/release$", incident_action, {"action": "take_over"}, {"action": "release"}),
    Write("/note$", incident_action, {}, {"action": "note", "text": "a cable"}),
    Write("/windows$", incident_maintenance, {}, SHOP),
    Write("/end$", incident_maintenance, SHOP, {**SHOP, "state": "absent"}),
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("write", WRITES, ids=[write.path for write in WRITES])
@pytest.mark.usefixtures("window")
def test_a_change_is_made_whatever_happens_to_its_first_request(
    incident_response: Incidents, run: Run, monkeypatch: pytest.MonkeyPatch, write: Write, fault: str
) -> None:
    monkeypatch.setattr(session, "_FIRST_WAIT", 0.001)
    subject: Result = {"incident": incident_response.fire()[0]} if write.module is incident_action else {}
    if write.before:
        assert run(write.module, **subject, **write.before)["changed"]
    port = int(incident_response.options["url"].rpartition(":")[2])
    trusted = ssl.create_default_context(cafile=incident_response.options["ca_path"])
    with breaking_proxy(port, trusted) as proxy:
        proxy.faults.append(Fault(fault, "POST", write.path))
        result = run(write.module, url=proxy.url, **subject, **write.options)
        assert (result.get("msg", ""), result["changed"], proxy.broken()) == ("", True, True)
    assert not run(write.module, **subject, **write.options)["changed"]
    assert len(windows(run)) == (write.path == "/windows$")
