"""Lines of Beats with certificates reach Elasticsearch, whatever they contain, and what it does not take is kept."""

from __future__ import annotations

import json
import time
import uuid

import pytest

testinfra_hosts = ["elasticsearch-1"]
LOGSTASHES = ("elasticsearch-1", "elasticsearch-2")
LINES = 600  # more than are being sent at a time
# What a line has as its service, with the service in its document and that in the name of its index.
SERVICES = [
    ("shop", "shop", "shop"),
    ("Ferry", "Ferry", "ferry"),
    ("tram", "tram", "unnamed"),
    ("../x", "unnamed", "unnamed"),
    ("_A", "unnamed", "unnamed"),
    ("x" * 300, "unnamed", "unnamed"),
    ({"a": "b"}, "unnamed", "unnamed"),
]


def index_of(service):
    """Return the index of the day on which lines are read."""
    return f"logs-{service}-2026.02.01"


@pytest.fixture
def run():
    """Return a name that only the lines of this test have."""
    return uuid.uuid4().hex


@pytest.fixture
def pipeline(ask):
    """Return a function that returns what Logstash has on its main pipeline, when it answers."""

    def asked():
        deadline = time.monotonic() + 120
        while (answer := ask("http://127.0.0.1:9600/_node/stats/pipelines")).status != 200:
            assert time.monotonic() < deadline, answer
            time.sleep(0.5)
        return answer.json()["pipelines"]["main"]

    return asked


@pytest.fixture
def block(request_as):
    """Return a function that allows or forbids to write to the index of the harbour."""
    path = f"/{index_of('harbour')}"
    assert request_as("admin", "PUT", path).status == 200

    def blocked(value):
        assert request_as("admin", "PUT", f"{path}/_settings", {"index.blocks.write": value}).status == 200

    yield blocked
    assert request_as("admin", "DELETE", path).status == 200


@pytest.mark.restart
@pytest.mark.parametrize("logstash", LOGSTASHES)
def test_every_line_has_a_safe_index_and_keeps_a_good_service(send, documents, run, logstash):
    lines = [{"service": service, "level": "info", "correlationId": run} for service, _kept, _named in SERVICES]
    send(lines, logstash)
    found = documents(run, len(lines))
    expected = sorted((index_of(named), kept, "INFO") for _service, kept, named in SERVICES)
    assert sorted((index, line["service"], line["level"]) for index, line in found) == expected


def test_hostile_line_is_in_its_document_as_it_was(send, documents, run):
    line = {"service": "../x", "correlationId": run}
    send([line])
    ((_index, document),) = documents(run, 1)
    assert json.loads(document["event"]["original"]) == line


@pytest.mark.parametrize("pair", [("", ""), ("/run/stranger.crt", "/run/stranger.key")])
def test_peer_without_a_certificate_of_the_authority_is_refused(host, send, pair):
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=stranger"
    host.check_output(f"{made} -out /run/stranger.crt -keyout /run/stranger.key")
    done = send([{"service": "shop"}], pair=pair, good=False)
    assert (done.rc, "the connection ended after 0 lines" in done.stderr) == (1, True), done.stderr


def test_what_cannot_be_written_yet_survives_a_kill(host, send, documents, pipeline, block, run):
    block(True)
    send([{"service": "harbour", "correlationId": run, "message": str(number)} for number in range(LINES)])
    host.check_output("systemctl kill --signal=KILL logstash")
    assert pipeline()["queue"]["events_count"] > 0
    block(False)
    assert {document["message"] for _index, document in documents(run, LINES)} == set(map(str, range(LINES)))


@pytest.mark.parametrize("service", ["ferry", "harbour"])
def test_what_elasticsearch_refuses_is_kept(request_as, send, documents, pipeline, service):
    """Later the index of the ferry is repaired, and that of the harbour is not."""
    request_as("admin", "PUT", f"/{index_of(service)}")
    mapping = {"properties": {"cargo": {"type": "keyword"}}}
    assert request_as("admin", "PUT", f"/{index_of(service)}/_mapping", mapping).status == 200
    before = kept = pipeline()["dead_letter_queue"]["queue_size_in_bytes"]
    send([{"service": service, "correlationId": f"refused-{service}", "cargo": {"tons": 3}}])
    deadline = time.monotonic() + 60
    while kept == before and time.monotonic() < deadline:
        time.sleep(0.5)
        kept = pipeline()["dead_letter_queue"]["queue_size_in_bytes"]
    assert kept > before
    assert documents(f"refused-{service}", 0) == []
