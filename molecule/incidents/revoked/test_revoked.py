"""Where no runbook may become root any more, the key, the user and the rule are gone, and all else is as it was."""

from __future__ import annotations

from typing import Any

testinfra_hosts = ["incidents-1"]


def test_root_is_gone_and_what_hosts_declare_is_not(host: Any, machine: Any) -> None:
    assert host.check_output("ls /etc/vigil/steps").split() == ["id_ed25519", "id_ed25519.pub", "known_hosts"]
    found = machine("incidents-3")
    assert not found.user("vigil-runbook-root").exists
    for path in ("/etc/sudoers.d/vigil-runbook-root", "/var/lib/vigil-runbook-root"):
        assert not found.file(path).exists
    assert found.user("vigil-runbook").exists
    assert found.file("/etc/sudoers.d/vigil-runbook").exists
