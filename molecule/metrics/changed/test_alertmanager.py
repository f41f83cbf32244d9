"""What became of the process when inputs changed."""

from __future__ import annotations

import json

import pytest

testinfra_hosts = ["metrics-1"]


@pytest.fixture
def actions(host):
    """Return what was done to the process in each step."""
    return {step: action for step, action, _process, _ports in noted(host)}


@pytest.fixture
def processes(host):
    """Return which process ran after each step."""
    return {step: process for step, _action, process, _ports in noted(host)}


@pytest.fixture
def said(host):
    """Return what the role said to inputs that it did not take, or should not show."""
    return json.loads(host.check_output("cat /run/said"))


def noted(host):
    return [line.split() for line in host.check_output("cat /run/mesh_steps").splitlines()]


def test_a_changed_route_is_read_by_the_same_process(actions, processes):
    assert actions["route"] == "reloaded"
    assert processes["route"] == processes["before"]


@pytest.mark.parametrize(("step", "before"), [("option", "route"), ("authority", "option"), ("upgrade", "alone")])
def test_what_is_read_at_the_start_only_is_for_another_process(actions, processes, step, before):
    assert actions[step] == "restarted"
    assert processes[step] != processes[before]


def test_alone_it_has_no_mesh(host):
    ports = {step: int(count) for step, _action, _process, count in noted(host)}
    assert ports == {"before": 1, "route": 1, "option": 1, "authority": 1, "alone": 0, "upgrade": 1}


@pytest.mark.parametrize("how", ["refused", "check"])
def test_a_route_to_nowhere_is_refused_in_the_words_of_amtool(said, how):
    assert "the running service was not touched" in said[how]
    assert 'undefined receiver "ghost" used in route' in said[how]


def test_a_secret_given_in_plain_is_not_shown(said):
    after = {part["after_header"].rpartition("/")[2]: part["after"] for part in said["diff"]}
    assert after["alertmanager.yml"] == "(secret, changed)\n"
    assert "in-plain" not in json.dumps(said)


def test_the_release_asked_for_serves(host, ask, secrets):
    password = secrets["alertmanager_passwords"]["admin"]
    for member in ("metrics-1", "metrics-2"):
        status = ask(f"https://{member}:9093/api/v2/status", user="admin", password=password).json()
        assert status["versionInfo"]["version"] == "0.31.1"
    assert host.file("/opt/alertmanager").linked_to.startswith("/opt/vigil/alertmanager/0.31.1-")
