"""Grafana, its database and its administrator after inputs have changed."""

from __future__ import annotations

import json

import pytest

testinfra_hosts = ["grafana"]
RESTARTED = ("value", "upgrade", "rotated", "without", "with")


@pytest.fixture
def steps(host):
    """Return action, process, number of copies and whether the password was set, of every step."""
    lines = [line.split() for line in host.check_output("cat /run/steps").splitlines()]
    return {step: (action, process, int(copies), password) for step, action, process, copies, password in lines}


@pytest.fixture
def said(host):
    """Return what the role said when it refused something or failed."""
    return json.loads(host.check_output("cat /run/said"))


def test_what_is_read_at_the_start_only_is_for_another_process(steps):
    assert {step: steps[step][0] for step in RESTARTED} == dict.fromkeys(RESTARTED, "restarted")
    assert len({process for _action, process, _copies, _password in steps.values()}) == 7
    assert (steps["unchanged"][0], steps["unchanged"][1]) == ("none", steps["with"][1])


def test_database_is_copied_before_another_release_and_never_else(host, steps):
    assert {step: copies for step, (_action, _process, copies, _password) in steps.items()} == {
        "before": 0,
        "value": 0,
        "upgrade": 1,
        "failed": 2,
        "rotated": 2,
        "without": 2,
        "with": 2,
        "unchanged": 2,
    }
    shown = host.check_output("find /var/lib/vigil/grafana-data -mindepth 1 -printf '%m %u %y\n'")
    assert set(shown.splitlines()) == {"700 root d", "600 root f"}


def test_release_that_migrates_and_never_answers_is_taken_back_with_the_database(host, said):
    assert "grafana 99.1.0 was not activated: it was not healthy within 5 s" in said["failed"]
    assert ", which is healthy. Its data was restored from /var/lib/vigil/grafana-data/" in said["failed"]
    assert "grafana 99.1.0 (stand-in): has migrated the database and never becomes ready" in said["failed"]
    tables = tables_of(host, "/var/lib/grafana/grafana.db")
    assert tables
    assert "of_a_release_that_fails" not in tables


def tables_of(host, database):
    """Return the names of the tables of a database."""
    code = (
        "import sqlite3, sys; database = sqlite3.connect(sys.argv[1]); "
        "print(*(name for name, in database.execute('select name from sqlite_master')))"
    )
    return host.check_output("python3 -c %s %s", code, database).split()


def test_what_people_made_before_the_failed_release_is_there(ask, secrets):
    password = secrets["grafana_passwords"]["admin"]
    answer = ask("https://localhost:3000/api/folders/kept", user="admin", password=password)
    assert (answer.status, answer.json()["title"]) == (200, "Kept")


def test_password_is_set_when_it_was_changed_and_never_else(steps):
    changed = {step: password for step, (_action, _process, _copies, password) in steps.items()}
    assert [step for step, password in changed.items() if password == "True"] == ["rotated", "without"]


def test_secret_that_is_not_there_is_refused_by_name(said):
    wrong = "password names secrets/male, which is not among the files that are staged in /etc/grafana"
    assert wrong in said["refused"]


def test_the_release_asked_for_serves(host, ask):
    version = host.check_output("cat /opt/grafana/VERSION").removeprefix("v")
    assert ask("https://localhost:3000/api/health").json()["version"] == version
    assert host.file("/opt/grafana").linked_to.startswith(f"/opt/vigil/grafana/{version}-")
    assert not version.startswith(("11.6.16", "99."))
