"""A runbook that the inventory and its host name becomes root by a second key; the key of all others does not."""

from __future__ import annotations

from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
# All of them, so that they are made in their order.
pytestmark = pytest.mark.usefixtures("host")
KEYS = "/etc/vigil/steps"
ORDINARY, ROOT = f"{KEYS}/id_ed25519", f"{KEYS}/id_ed25519_root"


@pytest.fixture
def login(host: Any) -> Any:
    """Return a function that runs a command on a host by a key of the service, as its user on the service's host."""

    def run(key: str, user: str, name: str, command: str) -> Any:
        pinned = f"-o StrictHostKeyChecking=yes -o UserKnownHostsFile={KEYS}/known_hosts -o HostKeyAlias={name}"
        options = f"-F /dev/null -o BatchMode=yes -o IdentitiesOnly=yes {pinned}"
        return host.run(f"cd / && runuser -u incident_response -- ssh {options} -i {key} {user}@{name} %s", command)

    return run


def test_playbook_of_the_operator_mends_as_root_what_nobody_is_paged_about(
    machine: Any, events: Any, outcomes: Any, actions: Any, pages: Any, eventually: Any
) -> None:
    eventually(lambda: outcomes("rooted"), ["recovered"], seconds=90)
    mended = machine("incidents-3").file("/etc/mended")
    (started,) = events("rooted", "step_started")
    assert (mended.user, mended.content_string) == ("root", f"{started['attempt']}\n")
    (ended,) = events("rooted", "step_ended")
    assert "Mend" not in ended["reason"]
    assert "Start it: changed" in ended["text"]
    assert pages(service="rooted") == []
    # The host knows the attempt, which held it, and no action of its own in it.
    assert actions("rooted_down") == [[]]


def test_host_that_a_playbook_held_is_free_again(machine: Any) -> None:
    status = """echo '{"action": "status"}' | /usr/local/libexec/vigil-action"""
    assert '"lease": null' in machine("incidents-3").check_output(status)


def test_second_key_opens_root_on_the_host_that_agrees(login: Any) -> None:
    done = login(ROOT, "vigil-runbook-root", "incidents-3", "id -un; sudo -n id -un")
    assert done.stdout.split() == ["vigil-runbook-root", "root"]


def test_stolen_ordinary_key_gets_no_root_where_a_runbook_may(login: Any) -> None:
    refused = login(ORDINARY, "vigil-runbook-root", "incidents-3", "id")
    assert (refused.stdout, "Permission denied (publickey" in refused.stderr) == ("", True)
    for command in ("sudo -n id", "sudo -n -u vigil-runbook-root id", "su vigil-runbook-root -c id"):
        done = login(ORDINARY, "vigil-runbook", "incidents-3", f"{command} </dev/null")
        assert (done.rc != 0, done.stdout) == (True, ""), command
    for path in ("/etc/sudoers.d/vigil-runbook-root", "/var/lib/vigil-runbook-root/.ansible", "/etc/mended"):
        assert login(ORDINARY, "vigil-runbook", "incidents-3", f"ls {path}/ || cat {path}").rc != 0


@pytest.mark.parametrize(
    ("user", "name"),
    [("vigil-runbook", "incidents-3"), ("vigil-runbook-root", "incidents-2"), ("root", "incidents-3")],
)
def test_second_key_opens_nothing_else(login: Any, user: str, name: str) -> None:
    refused = login(ROOT, user, name, "id")
    assert (refused.stdout, "Permission denied (publickey" in refused.stderr) == ("", True)


def test_host_that_does_not_agree_has_nobody_who_may(machine: Any) -> None:
    found = machine("incidents-2")
    assert not found.user("vigil-runbook-root").exists
    assert not found.file("/etc/sudoers.d/vigil-runbook-root").exists


def test_keys_are_the_services_own(host: Any) -> None:
    asked = f"stat --format='%U %a' {ORDINARY} {ROOT}"
    assert host.check_output(asked).splitlines() == ["incident_response 600"] * 2
