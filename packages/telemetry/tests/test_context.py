from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import context as otel_context

import vigil_telemetry as telemetry
from seen import Seen
from vigil_telemetry import context


def test_a_message_has_the_id_of_its_headers_in_any_case_and_only_within_the_block() -> None:
    with telemetry.entered({"X-Request-Id": "abc"}) as carried:
        assert (telemetry.correlation_id(), carried.correlation) == ("abc", "abc")
        with telemetry.entered({}):
            assert telemetry.correlation_id() != "abc"
        assert telemetry.correlation_id() == "abc"
    assert telemetry.correlation_id() is None


@pytest.mark.parametrize(
    "traceparent",
    ["", "00", f"00-{'0' * 32}-{'1' * 16}-01", f"00-{'1' * 32}-{'0' * 16}-01", f"00-{'X' * 32}-{'1' * 16}-01"],
)
def test_a_traceparent_that_is_none_gives_no_id(traceparent: str) -> None:
    found = context.correlation_of({"traceparent": traceparent})
    assert len(found) == 32
    assert found not in traceparent


def test_a_user_outside_of_a_request_is_that_of_the_thread() -> None:
    def work() -> None:
        telemetry.set_user(7)
        users.append(context.ids()[1])
        telemetry.set_user(None)
        users.append(context.ids()[1])

    users: list[str | None] = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert (users, context.ids()[1]) == (["7", None], None)


def test_a_user_is_cut_to_128_characters() -> None:
    with telemetry.entered({}):
        telemetry.set_user("x" * 1000)
        assert context.ids()[1] == "x" * 128


def test_a_thread_of_an_executor_keeps_nothing_of_the_request_that_started_it(seen: Seen) -> None:
    with ThreadPoolExecutor(1) as pool:
        with telemetry.entered({"x-request-id": "abc"}):
            assert pool.submit(context.correlation).result() == "abc"
        assert pool.submit(context.correlation).result() is None
        assert pool.submit(otel_context.get_current).result() == {}


def test_a_timer_and_a_failing_thread_have_the_context_too(seen: Seen) -> None:
    found: list[str | None] = []
    with telemetry.entered({"x-request-id": "abc"}):
        timer = threading.Timer(0.01, lambda: found.append(context.correlation()))
        timer.start()
    timer.join()
    assert found == ["abc"]
    assert not hasattr(vars(timer), "run")


def test_a_route_set_outside_of_a_request_is_nothing() -> None:
    telemetry.set_route("/orders/{id}")
    assert context.current() is None
