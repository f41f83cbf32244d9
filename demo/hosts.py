"""The hosts of the demo: containers with systemd, the shop on one of them, and a receiver of notifications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from subprocess import DEVNULL
from typing import Any

from ansible_collections.vigil.observability.demo.terminal import ROOT, SECRETS, STATE, run
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["RECEIVER", "Hosts", "make_tokens", "start_receiver"]

HOSTS = ROOT / "tests/hosts"
RECEIVER = "vigil-demo-receiver"
SHOP = "vigil-demo-shop"


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
        return max(self.running("node_exporter"))

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
            for service in self.services_of(name):
                if packages := services()[service].distribution_packages:
                    run("python", HOSTS / "packages.py", f"vigil-demo-{name}", *packages, output=DEVNULL)
        if nodes := self.running("elasticsearch"):
            run(HOSTS / "open_files", *(f"vigil-demo-{name}" for name in nodes))

    def open_shop(self) -> None:
        """Start the shop as a service of the host that is watched."""
        host = f"vigil-demo-{self.watched}"
        files = {ROOT / "demo/shop.py": "/opt", _token_file(SHOP): "/etc/shop.env"}
        for path, place in {**files, ROOT / "demo/shop.service": "/etc/systemd/system"}.items():
            run("docker", "cp", "--quiet", path, f"{host}:{place}")
        run("docker", "exec", host, "systemctl", "enable", "--quiet", "--now", "shop")

    def _ports(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield ports of this machine, each with that of a service of the host."""
        variables = self.variables[name]
        for service, known in services().items():
            if here := variables.get(f"demo_{service}_port"):
                yield here, variables.get(f"{service}_port", known.port)


def start_receiver() -> None:
    """Start the receiver of notifications."""
    options = ["--name", RECEIVER, "--label", "vigil.observability=demo", "--network", "vigil-test"]
    options += ["--env-file", str(_token_file(RECEIVER)), "--volume", f"{ROOT}/demo/receiver.py:/receiver.py:ro"]
    command = ["vigil-host:bookworm", "python3", "-u", "/receiver.py"]
    run("docker", "run", "--detach", *options, *command, output=DEVNULL)


def make_tokens() -> None:
    """Make the tokens that the receiver and the shop ask for, once, for themselves and for the inventory."""
    variables = SECRETS / "group_vars/all/demo.yml"
    if not variables.exists():
        tokens = {name: token_urlsafe(32) for name in (RECEIVER, SHOP)}
        given = "".join(
            f"{name.replace('-', '_').removeprefix('vigil_')}_token: {token}\n" for name, token in tokens.items()
        )
        written = {_token_file(name): f"TOKEN={token}\n" for name, token in tokens.items()}
        for path, text in {**written, variables: f"{given}demo_rules: {ROOT / 'demo/rules'}\n"}.items():
            path.touch(mode=0o600)
            path.write_text(text)


def _token_file(name: str) -> Path:
    return STATE / f"{name}.env"
