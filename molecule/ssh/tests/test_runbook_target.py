"""What the key of automation opens on the machine: the actions that it declares, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

PLACE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
PROGRAM = "/usr/local/libexec/vigil-action"
OPTIONS = {"BatchMode": "yes", "IdentitiesOnly": "yes", "UserKnownHostsFile": str(PLACE / "known_hosts")}


@pytest.fixture(scope="session")
def thief():
    """Return a function that runs a command by the key, from the address of its owner."""
    options = [f"-o{name}={value}" for name, value in OPTIONS.items()]
    address = (PLACE / "address").read_text()

    def run(*command, text="", more=()):
        words = ["ssh", *options, *more, "-i", PLACE / "engine", f"vigil-runbook@{address}", *command]
        return subprocess.run(words, input=text, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def ask(thief):
    """Return a function that sends vigil-action a request and returns its answer."""

    def asked(action, attempt="stolen", **request):
        text = json.dumps({"action": action, "attempt": attempt, **request})
        return json.loads(thief("sudo", "-n", PROGRAM, text=text).stdout)

    return asked


@pytest.fixture
def held(ask):
    """Acquire the machine for the time of a test."""
    assert ask("acquire", seconds=60, holder="a thief")["outcome"] == "done"
    yield
    assert ask("release")["outcome"] == "done"


def running(host, unit):
    """Return the process of a unit."""
    return host.check_output(f"systemctl show --property=MainPID --value {unit}")


@pytest.mark.parametrize(
    "command",
    [
        "id",
        "bash",
        f"{PROGRAM} --help",
        f"{PROGRAM} ''",
        "/usr/bin/python3 -c 1",
        "-u root -s",
        "systemctl restart ssh",
    ],
)
def test_stolen_key_runs_nothing_else_as_root(thief, command):
    done = thief(f"sudo -n {command}")
    assert done.returncode != 0
    assert "sudo:" in done.stderr
    assert done.stdout == ""


def test_stolen_key_gets_a_user_without_rights(thief):
    assert thief("id -un; id -Gn").stdout.split() == ["vigil-runbook"] * 2
    for path in ("/etc/vigil/actions.json", "/var/lib/vigil-action/state.json", "/etc/sudoers.d/vigil-runbook"):
        assert thief("cat", path).returncode != 0
    changed = thief(f"echo >>~/.ssh/authorized_keys; mv ~/.ssh ~/mine; echo >>{PROGRAM}")
    assert changed.stderr.lower().count("permission denied") == 3


def test_stolen_key_opens_no_terminal_and_no_port(thief):
    assert "PTY allocation request failed" in thief("true", more=["-tt"]).stderr
    forwarded = thief(more=["-W", "localhost:9090"])
    assert (forwarded.returncode != 0, "administratively prohibited" in forwarded.stderr) == (True, True)


def test_stolen_key_opens_nothing_from_elsewhere(host, address):
    host.check_output(f"umask 077; printf '%s\\n' '{(PLACE / 'engine').read_text()}' >/run/stolen")
    options = "-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    refused = host.run(f"ssh {options} -i /run/stolen vigil-runbook@{address} true; rm /run/stolen")
    assert "Permission denied (publickey" in refused.stderr


@pytest.fixture(scope="session")
def address():
    """Return the address of the machine."""
    return (PLACE / "address").read_text()


def test_undeclared_unit_is_not_restarted_by_who_holds_the_machine(host, ask, held):
    before = running(host, "prometheus")
    for name in ("prometheus.service", "prometheus", "ssh.service"):
        assert "does not declare restart" in ask("restart", name=name)["message"]
    assert "does not declare stop" in ask("stop", name="node_exporter.service")["message"]
    assert "does not declare run" in ask("run", name="sh")["message"]
    assert ask("vacuum")["outcome"] == "refused"
    assert running(host, "prometheus") == before


def test_declared_unit_is_restarted_only_by_who_holds_the_machine(host, ask):
    before = running(host, "node_exporter")
    assert ask("restart", name="node_exporter.service")["outcome"] == "refused"
    assert ask("acquire", "other", seconds=60, holder="another engine")["outcome"] == "done"
    refused = ask("restart", name="node_exporter.service")
    assert refused["message"].startswith("The attempt other of another engine holds this host for ")
    assert running(host, "node_exporter") == before
    assert ask("restart", "other", name="node_exporter.service", settle=1)["active"]
    assert ask("release", "other")["changed"]
    assert running(host, "node_exporter") != before


def test_declared_command_runs_as_it_is_declared(ask, held):
    assert ask("run", name="who")["output"] == "root"


def test_each_call_is_in_the_journal(host, ask):
    ask("run", "for-the-journal", name="rm -rf /")
    lines = host.check_output("journalctl --identifier=vigil-action --output=cat --lines=1")
    logged = json.loads(lines.splitlines()[-1])
    assert (logged["user"], logged["outcome"]) == ("vigil-runbook", "refused")
    assert json.loads(logged["request"])["attempt"] == "for-the-journal"


def test_step_restarts_the_service_by_the_same_key(host, address):
    login = {"ansible_user": "vigil-runbook", "ansible_ssh_private_key_file": str(PLACE / "engine")}
    known = f"-o UserKnownHostsFile={PLACE / 'known_hosts'}"
    python = {"ansible_python_interpreter": "/usr/bin/python3"}
    target = {"ansible_host": address, "ansible_ssh_common_args": known, **python}
    inventory = PLACE / "step.yml"
    inventory.write_text(json.dumps({"all": {"hosts": {"monitor1": {**login, **target}}}}))
    variables = {"step_hosts": ["monitor1"], "step_parameters": {"unit": "node_exporter", "settle": 1}}
    step = "vigil.observability.steps.restart_service"
    command = ["ansible-playbook", "-i", inventory, step, "-e", json.dumps(variables)]
    for check in ([], ["--check"]):
        before = running(host, "node_exporter")
        done = subprocess.run([*command, *check], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (running(host, "node_exporter") == before) == bool(check)
