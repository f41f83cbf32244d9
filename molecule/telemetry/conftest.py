"""What the tests of the shop do: visit it, and look for one request in metrics, log lines and traces."""

from __future__ import annotations

import json
import time
import uuid

import pytest

TOKEN = "token-that-switches-faults-on"
PORTS = {"shop-1": (8443, 9464), "shop-2": (8444, 9465), "shop-payment": (8445, 9466)}


def until(found, seconds=20):
    """Return what a function finds, as soon as that is something."""
    end = time.monotonic() + seconds
    while not (result := found()) and time.monotonic() < end:
        time.sleep(0.5)
    assert result
    return result


@pytest.fixture
def request_id():
    """Return an ID that no request has had."""
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture
def visit(ask):
    """Return a function that makes a request of a customer, and returns the answer."""

    def visited(method, path, body=None, *, unit="shop-1", **headers):
        named = {"X-Customer": "ada", **{name.replace("_", "-"): value for name, value in headers.items()}}
        options = [word for name, value in named.items() for word in ("-H", f"{name}: {value}")]
        options += ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body is not None else []
        return ask(f"https://localhost:{PORTS[unit][0]}{path}", "-X", method, *options, service=unit)

    return visited


@pytest.fixture
def fault(visit):
    """Return a function that switches a fault on (with its amount and seconds) or off."""

    def switched(name, *, on=True, unit="shop-1", **switch):
        answer = visit(
            "PUT" if on else "DELETE",
            f"/faults/{name}",
            switch if on else None,
            unit=unit,
            Authorization=f"Bearer {TOKEN}",
        )
        assert answer.status == 200, answer.body

    return switched


@pytest.fixture
def metrics(ask):
    """Return a function that returns the lines of a unit's metrics, in the format that has exemplars."""

    def scraped(unit="shop-1"):
        accept = "Accept: application/openmetrics-text; version=1.0.0"
        answer = ask(f"https://localhost:{PORTS[unit][1]}/metrics", "-H", accept, service=unit)
        assert answer.status == 200
        return answer.body.splitlines()

    return scraped


@pytest.fixture
def lines(host):
    """Return a function that returns the log lines of a unit that have this correlation ID."""

    def logged(correlation, unit="shop-1", file="combined.log"):
        def found():
            everything = host.check_output(f"cat /var/log/{unit}/{file}").splitlines()
            return [one for one in map(json.loads, everything) if one.get("correlationId") == correlation]

        return until(found)

    return logged


@pytest.fixture
def spans(ask):
    """Return a function that returns spans of a trace, as (service, span), once there are enough, of each service."""

    def traced(trace, least=1, services=("shop",)):
        def found():
            answer = ask(f"https://localhost:16686/api/traces/{trace}", service="jaeger")
            data = answer.json()["data"] if answer.status == 200 else []
            each = [
                (one["processes"][span["processID"]]["serviceName"], span)
                for one in data or []
                for span in one["spans"]
            ]
            return each if len(each) >= least and {service for service, _span in each}.issuperset(services) else []

        return until(found)

    return traced
