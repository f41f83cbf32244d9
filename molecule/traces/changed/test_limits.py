"""What a refused change left, and what a stop, a kill and a flood do to spans that were accepted."""

from __future__ import annotations

import time
import uuid

import pytest

testinfra_hosts = ["traces-1"]

SENT = 15_000
PATIENCE = 60.0
QUOTA = "systemctl set-property --runtime jaeger.service CPUQuota="


@pytest.fixture
def queued(host, send):
    """Return the service of spans that nearly fill the queue, since the storage takes them slowly meanwhile."""
    host.check_output(f"{QUOTA}40%")
    service = f"queued-{uuid.uuid4()}"
    assert send(service, SENT // 100, 100, traces_each=10, threads=4) == {"statuses": {"200": 15}, "accepted": SENT}
    yield service
    host.check_output(f"{QUOTA} && systemctl start jaeger")


@pytest.fixture
def stored(send, found):
    """Return the service of spans that are found already."""
    service = f"stored-{uuid.uuid4()}"
    assert send(service, 5, 10)["accepted"] == 50
    until = time.monotonic() + PATIENCE
    while found(service)["found"] < 50:
        assert time.monotonic() < until
        time.sleep(0.2)
    return service


@pytest.fixture
def started(host, ask):
    """Return a function that starts Jaeger at full speed and waits until it is healthy."""

    def start():
        host.check_output(f"{QUOTA} && systemctl start jaeger")
        until = time.monotonic() + PATIENCE
        while ask("https://localhost:13133/status", service="jaeger").status != 200:
            assert time.monotonic() < until
            time.sleep(0.2)

    return start


def test_configuration_that_upstream_refuses_was_refused_in_check_mode(host):
    said = host.file("/run/refused").content_string
    assert "jaeger validate --config=jaeger.yml' rejects the configuration of jaeger" in said
    assert "storaeg" in said


def test_stop_empties_the_queue_first(host, queued, started, found):
    host.check_output("systemctl stop jaeger")
    ended = host.check_output("systemctl show --property=ActiveState,Result jaeger").splitlines()
    assert sorted(ended) == ["ActiveState=inactive", "Result=success"]
    started()
    assert found(queued) == {"found": SENT, "twice": 0}


def test_kill_loses_nothing_but_what_was_in_the_queue(host, stored, queued, started, found):
    host.check_output("systemctl kill --signal=KILL jaeger")
    started()
    assert found(stored) == {"found": 50, "twice": 0}
    assert found(queued)["found"] < SENT


def test_flood_is_refused_with_503_and_the_process_lives_within_its_memory(host, send, found, ask):
    def process():
        return host.check_output("systemctl show --property=MainPID,NRestarts jaeger")

    before, service = process(), f"flood-{uuid.uuid4()}"
    answer = send(service, 3000, 100, traces_each=20, threads=8, bytes=1000)
    assert answer["statuses"].keys() <= {"200", "503"}
    assert answer["statuses"]["503"] > 0
    assert process() == before
    until = time.monotonic() + PATIENCE
    while (spans := found(service)) != {"found": answer["accepted"], "twice": 0}:
        assert time.monotonic() < until, spans
        time.sleep(1)
    assert refused(ask) > 0


def refused(ask):
    """Return how many spans Jaeger counts as refused, once it has shown its counts again."""
    time.sleep(6)
    lines = ask("https://localhost:8889/metrics", service="jaeger").body.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("otelcol_receiver_refused_spans_total"))
