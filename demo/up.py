"""Deploys an example inventory onto systemd hosts in containers of this machine and shows it working.

    up.py [three_nodes|single_node]

Every step is the one that a user takes on real machines: the playbook secrets, then the playbook site. What differs is
demo/inventory: the connection, short intervals, a rule and a receiver of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.table import Column, Table

from ansible_collections.vigil.observability.demo.hosts import RECEIVER, Hosts, make_secrets, network, start_receiver
from ansible_collections.vigil.observability.demo.person import Person
from ansible_collections.vigil.observability.demo.show import show_alert, show_metrics
from ansible_collections.vigil.observability.demo.show_incidents import Engine, show_incidents
from ansible_collections.vigil.observability.demo.show_logs import Logs, show_end_of_errors, show_logs
from ansible_collections.vigil.observability.demo.show_order import show_order
from ansible_collections.vigil.observability.demo.show_traces import Traces, show_traces
from ansible_collections.vigil.observability.demo.stack import Replica, Server
from ansible_collections.vigil.observability.demo.terminal import (
    ROOT,
    SECRETS,
    STATE,
    console,
    environment,
    run,
    step,
)
from ansible_collections.vigil.observability.demo.visits import Shop
from ansible_collections.vigil.observability.demo.watch import ShowError, Watch
from ansible_collections.vigil.observability.tests.servers.recipe import Recipe
from ansible_collections.vigil.observability.tests.servers.recipes import (
    elasticsearch_recipes,
    grafana_recipes,
    jaeger_recipes,
)

ARCHIVES = ROOT / "tests/hosts/archives"
ASSEMBLE = ["python", str(ROOT / "tests/servers/assemble.py")]
AUTHORITY = STATE / "authorities.crt"
PAGE_OF_LOGS = STATE / "logs.html"
PAGE_OF_TRACES = STATE / "performance.html"
BUDGET = 100  # seconds for incidents, on a machine that does nothing else
PAGES = ("grafana", "prometheus", "alertmanager", "incident_response", "elasticsearch", "jaeger")
# Archives from upstream that replace what is assembled.
GIVEN: dict[str, Callable[[str | None], tuple[Recipe, ...]]] = {
    "grafana": grafana_recipes,
    "elasticsearch": elasticsearch_recipes,
    "jaeger": jaeger_recipes,
}


@dataclass(frozen=True)
class Demo:
    """The example inventory, as Ansible reads it."""

    name: str

    @property
    def sources(self) -> list[str]:
        """Return the options that name the inventory."""
        shop = ROOT / f"demo/shop_of_{self.name}.yml"
        folders = (ROOT / "inventories" / self.name, ROOT / "demo/inventory", shop, SECRETS)
        return [word for folder in folders for word in ("-i", str(folder))]

    def read(self) -> Hosts:
        """Return groups and variables as ansible-inventory lists them, secrets included."""
        command = ["ansible-inventory", *self.sources, "--list"]
        listed = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
        return Hosts(json.loads(listed.stdout))


def install_collection() -> None:
    """Build the collection and install it as users do, into a folder of the demo's own."""
    run("ansible-galaxy", "collection", "build", "--force", "--output-path", STATE, ROOT)
    (archive,) = STATE.glob("vigil-observability-*.tar.gz")
    places = ["--collections-path", str(STATE / "collections")]
    run("ansible-galaxy", "collection", "install", "--force", "--offline", *places, archive)


def provide_archives() -> list[str]:
    """Return the options of Ansible that name the source of archives: upstream, or this machine."""
    given = {service: path for service in GIVEN if (path := os.environ.get(f"{service.upper()}_ARCHIVE"))}
    if not given and not subprocess.run([*ASSEMBLE, "upstream"], check=False).returncode:
        console.print("Each host downloads the archives from upstream.")
        return []
    if not given:
        console.print("Upstream cannot be reached, so archives with the same layout are assembled from packages.")
    if "jaeger" not in given:
        console.print(
            "Jaeger is built from its module, which has the API and no pages. JAEGER_ARCHIVE gives upstream's."
        )
    if "grafana" not in given:
        console.print(
            "[bold]Grafana is not among them[/]: a stand-in replaces it, which answers API requests but has no pages. "
            "GRAFANA_ARCHIVE=<archive from upstream> deploys the real one."
        )
    run(*ASSEMBLE, "default")
    run(ARCHIVES, "start")
    options = ["-e", f"@{ROOT / '.build/archives.yml'}"]
    # Of Jaeger, what is assembled is older than the default of the catalogue.
    for service, path in {"jaeger": None, **given}.items():
        options += ["-e", f"{service}_version={GIVEN[service](path)[-1].version}"]
    return options


def servers_of(variables: dict[str, Any]) -> dict[str, Server]:
    """Return the services of a host that its administrator reaches from this machine, by name."""
    ports = {service: variables[f"demo_{service}_port"] for service in PAGES if f"demo_{service}_port" in variables}
    return {
        service: Server(f"https://localhost:{port}", "admin", variables[f"{service}_passwords"]["admin"], AUTHORITY)
        for service, port in ports.items()
    }


def replicas_of(hosts: Hosts) -> list[Replica]:
    """Return the hosts that run Prometheus, with what it takes to ask them."""
    found = {name: servers_of(hosts.variables[name]) for name in hosts.running("prometheus")}
    return [Replica(name, one["prometheus"], one["alertmanager"], one.get("grafana")) for name, one in found.items()]


