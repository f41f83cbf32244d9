"""People see the incidents of their team, and do what their right allows."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# Who has no right on the host, with a password that is read here.
AS_NOBODY = 'word=$(mktemp); cat >"$word"; VIGIL_INCIDENTS_PASSWORD_FILE=$word exec vigil-incidents "$@"'


@pytest.fixture
def command(host: Any, password: Callable[[str], str]) -> Callable[..., Any]:
    """Return a function that runs vigil-incidents as the user nobody of the host, for a person of the engine."""

    def run(person: str, *words: str) -> Any:
        told = shlex.join(["runuser", "-u", "nobody", "--", "sh", "-c", AS_NOBODY, "sh", "--user", person, *words])
        return host.run(f"echo {shlex.quote(password(person))} | {told}")

    return run


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


def test_command_of_the_host_does_what_the_account_may_whoever_runs_it(command: Any, number: int) -> None:
    listed = command("lena", "list", "--state", "all")
    assert (listed.rc, listed.stderr) == (0, "")
    assert [line for line in listed.stdout.splitlines() if ", harbour): " not in line] == []
    assert f"#{number} " in listed.stdout
    refused = command("lena", "note", str(number), "seen")
    why = "vigil-incidents: lena may not respond to incidents of the team harbour.\n"
    assert (refused.rc, refused.stdout, refused.stderr) == (1, "", why)


def test_command_without_an_account_or_a_password_names_what_is_missing(host: Any, command: Any) -> None:
    unknown = command("admin", "--user", "nobody", "list")
    why = "vigil-incidents: This account and password are not accepted. Name your account with --user.\n"
    assert (unknown.rc, unknown.stderr) == (1, why)
    alone = host.run("setsid runuser -u nobody -- vigil-incidents list </dev/null")
    assert (alone.rc, alone.stdout) == (1, "")
    assert alone.stderr.startswith("vigil-incidents: The password of nobody is missing. Without a terminal, ")
    assert len(alone.stderr.splitlines()) == 1
