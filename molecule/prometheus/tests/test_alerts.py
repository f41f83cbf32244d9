"""Alerts of all replicas arrive as one, so that an Alertmanager notifies once."""

from __future__ import annotations

import base64
import json
import shlex
from pathlib import Path

import pytest

testinfra_hosts = ["prometheus-1"]
RECEIVER = Path(__file__).resolve().parent / "alert_receiver.py"


@pytest.mark.restart
def test_replicas_send_the_same_alert_under_the_password_of_the_alertmanagers(host, secrets):
    first, second = json.loads(host.check_output(f"timeout 30 python3 -c {shlex.quote(RECEIVER.read_text())}"))
    labels = {"alertname": "ShopOpen", "severity": "none", "cluster": "harbour", "region": "north", "team": "tide"}
    assert labels in [alert["labels"] for alert in first["alerts"]]
    assert labels in [alert["labels"] for alert in second["alerts"]]
    user = f"prometheus:{secrets['alertmanager_passwords']['prometheus']}"
    authorization = f"Basic {base64.b64encode(user.encode()).decode()}"
    assert {first["authorization"], second["authorization"]} == {authorization}
