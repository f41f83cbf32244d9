"""People see the incidents of their team, and do what their right allows."""

from __future__ import annotations

from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]


@pytest.fixture
def number(incident: Any, eventually: Any) -> int:
    """Return the number of an incident of the team harbour."""
    return int(eventually(lambda: incident("of_harbour")["id"]))


def test_person_of_the_team_reads_its_incidents_and_does_nothing_else(engine: Any, number: int) -> None:
    assert engine(f"incidents/{number}", person="lena").status == 200
    assert engine(f"incidents/{number}/note", {"text": "seen"}, person="lena").status == 403
    assert engine("automation/stop", {"reason": "a try"}, person="lena").status == 403


def test_person_who_may_respond_writes_a_note_with_the_own_name(engine: Any, number: int) -> None:
    assert engine(f"incidents/{number}/note", {"text": "seen"}, person="rosa").status == 200
    (note,) = [one for one in engine(f"incidents/{number}").json()["events"] if one["kind"] == "noted"]
    assert (note["source"], note["text"]) == ("user rosa", "seen")


@pytest.mark.parametrize("person", ["lena", "rosa", "anna"])
def test_incident_of_another_team_is_neither_listed_nor_shown(
    engine: Any, incident: Any, eventually: Any, person: str
) -> None:
    foreign = eventually(lambda: incident("of_quay")["id"])
    assert engine(f"incidents/{foreign}", person=person).status == 403
    assert engine(f"incidents/{foreign}/note", {"text": "seen"}, person=person).status == 403
    listed = engine("incidents?state=all", person=person).json()["incidents"]
    assert {team for one in listed for team in one["teams"]} == {"harbour"}


def test_only_who_has_a_password_gets_in(engine: Any, ask: Any) -> None:
    url = "https://incidents-1:9095/api/incidents"
    assert ask(url).status == 401
    assert ask(url, user="lena", password="not hers").status == 401
    assert engine("incidents", person="alertmanager").status == 403
