"""The hosts of the demo: containers with systemd, and a receiver of notifications."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from subprocess import DEVNULL
from typing import Any

from ansible_collections.vigil.observability.demo.terminal import ROOT, SECRETS, STATE, run
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["RECEIVER", "Hosts", "make_secrets", "network", "start_receiver"]

HOSTS = ROOT / "tests/hosts"
RECEIVER = "vigil-demo-receiver"
TOKEN = STATE / f"{RECEIVER}.env"
# Of the distribution, which hosts of the demo cannot download.
PACKAGES = {"telemetry": ("postgresql", "redis-server")}


@dataclass(frozen=True)
class Hosts:
    """Groups and variables of the example inventory, as ansible-inventory lists them."""

    listed: Mapping[str, Any]

    @property
    def variables(self) -> dict[str, dict[str, Any]]:
        """Return the variables of each host."""
        return dict(sorted(self.listed["_meta"]["hostvars"].items()))

    @property
    def watched(self) -> str:
        """Return the host that the shop runs on."""
        return self.running("telemetry")[0]

    def running(self, service: str) -> list[str]:
        """Return the hosts that run a service."""
        return sorted(self.listed.get(service, {}).get("hosts", []))

    def services_of(self, host: str) -> list[str]:
        """Return the services that a host runs."""
        return [service for service in services() if host in self.running(service)]

    def create(self) -> None:
        """Start a fresh host for each of the inventory, with its pages at ports of this machine."""
        run(HOSTS / "hosts", "destroy", "--label", "demo")
        for name in self.variables:
            published = [f"--option=--publish=127.0.0.1:{here}:{there}" for here, there in self._ports(name)]
            run(HOSTS / "hosts", "create", "--label", "demo", *published, f"vigil-demo-{name}")
            if name in self.running("runbook_target"):
                run("docker", "exec", f"vigil-demo-{name}", "systemctl", "start", "ssh")
            for service in self.services_of(name):
                if packages := PACKAGES.get(service, tuple(services()[service].distribution_packages)):
                    run("python", HOSTS / "packages.py", f"vigil-demo-{name}", *packages, output=DEVNULL)
        if nodes := self.running("elasticsearch"):
            run(HOSTS / "open_files", *(f"vigil-demo-{name}" for name in nodes))

    def _ports(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield ports of this machine, each with that of a service of the host."""
        variables = self.variables[name]
        for service, known in services().items():
            if here := variables.get(f"demo_{service}_port"):
                yield here, variables.get(f"{service}_port", known.port)


def network() -> str:
    """Return the addresses that the hosts have."""
    command = ["docker", "network", "inspect", "vigil-test", "--format", "{{ (index .IPAM.Config 0).Subnet }}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def start_receiver() -> None:
    """Start the receiver of notifications."""
    options = ["--name", RECEIVER, "--label", "vigil.observability=demo", "--network", "vigil-test"]
    options += ["--env-file", str(TOKEN), "--volume", f"{ROOT}/demo/receiver.py:/receiver.py:ro"]
    command = ["vigil-host:bookworm", "python3", "-u", "/receiver.py"]
    run("docker", "run", "--detach", *options, *command, output=DEVNULL)


def make_secrets() -> None:
    """Make the token that the receiver asks for, for itself and for the inventory, and a person's password, once."""
    variables = SECRETS / "group_vars/all/demo.yml"
    if not variables.exists() or "demo_person_password" not in variables.read_text():
        token = token_urlsafe(32)
        given = f"demo_receiver_token: {token}\ndemo_person_password: {token_urlsafe(32)}\n"
        given += f"demo_rules: {ROOT / 'demo/rules'}\n"
        for path, text in {TOKEN: f"TOKEN={token}\n", variables: given}.items():
            path.touch(mode=0o600)
            path.write_text(text)
