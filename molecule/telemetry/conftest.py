"""What the tests of the shop do: visit it, and look for one request in metrics, log lines and traces."""

from __future__ import annotations

import json
import time
import uuid
from typing import NamedTuple

import pytest

PORTS = {"shop-1": (8443, 9464), "shop-2": (8444, 9465), "shop-payment": (8445, 9466)}


def found_in_time(found, seconds=20):
    """Return what a function finds, as soon as that is something."""
    end = time.monotonic() + seconds
    while not (result := found()) and time.monotonic() < end:
        time.sleep(0.5)
    assert result
    return result


@pytest.fixture
def until():
    """Return the function that waits."""
    return found_in_time


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
def token():
    """Return the authorization to switch faults on."""
    return "Bearer token-that-switches-faults-on"


@pytest.fixture
def fault(visit, token):
    """Return a function that switches a fault on (with its amount and seconds) or off."""

    def switched(name, *, on=True, unit="shop-1", **switch):
        answer = visit(
            "PUT" if on else "DELETE",
            f"/faults/{name}",
            switch if on else None,
            unit=unit,
            Authorization=token,
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
def measured(metrics):
    """Return a function that returns the value of a unit's metric whose line begins so, 0 if there is none."""

    def value(start, unit="shop-1"):
        values = [line.partition(" # ")[0].rsplit(" ", 1)[1] for line in metrics(unit) if line.startswith(start)]
        assert len(values) <= 1, values
        return float(values[0]) if values else 0.0

    return value


@pytest.fixture
def lines(host):
    """Return a function that returns the log lines of a unit that have this correlation ID."""

    def logged(correlation, unit="shop-1", file="combined.log"):
        def found():
            # Without the last one as long as it is being written.
            whole = host.file(f"/var/log/{unit}/{file}").content_string.rpartition("\n")[0].splitlines()
            return [one for one in map(json.loads, whole) if one.get("correlationId") == correlation]

        return found_in_time(found)

    return logged


class Span(NamedTuple):
    """What tests ask of a span; the kind is as OpenTelemetry names it."""

    service: str
    name: str
    kind: str
    failed: bool


def read(trace):
    """Return the spans of a trace, as Jaeger's API has it."""
    found = []
    for span in trace["spans"]:
        tags = {tag["key"]: tag["value"] for tag in span["tags"]}
        failed = bool(tags.get("error")) or tags.get("otel.status_code") == "ERROR"
        service = trace["processes"][span["processID"]]["serviceName"]
        found.append(Span(service, span["operationName"], tags.get("span.kind", ""), failed))
    return found


@pytest.fixture
def spans(ask):
    """Return a function that returns the spans of a trace, once there are enough, and each service's own request.

    A service sends that one last, maybe by itself.
    """

    def traced(trace, least=1, services=("shop",)):
        def found():
            answer = ask(f"https://telemetry-1:16686/api/traces/{trace}", service="shop-1")
            data = answer.json()["data"] if answer.status == 200 else []
            each = [span for one in data or [] for span in read(one)]
            requests = {span.service for span in each if span.kind == "server"}
            return each if len(each) >= least and requests.issuperset(services) else []

        return found_in_time(found)

    return traced
