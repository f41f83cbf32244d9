"""The shipped pipelines in Logstash: the program of LOGSTASH_ARCHIVE, or without one the stand-in.

`events.jsonl` has, one per line, a line or the fields that a shipper sends, with the index and the document that they
become. All are read at the same time; shop and cart are the services with indices of their own. What most documents
have in common is left out: @timestamp, where it is the time of reading (`now` is the time at which Logstash filters);
@version; the message, where it is the line (`message_is_line`), and event.original, where it is (`original_is_line`).
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pylogbeat import ConnectionException

from ansible_collections.vigil.observability.tests.unit.tests.standin_logstash.bulk import (
    BulkServer,
    until,
)
from ansible_collections.vigil.observability.tests.unit.tests.standin_logstash.logstash import Logstash
from ansible_collections.vigil.observability.tests.unit.tests.standin_logstash.shipped import READ_AT, addresses

EVENTS = [json.loads(line) for line in (Path(__file__).parent / "events.jsonl").read_text().splitlines()]


@pytest.fixture
def logstash(home: Path, tls: Path, tmp_path: Path) -> Logstash:
    """A Logstash that does not run yet."""
    return Logstash(home, tmp_path, tls)


def sent(event: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a shipper sends."""
    return event["event"] if "event" in event else {"message": event["line"]}


