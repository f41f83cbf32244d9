"""The whole stack on one machine that is reached as users reach theirs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

PORTS = {
    "prometheus": 9090,
    "alertmanager": 9093,
    "blackbox_exporter": 9115,
    "node_exporter": 9100,
    "grafana": 3000,
    "jaeger": 8889,
    "incident_response": 9095,
}


@pytest.fixture(scope="session")
def address():
    """Return the address by which the inventory reaches the machine."""
    return (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "address").read_text()


@pytest.fixture
def reads(ask, secrets, address):
    """Return a function that asks the API of Prometheus, by the address, until it answers what is wanted or 30 s are
    over, and returns the last answer.
    """

    def asked(path, shown, wanted):
        until = time.monotonic() + 30
        while True:
            password = secrets["prometheus_passwords"]["admin"]
            answer = ask(f"https://{address}:9090/api/v1/{path}", user="admin", password=password)
            found = shown(answer.json()["data"]) if answer.status == 200 else answer
            if found == wanted or time.monotonic() > until:
                return found
            time.sleep(0.3)

    return asked


def test_nobody_can_resolve_the_name_that_the_inventory_gives_the_machine(host):
    assert host.run("getent hosts monitor1").rc == 2


@pytest.mark.restart
def test_prometheus_reaches_every_service_by_the_address(reads, address):
    def health(data):
        return {target["scrapeUrl"]: target["health"] for target in data["activeTargets"]}

    wanted = {f"https://{address}:{port}/metrics": "up" for port in PORTS.values()}
    assert reads("targets", health, wanted) == wanted


@pytest.mark.restart
def test_prometheus_sends_its_alerts_to_the_address(reads, address):
    def urls(data):
        return [one["url"] for one in data["activeAlertmanagers"]]

    wanted = [f"https://{address}:9093/api/v2/alerts"]
    assert reads("alertmanagers", urls, wanted) == wanted


def test_links_lead_to_the_address(host, address):
    for service in ("prometheus", "alertmanager"):
        command = host.check_output(f"systemctl show --property=ExecStart {service}")
        assert f"--web.external-url=https://{address}:{PORTS[service]} " in command


@pytest.mark.parametrize("command", ["promtool --version", "amtool --version"])
def test_everyone_on_the_machine_can_use_the_tools(host, command):
    assert "version" in host.check_output(f"runuser -u nobody -- {command}")


@pytest.mark.restart
def test_no_service_is_kept_from_a_file(host):
    units = " ".join(f"--unit={service}" for service in PORTS)
    said = host.check_output(f"journalctl {units} --output=cat")
    assert said
    assert "permission denied" not in said.lower()
