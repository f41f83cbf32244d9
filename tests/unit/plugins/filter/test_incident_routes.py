# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the role's own routes take an alert of each severity, as the real amtool reads them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.filter.incident_routes import incident_routes
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.escalations import escalation_paths
from ansible_collections.vigil.observability.tests.runner.jobs import CACHE
from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION

ROUTE = yaml.safe_load((COLLECTION / "roles/alertmanager/vars/main.yml").read_text())["__alertmanager_config"]["route"]
SOONER = {"critical": "1h", "high": "1h", "warning": "4h", "info": "4h"}


@pytest.fixture(scope="module")
def amtool() -> str:
    """The path of the newest amtool."""
    command = [str(COLLECTION / ".venv/bin/python"), str(COLLECTION / "tests/servers/assemble.py"), "amtool"]
    return subprocess.check_output(command, text=True, env={**os.environ, "VIGIL_CACHE": str(CACHE)}).strip()


def known() -> dict[str, Any]:
    """Return the role's own routes, each with a receiver of its own, by which it is known."""
    routes = [{**one, "receiver": str(number)} for number, one in enumerate(ROUTE["routes"])]
    names = ("first", *(one["receiver"] for one in routes))
    route = {**ROUTE, "receiver": "first", "routes": routes}
    return {"route": route, "receivers": [{"name": name} for name in names]}


def received_by(amtool: str, folder: Path, config: dict[str, Any], **labels: str) -> str:
    """Return the receivers of an alert with these labels."""
    (folder / "alertmanager.yml").write_text(json.dumps(config))
    words = [f"{name}={value}" for name, value in labels.items()]
    command = [amtool, "config", "routes", "test", f"--config.file={folder}/alertmanager.yml", *words]
    return subprocess.check_output(command, text=True).strip()


@pytest.mark.parametrize("severity", SOONER)
def test_high_is_repeated_as_often_as_critical(amtool: str, tmp_path: Path, severity: str) -> None:
    config = known()
    taken = received_by(amtool, tmp_path, config, severity=severity)
    routes = config["route"]["routes"]
    repeated = {"first": ROUTE, **{one["receiver"]: {**ROUTE, **one} for one in routes}}
    assert repeated[taken]["repeat_interval"] == SOONER[severity]


@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_an_escalation_goes_to_its_receiver_before_the_roles_own_routes(
    amtool: str, tmp_path: Path, severity: str
) -> None:
    config, labels = known(), {"alertname": "IncidentEscalated", "severity": severity}
    paths = escalation_paths([{"receiver": "0"}])
    with_paths = incident_routes(config, ["https://monitor1:9095"], "/authorities.crt", [], paths)
    assert received_by(amtool, tmp_path, with_paths, **labels, escalation="0") == "incident_response,0"
    usual = received_by(amtool, tmp_path, config, **labels)
    assert received_by(amtool, tmp_path, with_paths, **labels) == f"incident_response,{usual}"