def expected(event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the index and the whole document."""
    document = {"@timestamp": READ_AT, "@version": "1"} | event["document"]
    if event.get("message_is_line"):
        document["message"] = event["line"]
    if event.get("original_is_line"):
        document["event"] = document.get("event", {}) | {"original": event["line"]}
    return event["index"], document


def test_every_event_becomes_its_document(logstash: Logstash, elasticsearch: BulkServer, tmp_path: Path) -> None:
    database = addresses(tmp_path / "addresses.mmdb")
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url, logstash_geoip_database=str(database))})
    with logstash.running():
        logstash.send([sent(event) for event in EVENTS])
        until(lambda: len(elasticsearch.documents) == len(EVENTS), "all documents have come")
    assert len(EVENTS) >= 60
    for event, (index, document) in zip(EVENTS, elasticsearch.documents, strict=True):
        if event["document"].get("@timestamp") == "now":
            document["@timestamp"] = "now"
        assert (index, document) == expected(event), event["name"]


def test_ten_thousand_services_share_one_index(logstash: Logstash, elasticsearch: BulkServer) -> None:
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    with logstash.running():
        logstash.send([{"message": json.dumps({"service": f"s{number}"})} for number in range(10_000)])
        until(lambda: len(elasticsearch.documents) == 10_000, "all documents have come")
    assert {index for index, _document in elasticsearch.documents} == {"logs-unnamed-2026.11.29"}


def test_without_a_database_no_address_is_located(logstash: Logstash, elasticsearch: BulkServer) -> None:
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    with logstash.running():
        logstash.send([{"message": '{"service":"shop","sourceIp":"81.2.69.142"}'}])
        until(lambda: elasticsearch.documents, "the document has come")
    assert "geoip" not in elasticsearch.documents[0][1]


@pytest.mark.parametrize("status", [401, 429, 503])
def test_request_that_is_not_taken_is_sent_again(logstash: Logstash, elasticsearch: BulkServer, status: int) -> None:
    elasticsearch.requests = [status]
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    with logstash.running():
        logstash.send([{"message": "one"}])
        until(lambda: elasticsearch.documents, "the document has come")
    assert [document["message"] for _index, document in elasticsearch.documents] == ["one"]


def test_documents_for_which_there_is_no_space_are_sent_again(logstash: Logstash, elasticsearch: BulkServer) -> None:
    elasticsearch.refusals = {"one": [429, 503], "two": []}
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    with logstash.running():
        logstash.send([{"message": "one"}, {"message": "two"}])
        until(lambda: len(elasticsearch.documents) == 2, "both documents have come")
    assert sorted(document["message"] for _index, document in elasticsearch.documents) == ["one", "two"]


def test_refused_document_is_kept_and_sent_again_by_the_replay(logstash: Logstash, elasticsearch: BulkServer) -> None:
    elasticsearch.refusals = {"one": [400]}
    main = logstash.shipped("main", elasticsearch.url)
    logstash.pipelines({"main": main})
    with logstash.running():
        logstash.send([{"message": "one"}, {"message": "two"}])
        until(lambda: elasticsearch.documents, "the other document has come")
        assert [document["message"] for _index, document in elasticsearch.documents] == ["two"]
        logstash.pipelines({"main": main, "replay": logstash.shipped("replay", elasticsearch.url)})
        until(lambda: len(elasticsearch.documents) == 2, "the refused document has come")
    index, document = elasticsearch.documents[1]
    assert (index, document["message"]) == ("logs-unnamed-2026.11.29", "one")


def test_document_that_is_refused_again_is_kept_for_the_next_time(
    logstash: Logstash, elasticsearch: BulkServer
) -> None:
    elasticsearch.refusals = {"one": [400, 400]}
    main = logstash.shipped("main", elasticsearch.url)
    logstash.pipelines({"main": main, "replay": logstash.shipped("replay", elasticsearch.url)})
    with logstash.running():
        logstash.send([{"message": "one"}])
        until(lambda: elasticsearch.asked == 2, "the document has been refused twice")
        assert not elasticsearch.documents
        again = logstash.shipped("replay", elasticsearch.url, logstash_replay=["replay"])
        logstash.pipelines({"main": main, "again": again})
        until(lambda: elasticsearch.documents, "the document has come")
    index, document = elasticsearch.documents[0]
    assert (index, document["message"]) == ("logs-unnamed-2026.11.29", "one")


def test_what_is_acknowledged_survives_a_restart(logstash: Logstash, elasticsearch: BulkServer, tls: Path) -> None:
    elasticsearch.requests = [503] * 1000
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    with logstash.running():
        logstash.send([{"message": str(number)} for number in range(300)])
        until(lambda: elasticsearch.asked, "it has been tried")
    elasticsearch.requests = []
    assert not elasticsearch.documents
    with logstash.running():
        until(lambda: len(elasticsearch.documents) >= 300, "all documents have come")
    assert {document["message"] for _index, document in elasticsearch.documents} == set(map(str, range(300)))


def test_pipeline_that_is_wrong_leaves_the_running_one_as_it_is(logstash: Logstash, elasticsearch: BulkServer) -> None:
    main = logstash.shipped("main", elasticsearch.url)
    logstash.pipelines({"main": main})
    with logstash.running():
        logstash.pipelines({"main": main.replace("uppercase", "uppercased")})
        until(lambda: "ailed to" in logstash.log.read_text(), "the pipeline is refused")
        logstash.send([{"message": '{"service":"shop","level":"info"}'}])
        until(lambda: elasticsearch.documents, "the document has come")
    assert elasticsearch.documents[0][1]["level"] == "INFO"


def test_changed_pipeline_is_taken_without_a_restart(logstash: Logstash, elasticsearch: BulkServer) -> None:
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    with logstash.running():
        logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url, logstash_services=["ferry"])})

        def named() -> bool:
            # While the pipeline starts again, nobody listens.
            with suppress(OSError, struct.error, ConnectionException):
                logstash.send([{"message": '{"service":"ferry"}'}])
            return any(index.startswith("logs-ferry-") for index, _document in elasticsearch.documents)

        until(named, "the new service has an index")


def test_connection_to_a_pipeline_that_has_stopped_ends(logstash: Logstash, elasticsearch: BulkServer) -> None:
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    with logstash.running(), logstash.connected() as peer:
        logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url, logstash_services=["ferry"])})
        until(lambda: '"successes": 1' in json.dumps(logstash.statistics()), "the pipeline is another")
        with pytest.raises((OSError, ConnectionException)):
            peer.send([{"message": "1"}])
    assert not elasticsearch.documents


def test_peer_without_a_certificate_is_refused(logstash: Logstash, elasticsearch: BulkServer, tls: Path) -> None:
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    context = ssl.create_default_context(cafile=str(tls / "authorities.crt"))
    with (
        logstash.running(),
        socket.create_connection(("127.0.0.1", logstash.port)) as plain,
        pytest.raises(OSError),  # noqa: PT011
        context.wrap_socket(plain, server_hostname="127.0.0.1") as peer,
    ):
        peer.sendall(struct.pack("!2sI", b"2W", 0))
        peer.recv(6)
    assert not elasticsearch.documents


@pytest.mark.parametrize("body", [b'{"message":"\xff\xfe"}', b"[1]", b"{"])
def test_event_that_cannot_be_read_is_not_acknowledged(
    logstash: Logstash, elasticsearch: BulkServer, tls: Path, body: bytes
) -> None:
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    context = ssl.create_default_context(cafile=str(tls / "authorities.crt"))
    context.load_cert_chain(tls / "tls.crt", tls / "tls.key")
    with (
        logstash.running(),
        socket.create_connection(("127.0.0.1", logstash.port), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as peer,
    ):
        peer.sendall(struct.pack("!2sI2sII", b"2W", 1, b"2J", 1, len(body)) + body)
        assert peer.recv(6) == b""


def test_test_of_the_shipped_pipelines_passes(logstash: Logstash) -> None:
    logstash.pipelines({"main": logstash.shipped("main"), "replay": logstash.shipped("replay")})
    done = logstash.tested()
    assert (done.returncode, "Configuration OK" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mutate {", "mutated {"),
        ("uppercase", "uppercased"),
        ("filter {", "filters {"),
        ("x-secret-x", "${NOWHERE}"),
        ("output {", "output {{"),
    ],
)
def test_test_of_a_wrong_pipeline_names_the_reason(logstash: Logstash, before: str, after: str) -> None:
    logstash.pipelines({"main": logstash.shipped("main").replace(before, after)})
    done = logstash.tested()
    assert done.returncode == 1
    assert "invalid" in done.stderr + done.stdout
