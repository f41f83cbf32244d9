"""What the tests of the pillar do: send traces to a host, and count what its query finds."""

from __future__ import annotations

import json
import shlex

import pytest

OWN = {name: f"/etc/vigil/certificates/jaeger/tls.{end}" for name, end in (("certificate", "crt"), ("key", "key"))}


@pytest.fixture
def ran(host):
    """Return a function that runs the program of the scenario and returns what it prints."""

    def run(**given):
        return json.loads(host.check_output(shlex.join(["python3", "/usr/local/bin/spans.py", json.dumps(given)])))

    return run


@pytest.fixture
def send(ran):
    """Return a function that sends traces of a service: statuses, and how many spans were accepted."""

    def sent(service, traces, spans, **options):
        return ran(service=service, traces=traces, spans=spans, **{**OWN, **options})

    return sent


@pytest.fixture
def found(host, ran, secrets):
    """Return a function that counts the spans of a service: those found, and those found twice."""

    def count(service):
        login = {"user": "analysis", "password": secrets["jaeger_passwords"]["analysis"]}
        return ran(service=service, **(login if host.file("/etc/jaeger/htpasswd").exists else OWN))

    return count
