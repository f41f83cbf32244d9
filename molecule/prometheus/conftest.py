"""What the inventory says of the two replicas, and questions to them."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
import yaml

INPUTS = {
    "prometheus-1": SimpleNamespace(
        port=9191,
        user="metrics",
        uid=4711,
        data="/srv/metrics/prometheus",
        replica="first",
        intervals=("10s", "5s"),
        retention="1w",
        collector="50",
        link="https://metrics.example.com/prometheus",
    ),
    "prometheus-2": SimpleNamespace(
        port=9090,
        user="prometheus",
        uid=4712,
        data="/var/lib/prometheus",
        replica="prometheus-2",
        intervals=("15s", "15s"),
        retention="30d",
        collector="75",
        link="https://prometheus-2:9090",
    ),
}


@pytest.fixture
def inputs(host):
    """Return what the inventory says of this replica, in part by default."""
    return INPUTS[host.backend.get_hostname()]


@pytest.fixture
def url(inputs):
    """Return where the replica answers."""
    return f"https://localhost:{inputs.port}"


@pytest.fixture
def api(ask, url, secrets):
    """Return a function that gives the data of an answer of the API."""

    def asked(path, *options):
        password = secrets["prometheus_passwords"]["admin"]
        answer = ask(f"{url}/api/v1/{path}", *options, user="admin", password=password)
        assert answer.status == 200, answer.body
        return answer.json()["data"]

    return asked


@pytest.fixture
def query(api):
    """Return a function that gives the labels and values that PromQL selects."""

    def asked(expression):
        data = api("query", "--get", "--data-urlencode", f"query={expression}")
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]

    return asked


@pytest.fixture
def configuration(api):
    """Return the configuration that the process runs with."""
    return yaml.safe_load(api("status/config")["yaml"])


@pytest.fixture
def eventually():
    """Return a function that looks until the expected is there, and compares at last."""

    def looked(look, expected, seconds=40):
        until = time.monotonic() + seconds
        while (found := look()) != expected and time.monotonic() < until:
            time.sleep(0.5)
        assert found == expected

    return looked
