"""Shows a deployed stack working: targets up, an alert on its way through the mesh, one notification and its end."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from rich.console import Console

from ansible_collections.vigil.observability.tests.dashboards.expressions import expressions

__all__ = ["Replica", "ShowError", "show"]

PATIENCE = 120.0
# Longer than a member of the mesh waits for the one before it, so that a second notification would have come.
SILENCE = 8.0


class ShowError(Exception):
    """What was promised was not seen."""


@dataclass(frozen=True)
class Replica:
    """A host with Prometheus, Alertmanager and perhaps Grafana: their addresses here and the passwords of admin."""

    name: str
    prometheus: str
    alertmanager: str
    grafana: str
    prometheus_password: str
    alertmanager_password: str
    grafana_password: str
    authority: Path

    def ask_prometheus(self, path: str) -> Any:
        """Return the data of an answer of Prometheus."""
        return self._ask(f"{self.prometheus}{path}", self.prometheus_password)["data"]

    def ask_alertmanager(self, path: str) -> Any:
        """Return an answer of Alertmanager."""
        return self._ask(f"{self.alertmanager}{path}", self.alertmanager_password)

    def ask_grafana(self, path: str) -> Any:
        """Return an answer of Grafana."""
        return self._ask(f"{self.grafana}{path}", self.grafana_password)

    def _ask(self, url: str, password: str) -> Any:
        answer = requests.get(url, auth=("admin", password), verify=str(self.authority), timeout=10)
        answer.raise_for_status()
        return answer.json()


def show(replicas: list[Replica], watched: str, receiver: str, console: Console) -> None:
    """Show everything, a line each, with an exporter stopped on the watched host. Raises ShowError."""
    begun = time.monotonic()

    def seen(sentence: str, check: Callable[[], object]) -> None:
        found = wait_until(check)
        if not found:
            raise ShowError(f"within {PATIENCE:.0f} s it was not seen that {sentence}")
        told = found if isinstance(found, str) else ""
        console.print(f"[green]✔[/] {time.monotonic() - begun:4.0f} s  {sentence} {told}")

    for replica in replicas:
        seen(f"Prometheus on {replica.name} sees every target up", partial(every_target_up, replica))
    for replica in (one for one in replicas if one.grafana):
        seen(f"Grafana on {replica.name} has its data sources and dashboards", partial(dashboards, replica))
        seen("every panel has data", partial(every_panel_has_data, replica))
    seen("the burn rates of the shop's error budgets are recorded", partial(burn_rates, replicas[0]))
    seen("the Alertmanagers have formed a mesh", lambda: all(mesh_size(one) == len(replicas) for one in replicas))
    console.print(f"  systemctl stop node_exporter    on {watched}")
    on_host(watched, "systemctl", "stop", "node_exporter")
    try:
        for replica in replicas:
            seen(f"Prometheus on {replica.name} fires ExporterDown", partial(is_firing, replica))
        seen("every Alertmanager has the alert", lambda: all(has_alert(one) for one in replicas))
        seen("the receiver was notified", lambda: notifications(receiver)["firing"])
        time.sleep(SILENCE)
        seen("exactly once", lambda: notifications(receiver)["firing"] == 1)
    finally:
        console.print(f"  systemctl start node_exporter    on {watched}")
        on_host(watched, "systemctl", "start", "node_exporter")
    seen("the receiver was notified that it is resolved", lambda: notifications(receiver)["resolved"])
    time.sleep(SILENCE)
    seen("exactly once", lambda: notifications(receiver) == Counter(firing=1, resolved=1))


def wait_until(check: Callable[[], object]) -> object:
    """Return what the check returns as soon as it is true, or at last."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            found = check()
        except requests.RequestException:
            found = None
        if found or time.monotonic() > until:
            return found
        time.sleep(0.5)


def every_target_up(replica: Replica) -> str:
    """Return how many targets there are, nothing unless all of them are up."""
    targets = replica.ask_prometheus("/api/v1/targets?state=active")["activeTargets"]
    down = [target for target in targets if target["health"] != "up"]
    jobs = Counter(target["labels"]["job"] for target in targets)
    return "" if down or not targets else f"({', '.join(f'{count} {job}' for job, count in sorted(jobs.items()))})"


def dashboards(replica: Replica) -> str:
    """Return how many data sources and dashboards there are, nothing unless there are some."""
    found = Counter(
        one["folderTitle"] for one in replica.ask_grafana("/api/search?type=dash-db") if "folderTitle" in one
    )
    sources = len(replica.ask_grafana("/api/datasources"))
    told = ", ".join(f"{count} in {folder}" for folder, count in sorted(found.items()))
    return f"({sources} data sources; {told})" if found and sources else ""


def every_panel_has_data(replica: Replica) -> str:
    """Return how many questions the panels ask, nothing unless Prometheus answers each of them with data.

    What slow rules record, such as error budgets every two minutes, takes longer than a demo and is left out, and so
    are panels that tell what it means when they are empty.
    """
    asked = {
        one.expr
        for found in replica.ask_grafana("/api/search?type=dash-db")
        for one in expressions(replica.ask_grafana(f"/api/dashboards/uid/{found['uid']}")["dashboard"])
        if not one.when_empty and not any(recorded in one.expr for recorded in ("slo:", "business:"))
    }
    answered = all(replica.ask_prometheus(f"/api/v1/query?{urlencode({'query': expr})}")["result"] for expr in asked)
    return f"({len(asked)} queries)" if answered else ""


def burn_rates(replica: Replica) -> str:
    """Return how fast error budgets go, 1 being as fast as they may, nothing unless that is known."""
    rates = replica.ask_prometheus("/api/v1/query?query=slo:burn_rate:ratio5m")["result"]
    told = (f"{one['metric']['slo']} {float(one['value'][1]):.2f}" for one in rates)
    return f"({', '.join(sorted(told))})" if rates else ""


def mesh_size(replica: Replica) -> int:
    """Return how many Alertmanagers the one of this host knows, itself included."""
    return len(replica.ask_alertmanager("/api/v2/status")["cluster"].get("peers") or [None])


def is_firing(replica: Replica) -> bool:
    """Tell whether the demo's alert fires."""
    alerts = replica.ask_prometheus("/api/v1/alerts")["alerts"]
    return any(alert["labels"]["alertname"] == "ExporterDown" and alert["state"] == "firing" for alert in alerts)


def has_alert(replica: Replica) -> bool:
    """Tell whether Alertmanager has the demo's alert."""
    return bool(replica.ask_alertmanager("/api/v2/alerts?filter=alertname%3DExporterDown"))


def notifications(receiver: str) -> Counter[str]:
    """Return how often the receiver was told of the demo's alert, by status."""
    log = subprocess.run(["docker", "logs", receiver], capture_output=True, text=True, check=True).stdout
    alerts = [json.loads(line) for line in log.splitlines()]
    return Counter(alert["status"] for alert in alerts if alert["alertname"] == "ExporterDown")


def on_host(name: str, *words: str) -> None:
    """Run a command on a host of the demo."""
    subprocess.run(["docker", "exec", f"vigil-demo-{name}", *words], check=True)
