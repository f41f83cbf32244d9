"""Measures what a run costs: module calls, seconds, and pings, on systemd hosts in containers of this machine.

A ping is the time of one task of ansible.builtin.ping on the first of the hosts, from a play of twenty of them before:
it makes figures of a busy machine comparable with those of an idle one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".build/bench"
HOSTS = ROOT / "tests/hosts/hosts"
CATALOGUE = Path(os.environ["VIGIL_CACHE"]) / "servers/catalogue.yml"
PINGS = 20


@dataclass(frozen=True)
class Case:
    """What is deployed where, and how many pings a run may cost."""

    title: str
    services: tuple[str, ...]
    hosts: int
    first: int | None
    unchanged: int

    def inventory(self) -> Path:
        """Write the inventory and return its path."""
        names = {f"bench-{number}": {"ansible_connection": "community.docker.docker"} for number in range(self.hosts)}
        groups = {service: {"hosts": dict.fromkeys(names)} for service in self.services}
        path = STATE / f"{len(names)}.yml"
        path.write_text(yaml.safe_dump({"all": {"hosts": names, "children": groups}}))
        return path


CASES = (
    Case("three roles on one host", ("prometheus", "alertmanager", "node_exporter"), 1, 50, 30),
    Case("node_exporter on ten hosts", ("node_exporter",), 10, None, 45),
)


def main() -> int:
    """Run the cases, print a line for each run, and return 1 when one costs more than it may."""
    STATE.mkdir(parents=True, exist_ok=True)
    pings = [{"name": f"Ping {number}", "ansible.builtin.ping": {}} for number in range(PINGS)]
    (STATE / "ping.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": pings}]))
    table = Table("case", "run", "module calls", "seconds", "pings", "may be", "one ping")
    exceeded = False
    try:
        for case in CASES:
            inventory = case.inventory()
            hosts("destroy", "--label", "bench")
            hosts("create", "--label", "bench", *(f"bench-{number}" for number in range(case.hosts)))
            for run, allowed in (("first", case.first), ("unchanged", case.unchanged)):
                ping = seconds_of_a_ping(play(inventory, str(STATE / "ping.yml"), "--limit", "bench-0"))
                begun = time.monotonic()
                played = play(inventory, "vigil.observability.site")
                seconds = time.monotonic() - begun
                cost = seconds / ping
                exceeded |= allowed is not None and cost > allowed
                figures = (str(calls_in(played)), f"{seconds:.1f}", f"{cost:.0f}", str(allowed or ""), f"{ping:.2f} s")
                table.add_row(case.title, run, *figures)
    finally:
        hosts("destroy", "--label", "bench")
    Console().print(table)
    return int(exceeded)


def hosts(*words: str) -> None:
    """Make or remove hosts."""
    subprocess.run([HOSTS, *words], check=True)


def play(inventory: Path, playbook: str, *options: str) -> dict[str, Any]:
    """Run a playbook and return what Ansible's callback json tells of it."""
    secrets = ROOT / ".build/inventory"
    settings = {
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_VAULT_PASSWORD_FILE": f"{secrets}.vault-password",
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_FORKS": "10",
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
    }
    words = ["ansible-playbook", "-i", str(inventory), "-i", str(secrets), "-e", f"@{CATALOGUE}", playbook, *options]
    done = subprocess.run(words, env=os.environ | settings, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout}\n{done.stderr}")
    return dict(json.loads(done.stdout[done.stdout.index("{") :]))


def seconds_of_a_ping(played: dict[str, Any]) -> float:
    """Return the mean time between the starts of tasks."""
    spans = [task["task"]["duration"] for task in played["plays"][0]["tasks"]]
    begun, ended = (datetime.fromisoformat(spans[0]["start"]), datetime.fromisoformat(spans[-1]["end"]))
    return (ended - begun).total_seconds() / len(spans)


def calls_in(played: dict[str, Any]) -> int:
    """Return how many tasks ran a module, all hosts together: what stays on the controller tells of no invocation."""
    results = [result for one in played["plays"] for task in one["tasks"] for result in task["hosts"].values()]
    return sum("invocation" in result for result in results)


if __name__ == "__main__":
    sys.exit(main())
