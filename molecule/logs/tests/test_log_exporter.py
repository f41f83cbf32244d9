"""Log lines and queues of Logstash have numbers while they are known, and none while they are not."""

from __future__ import annotations

import json
import time
import uuid

import pytest
import testinfra

testinfra_hosts = ["elasticsearch-2"]
NODES = ("elasticsearch-1", "elasticsearch-2", "elasticsearch-3")
QUERIES = ("high_error_rate", "security_events", "payment_failures", "newest document")


@pytest.fixture
def metrics(ask):
    """Return a function that returns the metrics on logs and on Logstash, as a scrape gets them."""

    def scraped():
        answer = ask("https://localhost:9479/metrics", service="log_exporter")
        assert answer.status == 200, answer
        rows = [line.rsplit(" ", 1) for line in answer.body.splitlines() if line.startswith(("log_", "logstash_"))]
        return {name: float(value) for name, value in rows}

    return scraped


@pytest.fixture
def burst(ask, secrets):
    """Return a function that writes as many lines of an error, into an index that is removed after the test."""
    url, passwords = f"https://elasticsearch-2:9200/logs-{uuid.uuid4().hex}", secrets["elasticsearch_passwords"]

    def written(lines):
        line = {"level": "ERROR", "message": "Payment refused", "@timestamp": round(time.time() * 1000)}
        text = "".join(f"{json.dumps(one)}\n" for _number in range(lines) for one in ({"create": {}}, line))
        kind = ("-H", "Content-Type: application/x-ndjson", "--data-binary", text)
        answer = ask(f"{url}/_bulk?refresh=true", *kind, user="writer", password=passwords["writer"])
        assert (answer.status, answer.json()["errors"]) == (200, False), answer

    yield written
    assert ask(url, "-X", "DELETE", user="admin", password=passwords["admin"]).status == 200


def of_queries(found):
    return {name: value for name, value in found.items() if name.startswith("log_query_success")}


def of_main(name):
    return f'{name}{{logstash="elasticsearch-2",pipeline="main"}}'


def eventually(seen, wanted, seconds=60):
    until = time.monotonic() + seconds
    while seen() != wanted and time.monotonic() < until:
        time.sleep(1)
    assert seen() == wanted


@pytest.mark.restart
def test_every_query_is_answered(metrics):
    succeeded = {f'log_query_success{{query="{name}"}}': 1 for name in QUERIES}
    eventually(lambda: of_queries(metrics()), succeeded)


@pytest.mark.restart
def test_the_logstash_of_the_host_is_measured(metrics):
    eventually(lambda: metrics().get('logstash_up{logstash="elasticsearch-2"}'), 1)
    found = metrics()
    assert found[of_main("logstash_pipeline_up")] == 1
    for queue in ("logstash_queue", "logstash_dead_letter_queue"):
        size, limit = (of_main(f"{queue}_{what}_bytes") for what in ("size", "limit"))
        assert 0 <= found[size] < found[limit] == 1 << 30


def test_a_burst_of_errors_passes_the_threshold(metrics, burst):
    burst(12)

    def passed():
        found = metrics()
        return (
            found['log_alert_matches{alert="high_error_rate"}'] >= found['log_alert_threshold{alert="high_error_rate"}']
        )

    eventually(passed, wanted=True)
    assert time.time() - metrics()["log_newest_document_timestamp_seconds"] < 60


def test_nothing_is_counted_as_none_while_neither_elasticsearch_nor_logstash_answers(metrics):
    hosts = [(testinfra.get_host(f"docker://{node}"), "elasticsearch") for node in NODES]
    hosts.append((testinfra.get_host("docker://elasticsearch-2"), "logstash"))
    try:
        for one, unit in hosts:
            one.check_output("systemctl kill --signal=STOP %s", unit)
        found = metrics()
    finally:
        for one, unit in hosts:
            one.check_output("systemctl kill --signal=CONT %s", unit)
    assert of_queries(found) == {f'log_query_success{{query="{name}"}}': 0 for name in QUERIES}
    assert not [name for name in found if name.startswith(("log_alert_matches", "log_newest_document"))]
    assert {name: value for name, value in found.items() if name.startswith("logstash_")} == {
        'logstash_up{logstash="elasticsearch-2"}': 0
    }
    eventually(lambda: set(of_queries(metrics()).values()), {1})
