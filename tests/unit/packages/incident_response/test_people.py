# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people do with incidents and with automation, who may, and what is refused in one sentence."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.fields import (
    ActionError,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.state import (
    hands_off,
    windows,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    named,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake

SHOP = named("ShopFails", service="shop", team="sales", host="web1")


@pytest.fixture
def shop(intake: Intake) -> Intake:
    """An intake with an incident of the team sales."""
    intake.notify(notified(SHOP))
    return intake


def left_alone(intake: Intake, service: str = "shop", host: str = "web1") -> str:
    with intake.reader.connected() as connection:
        return hands_off(connection, 1, {service}, {host}, intake.now)


def test_who_did_what_to_an_incident_is_in_its_events(shop: Intake) -> None:
    shop.act("acknowledge", "ben", text=" I look ")
    shop.act("take_over", "anna")
    shop.act("hand_over", "anna", to="ben", text="my shift ends")
    assert shop.incident(1)["holder"] == {"person": "ben", "at": "2026-01-01T00:00:00.000Z", "took_over": True}
    assert left_alone(shop) == "ben took over the incident"
    shop.act("release", "ben")
    shop.act("note", "ben", text="a cable")
    assert (shop.incident(1)["holder"], left_alone(shop)) == (None, "")
    told = [(one["kind"], one["source"], one.get("text"), one.get("to")) for one in shop.incident(1)["events"][1:]]
    assert told == [
        ("acknowledged", "user ben", "I look", None),
        ("taken_over", "user anna", "", None),
        ("handed_over", "user anna", "my shift ends", "ben"),
        ("released", "user ben", "", None),
        ("noted", "user ben", "a cable", None),
    ]


def test_nobody_holds_an_incident_that_has_ended(shop: Intake) -> None:
    shop.act("acknowledge")
    shop.notify(notified(SHOP, ended_at=NOW + 5))
    shop.reconcile([], asked_ago=-9)
    assert (shop.incident(1)["state"], shop.incident(1)["holder"]) == ("closed", None)
    with pytest.raises(ActionError, match="Incident 1 is closed; only a note can be added."):
        shop.act("acknowledge")
    shop.act("note", text="it was a cable")


@pytest.mark.parametrize(
    ("before", "action", "fields", "status", "reason"),
    [
        (
            (),
            "dance",
            {},
            404,
            "There is no action dance: it is one of acknowledge, take_over, stop, hand_over, ",
        ),
        ((), "acknowledge", {"incident": 9}, 404, "There is no incident 9."),
        ((), "acknowledge", {"person": "cleo"}, 403, "cleo may not respond to incidents of the team sales."),
        ((), "acknowledge", {"person": "dora"}, 403, "dora may not respond to incidents of the team sales."),
        ((), "acknowledge", {"person": "grafana"}, 403, "grafana may not respond"),
        ((), "acknowledge", {"to": "ben"}, 400, "The field to is unknown: known are text."),
        ((), "note", {}, 400, "text is missing."),
        ((), "note", {"text": " "}, 400, "text is missing."),
        ((), "note", {"text": 1}, 400, "text has to be a text of at most 4000 characters."),
        ((), "note", {"text": "x" * 4001}, 400, "text has to be a text of at most 4000 characters."),
        ((), "release", {}, 409, "Nobody has acknowledged incident 1."),
        ((), "hand_over", {}, 400, "to is missing."),
        ((), "hand_over", {"to": "cleo"}, 400, "cleo is no account that may respond to incident 1."),
        ((), "hand_over", {"to": "eve"}, 400, "eve is no account that may respond to incident 1."),
        (("acknowledge",), "acknowledge", {}, 409, "You have acknowledged incident 1 already."),
        (("acknowledge",), "acknowledge", {"person": "ben"}, 409, "anna has acknowledged incident 1 already."),
        (("acknowledge",), "hand_over", {"to": "anna"}, 409, "anna has incident 1 already."),
        (("take_over",), "take_over", {}, 409, "You have taken over incident 1 already."),
    ],
)
def test_what_cannot_be_done_to_an_incident_is_refused_in_a_sentence(
    shop: Intake, before: tuple[str, ...], action: str, fields: dict[str, Any], status: int, reason: str
) -> None:
    for one in before:
        shop.act(one)
    events = shop.incident(1)["events"]
    with pytest.raises(ActionError) as refused:
        shop.act(action, **fields)
    assert (refused.value.status, str(refused.value)[: len(reason)]) == (status, reason)
    assert shop.incident(1)["events"] == events


def test_an_incident_without_a_team_is_for_those_of_every_team(intake: Intake) -> None:
    intake.notify(notified(named()))
    with pytest.raises(ActionError, match="ben may not respond to incidents of all teams"):
        intake.act("acknowledge", "ben")
    intake.act("acknowledge", "admin")


def test_all_automation_stops_until_one_who_approves_resumes_it(shop: Intake) -> None:
    shop.automate("stop", "ben", reason="it makes it worse")
    assert left_alone(shop) == "ben stopped all automation: it makes it worse"
    for action, person, reason in (
        ("stop", "anna", "ben has already stopped all automation."),
        ("resume", "ben", "ben may not approve for all teams."),
        ("stop", "cleo", "cleo may not respond."),
        ("dance", "anna", "There is no action dance: it is one of stop, resume."),
    ):
        with pytest.raises(ActionError, match=reason):
            shop.automate(action, person, reason="so")
    with pytest.raises(ActionError, match="reason is missing"):
        shop.automate("resume")
    shop.automate("resume", reason="repaired")
    assert left_alone(shop) == ""
    with pytest.raises(ActionError, match="Automation is not stopped"):
        shop.automate("resume", reason="so")


@pytest.mark.parametrize(
    ("runbook", "person", "fields", "status", "reason"),
    [
        ("shop_down", "ben", {"reason": "so"}, 403, "ben may not approve for all teams."),
        ("shop_down", "anna", {}, 400, "reason is missing."),
        ("shop_up", "anna", {"reason": "so"}, 404, "No runbook shop_up is lowered."),
    ],
)
def test_a_runbook_that_cannot_be_trusted_again_is_refused_in_a_sentence(
    intake: Intake, runbook: str, person: str, fields: dict[str, str], status: int, reason: str
) -> None:
    row = "INSERT INTO open_trust VALUES ('shop_down', 0, 1, '3 of 5 runs helped')"
    intake.journal.write(lambda connection: connection.execute(row).rowcount).result(10)
    with pytest.raises(ActionError) as refused:
        intake.trust(runbook, person, **fields)
    assert (refused.value.status, str(refused.value)) == (status, reason)


@pytest.mark.parametrize(
    ("window", "alone"),
    [
        ({"service": "shop"}, True),
        ({"service": "cart"}, False),
        ({"host": "web1"}, True),
        ({"host": "web2"}, False),
        ({"kind": "freeze"}, True),
    ],
)
def test_a_window_keeps_automation_from_what_it_names_until_it_ends(
    shop: Intake, window: dict[str, str], alone: bool
) -> None:
    number = shop.open_window(**window)
    kind = window.get("kind", "maintenance")
    expected = f"{kind} until 2026-01-01 01:00:00 UTC, by anna: new disks" if alone else ""
    assert left_alone(shop) == expected
    shop.now += 3600
    assert left_alone(shop) == ""
    with pytest.raises(ActionError, match=f"No window {number} is open."):
        shop.end_window(number)
    again = shop.open_window(**window, minutes="5")
    shop.end_window(again)
    assert left_alone(shop) == ""


@pytest.mark.parametrize("starts_at", ["2026-01-01T02:00:00Z", "2026-01-01T02:00", "2026-01-01T03:00:00+01:00"])
def test_a_planned_window_keeps_automation_from_nothing_until_it_begins(shop: Intake, starts_at: str) -> None:
    shop.open_window(service="shop", starts_at=starts_at)
    with shop.reader.connected() as connection:
        (window,) = windows(connection, shop.now)
    times = ("2026-01-01T00:00:00.000Z", "2026-01-01T02:00:00.000Z", "2026-01-01T03:00:00.000Z")
    assert (window["at"], window["starts_at"], window["ends_at"], window["state"]) == (*times, "planned")
    begun = "maintenance until 2026-01-01 03:00:00 UTC, by anna: new disks"
    for seconds, expected in ((7199, ""), (1, begun), (3600, "")):
        shop.now += seconds
        assert left_alone(shop) == expected


def test_a_planned_window_is_cancelled_before_it_begins(shop: Intake) -> None:
    number = shop.open_window(service="shop", starts_at="2026-01-01T02:00Z")
    shop.end_window(number)
    shop.now += 7300
    assert left_alone(shop) == ""


def test_a_window_that_begins_in_this_minute_begins_now(shop: Intake) -> None:
    shop.now += 50
    shop.open_window(service="shop", starts_at="2026-01-01T00:00", minutes=1)
    assert left_alone(shop).startswith("maintenance until 2026-01-01 00:01:50 UTC")


@pytest.mark.parametrize(
    ("person", "window", "status", "reason"),
    [
        ("anna", {"host": "b", "starts_at": "soon"}, 400, "starts_at has to be a time such as 2026-03-10T22:00Z."),
        ("anna", {"host": "b", "starts_at": "2026-13-01T00:00Z"}, 400, "starts_at has to be a time such as"),
        ("anna", {"host": "b", "starts_at": 1}, 400, "starts_at has to be a text of at most 4000 characters."),
        ("anna", {"host": "b", "starts_at": "2025-12-31T23:57"}, 400, "starts_at is in the past: leave it out to"),
        ("anna", {"host": "b", "starts_at": "2026-04-02"}, 400, "starts_at has to be within 90 days."),
        ("anna", {}, 400, "Maintenance needs a service or a host; a freeze without either is of everything."),
        ("anna", {"service": "a", "host": "b"}, 400, "A window is of a service or of a host, not of both."),
        ("anna", {"kind": "break", "host": "b"}, 400, "kind has to be maintenance or freeze."),
        ("anna", {"host": "b", "reason": ""}, 400, "reason is missing."),
        ("anna", {"host": "b", "minutes": "0"}, 400, "minutes has to be a whole number from 1 to 129600."),
        ("anna", {"host": "b", "minutes": "-1"}, 400, "minutes has to be a whole number"),
        ("anna", {"host": "b", "minutes": "999999999999"}, 400, "minutes has to be a whole number"),
        ("anna", {"host": "b", "minutes": None}, 400, "minutes has to be a whole number"),
        ("ben", {"service": "database"}, 403, "ben may not respond for the team storage."),
        ("ben", {"service": "unknown"}, 403, "ben may not respond for all teams."),
        ("ben", {"host": "web1"}, 403, "ben may not respond for all teams."),
        ("ben", {"kind": "freeze"}, 403, "ben may not respond for all teams."),
    ],
)
def test_a_window_that_cannot_be_opened_is_refused_in_a_sentence(
    intake: Intake, person: str, window: dict[str, Any], status: int, reason: str
) -> None:
    with pytest.raises(ActionError) as refused:
        intake.open_window(person, **window)
    assert (refused.value.status, str(refused.value)[: len(reason)]) == (status, reason)


def test_only_the_team_of_a_window_ends_it(intake: Intake) -> None:
    number = intake.open_window("ben", service="shop")
    with pytest.raises(ActionError, match="dora may not respond for the team sales"):
        intake.end_window(number, "dora")
    intake.end_window(number, "ben")


def test_people_see_the_incidents_of_their_teams(engine: Engine) -> None:
    alerts = [notified({**SHOP, "host": ""}, time.time())]
    alerts += [notified(named("DiskFails", service="database", team="storage"), time.time())]
    assert engine.post(webhook(*alerts)).status_code == 200
    seen = {
        person: [one["id"] for one in engine.get("/api/incidents", person).json()["incidents"]]
        for person in ("admin", "grafana", "anna", "ben", "cleo", "dora")
    }
    assert seen == {"admin": [2, 1], "grafana": [2, 1], "anna": [2, 1], "ben": [1], "cleo": [1], "dora": [2]}
    assert engine.get("/api/incidents?limit=1", "ben").json()["incidents"][0]["teams"] == ["sales"]
    refused = engine.get("/api/incidents/2", "ben")
    assert (refused.status_code, refused.json()["error"]) == (403, "ben may not look at incidents of storage.")


def test_people_act_over_the_api_and_a_restart_forgets_nothing(engine: Engine) -> None:
    assert engine.post(webhook(notified(SHOP, time.time()))).status_code == 200
    answers = [
        engine.post(told, path, "ben")
        for path, told in (
            ("/api/incidents/1/acknowledge", {"text": "I look"}),
            ("/api/automation/stop", {"reason": "wait"}),
            ("/api/windows", {"kind": "maintenance", "service": "shop", "reason": "new disks", "minutes": 5}),
            ("/api/windows", {"kind": "maintenance", "service": "shop", "reason": "and more", "minutes": 5}),
        )
    ]
    assert [one.status_code for one in answers] == [200] * 4
    first = answers[2].json()["window"]
    assert engine.post({}, f"/api/windows/{first}/end", "ben").status_code == 200
    engine.stop()
    engine.start()
    assert engine.get("/api/incidents/1", "cleo").json()["holder"]["person"] == "ben"
    found = engine.get("/api/automation", "cleo").json()
    assert (found["stopped"]["person"], found["stopped"]["reason"]) == ("ben", "wait")
    assert [one["reason"] for one in found["windows"]] == ["and more"]
    for path, told, status in (
        ("/api/incidents/1/acknowledge", {}, 409),
        ("/api/incidents/1/note", [], 400),
        ("/api/incidents/99999999999999999999999/note", {"text": "a"}, 404),
        ("/api/automation/resume", {"reason": "go"}, 403),
        ("/api/incidents/1/note", {"text": "\ud800"}, 400),
    ):
        refused = engine.post(told, path, "ben")
        assert (refused.status_code, bool(refused.json()["error"])) == (status, True)
    assert engine.post({}, "/api/automation/stop", "reporter").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_page_of_another_site_can_do_nothing_with_the_password_of_who_looks_at_it(
    lasting: Engine, headers: dict[str, str]
) -> None:
    for path in ("/api/automation/stop", "/api/reports", "/api/windows"):
        answer = lasting.client.post(path, content=b"{}", headers=headers, auth=("admin", "admin-password"))
        assert (answer.status_code, answer.json()["error"]) == (403, "A page of another site sent this.")
    own = {"Origin": f"https://127.0.0.1:{lasting.port}"}
    answer = lasting.client.post("/api/windows", content=b"{}", headers=own, auth=("admin", "admin-password"))
    assert answer.json()["error"] == "kind has to be maintenance or freeze."
