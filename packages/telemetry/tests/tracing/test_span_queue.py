from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest

from metrics.reading import until
from programs import PLENTY, SOURCE, ran
from tracing.collectors import begun, collector, requested, unused_port
from vigil_telemetry.tracing import Tracing, span_queue


def work(tracing: Tracing, number: int = 1) -> float:
    """Return the seconds that requests with nothing but their span take."""
    begins = time.perf_counter()
    for _number in range(number):
        with requested(tracing, "GET", "/", {}):
            pass
    return time.perf_counter() - begins


def test_spans_arrive_with_resource_and_names() -> None:
    with collector() as server, begun(otlp_endpoint=server.url, version="3") as tracing:
        work(tracing, 3)
        assert {span.name for span in server.await_spans(3)} == {"GET /"}
        assert b"deployment.environment.name" in server.received[0]
        assert tracing.dropped == {}


def test_spans_are_sent_to_the_endpoint_of_traces_with_its_headers() -> None:
    with collector() as server:
        given = {"otlp_endpoint": "http://127.0.0.1:1", "otlp_traces_endpoint": f"{server.url}/gateway/traces"}
        with begun(**given, otlp_headers="Authorization=Basic%20eA==") as tracing, requested(tracing, "GET", "/", {}):
            pass
        server.await_spans(1)
    (path, headers) = server.requests[0]
    assert (path, headers["Authorization"]) == ("/gateway/traces", "Basic eA==")
    assert headers["Content-Type"] == "application/x-protobuf"


def test_a_request_to_the_collector_ends_after_the_timeout_that_is_set(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), collector() as server:
        server.delay = 2 * PLENTY
        with begun(otlp_endpoint=server.url, otlp_timeout_milliseconds=200) as tracing:
            with requested(tracing, "GET", "/", {}):
                pass
            until(lambda: "no answer in time" in caplog.text)
            tracing.stop(1.0)


def test_what_waits_is_sent_at_the_end() -> None:
    with collector() as server:
        with begun(otlp_endpoint=server.url) as tracing:
            work(tracing, 600)
        assert len(server.spans()) == 600


def test_a_collector_that_is_down_costs_no_request_anything_and_one_line_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    given = {"otlp_endpoint": f"http://127.0.0.1:{unused_port()}", "otlp_retry_milliseconds": 0}
    with caplog.at_level(logging.WARNING), begun(**given) as tracing:
        seconds = work(tracing, 5000)
        until(lambda: tracing.dropped.get("unreachable"))
        begins = time.monotonic()
        tracing.stop(3.0)
        assert time.monotonic() - begins < PLENTY
    assert seconds / 5000 < 0.005
    assert sum(tracing.dropped.values()) == 5000
    assert tracing.dropped["unreachable"] > 0
    assert len([record for record in caplog.records if "not taken" in record.message]) == 1


def test_a_queue_holds_as_many_spans_and_sends_as_many_at_once_as_is_set() -> None:
    with collector() as server:
        with begun(otlp_endpoint=server.url, otlp_queue_spans=10, otlp_delay_milliseconds=60_000) as tracing:
            work(tracing, 25)
            # A full batch does not wait for the delay, and is no larger than the queue.
            server.await_spans(10)
            assert tracing.dropped["queue_full"] >= 5
        assert len(server.spans()) + sum(tracing.dropped.values()) == 25
    with collector() as server, begun(otlp_endpoint=server.url, otlp_batch_spans=3) as tracing:
        work(tracing, 3)
        server.await_spans(3)


def test_a_collector_that_hangs_holds_up_neither_requests_nor_the_exit() -> None:
    with collector() as server:
        server.delay = 2 * PLENTY
        with begun(otlp_endpoint=server.url) as tracing:
            assert work(tracing, 5000) / 5000 < 0.005
            time.sleep(1.2)
            begins = time.monotonic()
            tracing.stop(1.0)
            assert time.monotonic() - begins < PLENTY
    assert tracing.dropped["queue_full"] > 0
    assert sum(tracing.dropped.values()) == 5000


def test_a_collector_that_refuses_for_a_while_gets_everything_later() -> None:
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        server.statuses = [503, 429]
        work(tracing, 10)
        server.await_spans(10)
        assert tracing.dropped == {}


@pytest.mark.parametrize(("status", "reason"), [(400, "refused"), (401, "refused"), (302, "refused")])
def test_a_final_refusal_is_counted_and_not_repeated(status: int, reason: str) -> None:
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        server.statuses = [status]
        work(tracing, 2)
        tracing.stop(PLENTY)
        assert tracing.dropped == {reason: 2}
        assert server.received == []


def test_spans_that_a_collector_rejects_in_an_answer_of_200_are_counted() -> None:
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:
        server.rejected = 2
        work(tracing, 3)
        tracing.stop(PLENTY)
        assert tracing.dropped == {"rejected": 2}


def test_a_span_that_cannot_be_encoded_costs_its_batch_and_not_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as server, begun(otlp_endpoint=server.url) as tracing:

        def fail(_spans: object) -> Any:
            raise UnicodeError

        with monkeypatch.context() as broken:
            broken.setattr(span_queue, "encoded", fail)
            work(tracing)
            until(lambda: tracing.dropped)
        assert tracing.dropped == {"unreadable": 1}
        work(tracing)
        server.await_spans(1)


def test_a_span_after_the_end_is_counted() -> None:
    with collector() as server:
        with begun(otlp_endpoint=server.url) as tracing:
            work(tracing)
        work(tracing)
        assert tracing.dropped == {"stopped": 1}


# Programs find what is beside the tests too.
FOUND = {"PYTHONPATH": os.pathsep.join((str(SOURCE), str(Path(__file__).parents[1])))}
FORKS = """
import os, sys
from tracing.collectors import Plain, requested, settings
from vigil_telemetry import tracing as part
from vigil_telemetry.tracing import Tracing
part.SECONDS_TO_SEND = 60
tracing = Tracing(settings(otlp_endpoint=sys.argv[1]), Plain())
tracing.start()
os.register_at_fork(before=tracing.before_fork, after_in_child=lambda: tracing.after_fork(child=True))
def work(name):
    with requested(tracing, "GET", name, {}):
        pass
work("/before")
child = os.fork()
work("/child" if child == 0 else "/parent")
tracing.stop(60)
if child:
    os.waitpid(child, 0)
os._exit(0)
"""


def test_after_a_fork_every_span_of_every_process_arrives_once() -> None:
    with collector() as server:
        done = ran(FORKS, server.url, changed=FOUND)
        assert done.returncode == 0, done.stderr
        assert sorted(span.name for span in server.spans()) == ["GET /before", "GET /child", "GET /parent"]
        assert len({span.trace_id for span in server.spans()}) == 3
