"""Measures what a run costs, on systemd hosts in containers of this machine.

    bench.py [COMMIT]     with a commit: runs it in turn with this one, each on hosts of its own, and prints the ratios

A ping is the time of one task of ansible.builtin.ping on the first of the hosts, from a play of twenty of them before.
It waits and a run computes, so that pings compare the runs of one machine, and CPU seconds compare machines. Those of
the controller are user and system time of ansible-playbook with all its children, connections included; those of a host
are what its container used meanwhile. An unchanged run is done three times, and the one that computed least is shown.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".build/bench"
SECRETS = ROOT / ".build/inventory"
CATALOGUE = ROOT / ".build/archives.yml"
PINGS, REPEATS = 20, 3
COLUMNS = ("calls", "seconds", "pings", "may be", "controller CPU s", "per host", "hosts CPU s", "per host")


@dataclass(frozen=True)
class Case:
    """What is deployed where, how many modules an unchanged run may call, and how many pings a run may cost."""

    title: str
    services: tuple[str, ...]
    hosts: int
    calls: int
    first: int | None = None
    unchanged: int | None = None


@dataclass(frozen=True)
class Cost:
    """What a run took: calls of modules, seconds, the time of a ping before, CPU seconds of controller and hosts."""

    calls: int
    seconds: float
    ping: float
    controller: float
    hosts: float

    def cells(self, hosts: int, allowed: int | None) -> list[str]:
        """Return the cells of a line."""
        pings = [f"{self.seconds / self.ping:.0f}", str(allowed or "")]
        cpu = [f"{total / share:.2f}" for total in (self.controller, self.hosts) for share in (1, hosts)]
        return [str(self.calls), f"{self.seconds:.1f}", *pings, *cpu]

    def ratios(self, other: Cost) -> list[str]:
        """Return the cells of the line that compares with what another commit took."""
        names = ("calls", "seconds", None, None, "controller", None, "hosts")
        return [f"{getattr(self, name) / getattr(other, name):.2f}" if name else "" for name in names]


@dataclass(frozen=True)
class Commit:
    """A tree of this collection and the hosts that it deploys to."""

    name: str
    root: Path

    @classmethod
    def checked_out(cls, name: str) -> Commit:
        """Return a commit of this repository in a directory of its own, with the environment that it names."""
        root = STATE / name
        root.mkdir(parents=True, exist_ok=True)
        archive = subprocess.run(["git", "archive", name], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", root], input=archive, check=True)
        subprocess.run([root / "tests/setup/python_environment"], check=True)
        return cls(name, root)

    def hosts(self, case: Case) -> list[str]:
        """Return the names of the hosts of a case."""
        return [f"bench-{self.name}-{number}" for number in range(case.hosts)]

    def inventory(self, case: Case) -> Path:
        """Write the inventory and return its path."""
        names = {name: {"ansible_connection": "community.docker.docker"} for name in self.hosts(case)}
        groups = {service: {"hosts": dict.fromkeys(names)} for service in case.services}
        path = STATE / f"{self.name}.yml"
        path.write_text(yaml.safe_dump({"all": {"hosts": names, "children": groups}}))
        return path

    def play(self, case: Case, playbook: str, *options: str) -> dict[str, Any]:
        """Run a playbook and return the output of Ansible's callback json."""
        settings = {
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_VAULT_PASSWORD_FILE": f"{SECRETS}.vault-password",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_FORKS": "10",
            "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
            "PATH": f"{self.root}/.venv/bin:{os.environ['PATH']}",
        }
        environment = os.environ | settings
        words = ["ansible-playbook", "-i", str(self.inventory(case)), "-i", str(SECRETS), "-e", f"@{CATALOGUE}"]
        words += [playbook, *options]
        done = subprocess.run(words, env=environment, cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(words)} failed:\n{done.stdout}\n{done.stderr}")
        return dict(json.loads(done.stdout[done.stdout.index("{") :]))

    def run(self, case: Case) -> Cost:
        """Deploy a case and return what that took."""
        ping = seconds_of_a_ping(self.play(case, str(STATE / "ping.yml"), "--limit", self.hosts(case)[0]))
        begun, hosts, controller = time.monotonic(), cpu_of(self.hosts(case)), cpu_of_children()
        played = self.play(case, "vigil.observability.site")
        controller, seconds = cpu_of_children() - controller, time.monotonic() - begun
        return Cost(calls_in(played), seconds, ping, controller, cpu_of(self.hosts(case)) - hosts)


