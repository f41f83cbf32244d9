"""Prometheus before all that goes wrong, and after it when its host has restarted."""

from __future__ import annotations

import json

import pytest

testinfra_hosts = ["prometheus"]


@pytest.mark.restart
def test_what_is_proven_serves_with_its_targets_up(host):
    serves = json.loads(host.check_output("python3 /usr/local/bin/serving.py"))["serves"]
    assert (serves["version"], serves["targets"]) == ("3.13.2", {"prometheus": "up"})
    record = serves["record"]
    assert record["proven"] is True
    assert serves["links"] == {
        "/opt/prometheus": record["active"]["release"],
        "/etc/prometheus": record["active"]["config"],
    }
