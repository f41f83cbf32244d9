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
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from subprocess import DEVNULL
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from ansible_collections.vigil.observability.demo.show import Replica, ShowError, show
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services
from ansible_collections.vigil.observability.tests.servers.recipes import grafana_recipes

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".build/demo"
SECRETS = STATE / "inventory"
COLLECTIONS = STATE / "collections"
CACHE = Path(os.environ["VIGIL_CACHE"])
HOSTS = ROOT / "tests/hosts/hosts"
ARCHIVES = ROOT / "tests/hosts/archives"
ASSEMBLE = ["python", str(ROOT / "tests/servers/assemble.py")]
RECEIVER = "vigil-demo-receiver"
SHOP = "vigil-demo-shop"

BEGUN = time.monotonic()
console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Demo:
    """The example inventory, as Ansible reads it."""

    name: str

    @property
    def sources(self) -> list[str]:
        """Return the options that name the inventory."""
        folders = (ROOT / "inventories" / self.name, ROOT / "demo/inventory", SECRETS)
        return [word for folder in folders for word in ("-i", str(folder))]

    def read(self) -> dict[str, Any]:
        """Return groups and variables as ansible-inventory lists them, secrets included."""
        listed = subprocess.run(
            ["ansible-inventory", *self.sources, "--list"],
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return dict(json.loads(listed.stdout))


def environment() -> dict[str, str]:
    """Return the environment of Ansible's commands."""
    return os.environ | {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_VAULT_PASSWORD_FILE": f"{SECRETS}.vault-password",
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_FORCE_COLOR": str(console.is_terminal).lower(),
    }


def run(*words: str | Path, output: int | None = None) -> None:
    """Run a command in this terminal; leave with its exit code when it fails."""
    code = subprocess.run(words, cwd=ROOT, env=environment(), stdout=output, check=False).returncode
    if code:
        console.print(f"\n[bold red]The demo ended early[/]: {' '.join(map(str, words[:3]))} ... failed, see above.")
        console.print("Its hosts are kept for inspection; make demo-down removes them.")
        sys.exit(code)


def step(text: str) -> None:
    """Say what comes next."""
    console.print(f"\n[bold cyan]{time.monotonic() - BEGUN:4.0f} s  {text}[/]")


def prepare_hosts(listed: dict[str, Any]) -> None:
    """Start a fresh host for each of the inventory, its pages at ports of this machine, the receiver and the shop."""
    run(HOSTS, "destroy", "--label", "demo")
    for name, variables in sorted(listed["_meta"]["hostvars"].items()):
        ports = {
            variables.get(f"demo_{name}_port"): variables.get(f"{name}_port", service.port)
            for name, service in services().items()
        }
        published = [f"--option=--publish=127.0.0.1:{here}:{there}" for here, there in ports.items() if here]
        run(HOSTS, "create", "--label", "demo", *published, f"vigil-demo-{name}")
    for name in (RECEIVER, SHOP):
        program = f"{name.removeprefix('vigil-demo-')}.py"
        options = ["--name", name, "--label", "vigil.observability=demo", "--network", "vigil-test"]
        options += ["--env-file", str(token_file(name)), "--volume", f"{ROOT / 'demo' / program}:/{program}:ro"]
        command = ["vigil-host:bookworm", "python3", "-u", f"/{program}"]
        run("docker", "run", "--detach", *options, *command, output=DEVNULL)


def install_collection() -> None:
    """Build the collection and install it as users do, into a folder of the demo's own."""
    run("ansible-galaxy", "collection", "build", "--force", "--output-path", STATE, ROOT)
    (archive,) = STATE.glob("vigil-observability-*.tar.gz")
    run("ansible-galaxy", "collection", "install", "--force", "--offline", "--collections-path", COLLECTIONS, archive)


def token_file(container: str) -> Path:
    """Return where the token of a container lies, for the container itself."""
    return STATE / f"{container}.env"


def make_tokens() -> None:
    """Make the tokens that the receiver and the shop ask for, once, for the containers and for the inventory."""
    variables = SECRETS / "group_vars/all/demo.yml"
    if not variables.exists():
        tokens = {name: token_urlsafe(32) for name in (RECEIVER, SHOP)}
        given = "".join(
            f"{name.replace('-', '_').removeprefix('vigil_')}_token: {token}\n" for name, token in tokens.items()
        )
        written = {token_file(name): f"TOKEN={token}\n" for name, token in tokens.items()}
        for path, text in {**written, variables: f"{given}demo_rules: {ROOT / 'demo/rules'}\n"}.items():
            path.touch(mode=0o600)
            path.write_text(text)


def provide_archives() -> list[str]:
    """Return the options of Ansible that say where archives come from: upstream, or this machine."""
    if not subprocess.run([*ASSEMBLE, "upstream"], check=False).returncode:
        console.print("Each host downloads the archives from upstream.")
        return []
    console.print("Upstream cannot be reached, so archives with the same layout are assembled from packages.")
    given = os.environ.get("GRAFANA_ARCHIVE")
    if not given:
        console.print(
            "[bold]Grafana is not among them[/]: a stand-in replaces it, which answers API requests but has no pages. "
            "GRAFANA_ARCHIVE=<archive from upstream> deploys the real one."
        )
    run(*ASSEMBLE, "default")
    run(ARCHIVES, "start")
    grafana = ["-e", f"grafana_version={grafana_recipes(given)[-1].version}"] if given else []
    return ["-e", f"@{CACHE / 'servers/catalogue.yml'}", *grafana]


def replicas_of(listed: dict[str, Any]) -> list[Replica]:
    """Return the hosts that run Prometheus, with what it takes to ask them."""
    variables = listed["_meta"]["hostvars"]
    return [
        Replica(
            name=name,
            prometheus=f"https://localhost:{variables[name]['demo_prometheus_port']}",
            alertmanager=f"https://localhost:{variables[name]['demo_alertmanager_port']}",
            grafana=grafana_of(variables[name]),
            prometheus_password=variables[name]["prometheus_passwords"]["admin"],
            alertmanager_password=variables[name]["alertmanager_passwords"]["admin"],
            grafana_password=variables[name]["grafana_passwords"]["admin"],
            authority=STATE / "authorities.crt",
        )
        for name in sorted(listed["prometheus"]["hosts"])
    ]


def grafana_of(variables: dict[str, Any]) -> str:
    """Return the address of the Grafana of a host on this machine, empty when it has none."""
    return f"https://localhost:{variables['demo_grafana_port']}" if "demo_grafana_port" in variables else ""


def summary(demo: Demo, listed: dict[str, Any], replicas: list[Replica]) -> Table:
    """Return the table of what runs where."""
    pages = {one.name: f"{one.grafana}\n{one.prometheus}\n{one.alertmanager}".strip() for one in replicas}
    table = Table("host", "runs", Column("pages (user admin)", overflow="fold"), title=f"Inventory {demo.name}")
    for name in sorted(listed["_meta"]["hostvars"]):
        runs = [service for service in reversed(list(services())) if name in listed.get(service, {}).get("hosts", [])]
        table.add_row(name, ", ".join(runs), pages.get(name, ""))
    return table


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
    make_tokens()
    listed = demo.read()
    step(f"Hosts with systemd: {', '.join(sorted(listed['_meta']['hostvars']))}")
    prepare_hosts(listed)
    step("Deployment: ansible-playbook vigil.observability.site")
    run("ansible-playbook", *demo.sources, *archives, "vigil.observability.site")
    step("Demonstration")
    replicas = replicas_of(listed)
    some_host = next(iter(listed["_meta"]["hostvars"].values()))
    (STATE / "authorities.crt").write_text(some_host["certificates_authority_certificate"])
    watched = max(listed["node_exporter"]["hosts"])
    try:
        show(replicas, watched, RECEIVER, console)
    except ShowError as error:
        console.print(f"[bold red]Not as promised[/]: {error}. The hosts are kept for inspection.")
        return 1
    console.print("\n", summary(demo, listed, replicas))
    folder = SECRETS.relative_to(ROOT)
    console.print(
        f"Passwords      ANSIBLE_VAULT_PASSWORD_FILE={folder}.vault-password .venv/bin/ansible-vault view "
        f"{folder}/group_vars/all/secrets.yml",
        f"Certificate    {(STATE / 'authorities.crt').relative_to(ROOT)} (for your browser, or curl --cacert)",
        f"Look around    docker exec -it vigil-demo-{replicas[0].name} bash    (systemctl, journalctl, promtool ...)",
        f"Notifications  docker logs {RECEIVER}",
        "Remove         make demo-down",
        sep="\n",
    )
    step("Done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