CASES = (
    Case("three roles on one host", ("prometheus", "alertmanager", "node_exporter"), 1, 5, 50, 30),
    Case("node_exporter on one host", ("node_exporter",), 1, 3),
    Case("node_exporter on ten hosts", ("node_exporter",), 10, 30, None, 45),
    Case("node_exporter on thirty hosts", ("node_exporter",), 30, 90),
)


def main() -> int:
    """Run the cases, print a table, and return 1 when a run calls more modules or costs more pings than it may."""
    STATE.mkdir(parents=True, exist_ok=True)
    pings = [{"name": f"Ping {number}", "ansible.builtin.ping": {}} for number in range(PINGS)]
    (STATE / "ping.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": pings}]))
    commits = [Commit("this", ROOT), *map(Commit.checked_out, sys.argv[1:])]
    table = Table("case", "run", "commit", *COLUMNS)
    exceeded = False
    for case in CASES:
        for run, costs in runs_of(case, commits):
            allowed = getattr(case, run)
            for commit, cost in zip(commits, costs, strict=True):
                table.add_row(case.title, run, commit.name, *cost.cells(case.hosts, allowed))
            if len(costs) > 1:
                table.add_row("", "", "ratio", *costs[0].ratios(costs[1]), end_section=True)
            exceeded |= allowed is not None and costs[0].seconds / costs[0].ping > allowed
            exceeded |= run == "unchanged" and costs[0].calls > case.calls
    # In a file, a table of eighty columns shows no word of it whole.
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    return int(exceeded)


def runs_of(case: Case, commits: list[Commit]) -> Iterator[tuple[str, list[Cost]]]:
    """Yield what the first run and an unchanged one cost, commit by commit, on hosts made for that."""
    hosts("destroy", "--label", "bench")
    try:
        hosts("create", "--label", "bench", *(name for commit in commits for name in commit.hosts(case)))
        yield "first", [commit.run(case) for commit in commits]
        turns = [[commit.run(case) for commit in commits] for turn in range(REPEATS)]
        yield "unchanged", [min(costs, key=lambda cost: cost.controller) for costs in zip(*turns, strict=True)]
    finally:
        hosts("destroy", "--label", "bench")


def hosts(*words: str) -> None:
    """Make or remove hosts."""
    subprocess.run([ROOT / "tests/hosts/hosts", *words], check=True)


def cpu_of(names: list[str]) -> float:
    """Return the CPU seconds that containers of this machine have used since they began."""
    words = ["docker", "inspect", "--format", "{{.Id}}", *names]
    found = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    return sum(map(cpu_of_container, found))


def cpu_of_container(identifier: str) -> float:
    """Return the CPU seconds of one container, from control groups of version 1 or 2."""
    groups = Path("/sys/fs/cgroup")
    for usage in groups.glob(f"cpuacct/**/{identifier}/cpuacct.usage"):
        return int(usage.read_text()) / 1e9
    stat = next(groups.glob(f"**/*{identifier}*/cpu.stat"))
    return int(stat.read_text().split()[1]) / 1e6


def cpu_of_children() -> float:
    """Return the CPU seconds of all programs that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds_of_a_ping(played: dict[str, Any]) -> float:
    """Return the mean time between the starts of tasks."""
    spans = [task["task"]["duration"] for task in played["plays"][0]["tasks"]]
    begun, ended = (datetime.fromisoformat(spans[0]["start"]), datetime.fromisoformat(spans[-1]["end"]))
    return (ended - begun).total_seconds() / len(spans)


def calls_in(played: dict[str, Any]) -> int:
    """Return how many tasks ran a module, all hosts together: a task that stays on the controller has no invocation."""
    results = [result for one in played["plays"] for task in one["tasks"] for result in task["hosts"].values()]
    return sum("invocation" in result for result in results)


if __name__ == "__main__":
    sys.exit(main())
