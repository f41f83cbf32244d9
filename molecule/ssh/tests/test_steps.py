"""A step runs beside the service, by its key, on the host whose key was pinned, and once."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

ATTEMPTS = "/var/lib/incident_response/attempts"
KEYS = "/etc/vigil/steps"
# What the service does, as its user: start an attempt, or look at it.
ENGINE = """
import json, sys
from pathlib import Path
from incident_response.steps import Attempts, Host, Spec
told = json.loads(sys.argv[1])
attempts = Attempts(Path("/var/lib/incident_response/attempts"))
if "step" in told:
    state = attempts.start(Spec(**{**told, "host": Host(**told["host"])}))
else:
    state = attempts.state(told["attempt"])
print(state.kind, state.code)
"""


@pytest.fixture
def engine(host):
    """Return a function that does something as the service, and returns the state of the attempt."""

    def done(**told):
        python = "/opt/incident_response/bin/python"
        return host.check_output(
            "cd / && runuser -u incident_response -- %s -c %s %s", python, ENGINE, json.dumps(told)
        )

    return done


@pytest.fixture
def start(engine):
    """Return a function that starts an attempt of a new name, and returns that name."""
    address = (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "address").read_text()

    def started(settle, **changed):
        attempt = f"step-{time.time_ns()}"
        parameters = {"unit": "node_exporter", "settle": settle}
        told = {"runbook": "exporter_down", "step": "restart_service", "parameters": parameters, "holder": "monitor1"}
        said = engine(attempt=attempt, host={"name": "monitor1", "address": address}, **told, **changed)
        assert said == "running None"
        return attempt

    return started


@pytest.fixture
def ended(engine):
    """Return a function that waits until an attempt does not run, and returns its state."""

    def waited(attempt):
        until = time.monotonic() + 90
        while (state := engine(attempt=attempt)) == "running None" and time.monotonic() < until:
            time.sleep(0.5)
        return state

    return waited


def events(host, attempt):
    """Return the events of an attempt."""
    return [json.loads(line) for line in host.check_output(f"cat {ATTEMPTS}/{attempt}/events.jsonl").splitlines()]


def running(host, unit):
    """Return the process of a unit."""
    return host.check_output(f"systemctl show --property=MainPID --value {unit}")


def of_steps(host):
    """Return the units of steps that there are."""
    return host.check_output("systemctl list-units --all --plain --no-legend 'incident_step@*'")


def test_step_restarts_a_unit_and_leaves_nothing_behind(host, start, ended):
    before = running(host, "node_exporter")
    attempt = start(1)
    assert ended(attempt) == "finished 0", host.check_output(f"cat {ATTEMPTS}/{attempt}/output")
    assert running(host, "node_exporter") != before
    assert events(host, attempt)[-1]["hosts"]["monitor1"]["changed"] == 1
    assert of_steps(host) == ""
    assert host.check_output(f"stat --format=%a {ATTEMPTS}/{attempt}") == "700"


def test_step_goes_on_after_kill_9_of_the_service(host, start, ended):
    attempt = start(8)
    service = running(host, "incident_response")
    host.check_output("systemctl kill --signal=KILL incident_response")
    assert ended(attempt) == "finished 0"
    assert running(host, "incident_response") != service
    host.check_output("systemctl restart incident_response")  # so that systemd counts no restart of its own


def test_killed_step_is_unknown_with_nothing_of_it_left(host, start, ended):
    attempt = start(30)
    while not host.file(f"{ATTEMPTS}/{attempt}/events.jsonl").exists:
        time.sleep(0.2)
    (unit,) = [line.split()[0] for line in of_steps(host).splitlines()]
    host.check_output(f"systemctl kill --kill-who=main --signal=KILL {unit}")
    assert ended(attempt) == "unknown None"
    assert host.run("pgrep --uid incident_response --full ansible").rc == 1
    while of_steps(host):
        time.sleep(0.2)


def test_nobody_else_can_connect_to_the_socket(host):
    connect = "import socket; socket.socket(socket.AF_UNIX).connect('/run/incident_step.socket')"
    refused = host.run("cd / && runuser -u nobody -- python3 -c %s", connect)
    assert "Permission denied" in refused.stderr


def test_key_is_the_services_own_and_the_pinned_hosts_are_not(host):
    asked = f"stat --format='%n %U %a' {KEYS} {KEYS}/id_ed25519 {KEYS}/known_hosts"
    assert host.check_output(asked).splitlines() == [
        f"{KEYS} root 755",
        f"{KEYS}/id_ed25519 incident_response 600",
        f"{KEYS}/known_hosts root 644",
    ]


def test_host_with_another_key_than_the_pinned_one_is_not_connected_to(host, start, ended):
    before = running(host, "node_exporter")
    host.check_output(f"cp -a {KEYS}/known_hosts /run/pinned && ssh-keygen -q -t ed25519 -N '' -f /run/another")
    try:
        host.check_output(f"echo monitor1 $(cut -d' ' -f1,2 /run/another.pub) >{KEYS}/known_hosts")
        attempt = start(1)
        assert ended(attempt) == "finished 4"
    finally:
        host.check_output(f"cp -a /run/pinned {KEYS}/known_hosts && rm /run/pinned /run/another*")
    assert "Host key verification failed" in str(events(host, attempt))
    assert running(host, "node_exporter") == before


def test_unit_of_a_step_is_hardened(host):
    said = host.check_output("systemd-analyze security --no-pager incident_step@1.service")
    exposure = float(said.splitlines()[-1].split(":")[1].split()[0])
    assert exposure <= 1.5, said