def logs_of(hosts: Hosts) -> Logs | None:
    """Return the logs of the shop, nothing if the inventory stores none."""
    for name in hosts.running("elasticsearch"):
        variables = hosts.variables[name]
        store = servers_of(variables)["elasticsearch"]
        return Logs(store, variables["elasticsearch_passwords"], PAGE_OF_LOGS)
    return None


def traces_of(hosts: Hosts) -> Traces:
    """Return the traces of the shop."""
    name = hosts.running("jaeger")[0]
    return Traces(servers_of(hosts.variables[name])["jaeger"], PAGE_OF_TRACES)


def engine_of(hosts: Hosts) -> Engine | None:
    """Return the service that works on incidents, nothing if the inventory has none."""
    for name in hosts.running("incident_response"):
        variables = hosts.variables[name]
        person = Person(variables["demo_person"], variables["demo_person_password"], AUTHORITY)
        return Engine(name, servers_of(variables)["incident_response"], person)
    return None


def demonstrate(hosts: Hosts, admission: float) -> None:
    """Show everything that the inventory has, after automation was admitted in some seconds. Raises ShowError."""
    replicas, watch = replicas_of(hosts), Watch(console)
    shop = Shop(hosts.watched, hosts.variables[hosts.watched]["telemetry_passwords"]["faults"])
    traces, logs = traces_of(hosts), logs_of(hosts)
    show_metrics(watch, replicas)
    show_order(watch, shop, replicas[0], traces, logs)
    if logs:
        show_logs(watch, shop, logs, replicas, RECEIVER)
    if engine := engine_of(hosts):
        begun = time.monotonic()
        show_incidents(watch, engine, replicas, hosts.watched, RECEIVER)
        shown = time.monotonic() - begun
        parts = f"{admission:.0f} s to admit automation, {shown:.0f} s to show it"
        console.print(f"Incidents took {admission + shown:.0f} s: {parts} (at most {BUDGET} s on an idle machine)")
    else:
        show_alert(watch, replicas, hosts.watched, RECEIVER)
    show_traces(watch, shop, traces, replicas[0])
    if logs:
        show_end_of_errors(watch, RECEIVER)


def summary(demo: Demo, hosts: Hosts) -> Table:
    """Return the table of what runs where."""
    table = Table("host", "runs", Column("pages (user admin)", no_wrap=True), title=f"Inventory {demo.name}")
    for name, variables in hosts.variables.items():
        running = hosts.services_of(name)
        found = {service: one.url for service, one in servers_of(variables).items() if service in running}
        pages = "\n".join(f"{service:13} {url}" for service, url in found.items())
        table.add_row(name, ", ".join(reversed(running)), pages)
    return table


def advice(hosts: Hosts) -> list[str]:
    """Return lines on what can be done with the hosts."""
    folder = SECRETS.relative_to(ROOT)
    vault = f"ANSIBLE_VAULT_PASSWORD_FILE={folder}.vault-password .venv/bin/ansible-vault view"
    return [
        f"Passwords      {vault} {folder}/group_vars/all/secrets.yml",
        f"Certificate    {AUTHORITY.relative_to(ROOT)} (for your browser, or curl --cacert)",
        f"Look around    docker exec -it vigil-demo-{hosts.watched} bash    (systemctl, journalctl ...)",
        f"Notifications  docker logs {RECEIVER}",
        *([f"New in logs    {PAGE_OF_LOGS.relative_to(ROOT)} (open it in your browser)"] if logs_of(hosts) else []),
        f"Slow requests  {PAGE_OF_TRACES.relative_to(ROOT)} (the same)",
        "Remove         make demo-down",
    ]


def admit(demo: Demo) -> float:
    """Admit automation to the hosts, and return how many seconds that took."""
    step("Automation: ansible-playbook vigil.observability.runbook_targets")
    begun = time.monotonic()
    # The key of the engine is accepted from addresses alone, and here the hosts have names.
    accepted = json.dumps({"runbook_target_engine_addresses": [network()]})
    run("ansible-playbook", *demo.sources, "-e", accepted, "vigil.observability.runbook_targets")
    return time.monotonic() - begun


def main() -> int:
    """Run the demo and return the exit code."""
    demo = Demo(sys.argv[1] if len(sys.argv) > 1 else "three_nodes")
    step("Docker engine and host image")
    run(ROOT / "tests/hosts/image")
    step("Server archives")
    archives = provide_archives()
    step("Build and install the collection")
    install_collection()
    step("Secrets: ansible-playbook vigil.observability.secrets")
    run(ROOT / "tests/setup/secrets", SECRETS.relative_to(ROOT))
    make_secrets()
    hosts = demo.read()
    AUTHORITY.write_text(next(iter(hosts.variables.values()))["certificates_authority_certificate"])
    step(f"Hosts with systemd: {', '.join(hosts.variables)}")
    hosts.create()
    start_receiver()
    step("Deployment: ansible-playbook vigil.observability.site")
    run("ansible-playbook", *demo.sources, *archives, "vigil.observability.site")
    admission = admit(demo) if hosts.running("runbook_target") else 0.0
    step("Demonstration")
    try:
        demonstrate(hosts, admission)
    except ShowError as error:
        console.print(f"[bold red]Not as promised[/]: {error}. The hosts are kept for inspection.")
        return 1
    console.print("\n", summary(demo, hosts))
    console.print(*advice(hosts), sep="\n")
    step("Done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
