"""What the tests of the pillar ask: the cluster, as one of its users."""

from __future__ import annotations

import json
import os
import shlex
import time
from pathlib import Path

import pytest
import yaml

PATIENCE = 120.0
BEATS = (Path(__file__).parent / "beats.py").read_text(encoding="utf-8")
CERTIFICATE = tuple(f"/etc/vigil/certificates/logstash/tls.{end}" for end in ("crt", "key"))


@pytest.fixture(scope="session")
def newer():
    """Return the versions by service that upgrade.yml upgrades to, as its inventory chooses them."""
    known = yaml.safe_load(Path(os.environ["VIGIL_CATALOGUE"]).read_text(encoding="utf-8"))["vigil_catalogue_extra"]
    return {name: next(each for each in known[name] if each != "8.9.0") for name in ("elasticsearch", "logstash")}


@pytest.fixture
def request_as(ask, secrets):
    """Return a function that sends a request as one of the users."""

    def sent(user, method, path, body=None, node="elasticsearch-1"):
        options = ["-X", method]
        options += ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body is not None else []
        password = secrets["elasticsearch_passwords"][user]
        return ask(f"https://{node}:9200{path}", *options, user=user, password=password)

    return sent


@pytest.fixture
def send(host):
    """Return a function that sends lines to a Logstash, each as one object, and waits until they are acknowledged."""

    def sent(lines, logstash="elasticsearch-1", pair=CERTIFICATE, good=True):
        texts = json.dumps([json.dumps(line) for line in lines])
        command = shlex.join(["python3", "-c", BEATS, logstash, *pair, texts])
        deadline = time.monotonic() + PATIENCE
        while (done := host.run(command)).rc != 0 and good:
            assert time.monotonic() < deadline, done.stderr
            time.sleep(0.5)
        return done

    return sent


@pytest.fixture
def documents(request_as):
    """Return a function that waits for so many documents with a correlation id: their indices and contents."""

    def found(run, number):
        query = {"query": {"term": {"correlationId": run}}, "size": 10_000}
        deadline = time.monotonic() + PATIENCE
        while True:
            assert request_as("admin", "POST", "/logs-*/_refresh").status == 200
            answer = request_as("analysis", "GET", "/logs-*/_search", query)
            hits = answer.json()["hits"]["hits"] if answer.status == 200 else None
            if hits is not None and len(hits) >= number:
                return [(hit["_index"], hit["_source"]) for hit in hits]
            assert time.monotonic() < deadline, f"{number} documents have not come: {answer}"
            time.sleep(0.5)

    return found
