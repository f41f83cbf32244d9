from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as some
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from log_programs import events, lines
from programs import PLENTY
from vigil_telemetry.errors import TelemetryError
from vigil_telemetry.logs import Logs, logger
from vigil_telemetry.logs.events import performance_category
from vigil_telemetry.logs.lines import Event, Line
from vigil_telemetry.redaction import Redactor
from vigil_telemetry.settings import Settings

correlation: contextvars.ContextVar[str | None] = contextvars.ContextVar("correlation", default=None)
user: contextvars.ContextVar[str | None] = contextvars.ContextVar("user", default=None)


def logs_of(directory: Path | None, **changed: Any) -> Logs:
    settings = Settings(service="shop", environment="test", log_directory=directory, **changed)
    return Logs(settings, Redactor(), lambda: (correlation.get(), user.get()))


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    made = logs_of(tmp_path)
    made.start()
    yield made
    made.stop(PLENTY)


def written(logs: Logs, directory: Path, name: str = "combined.log") -> list[dict[str, Any]]:
    """Return the events so far, without the time of each."""
    logs.stop(PLENTY)
    found = events(directory, name)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event.pop("timestamp")) for event in found)
    return found


BASE = {"service": "shop", "environment": "test"}


def test_a_line_has_the_fields_of_the_guide_in_their_order(logs: Logs, tmp_path: Path) -> None:
    context = SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1))
    with trace.use_span(NonRecordingSpan(context)):
        correlation.set("c-1")
        user.set("u-1")
        logs.logger("shop.orders").info("Order %d placed", 7, orderNumber=7)
    correlation.set(None)
    user.set(None)
    assert list(json.loads(lines_of(logs, tmp_path)[0])) == [
        *("timestamp", "level", "service", "environment", "correlationId", "userId", "trace_id", "span_id", "message"),
        *("logger", "orderNumber"),
    ]
    [event] = written(logs, tmp_path)
    assert event == {
        **BASE,
        "level": "info",
        "correlationId": "c-1",
        "userId": "u-1",
        "trace_id": f"{0xABC:032x}",
        "span_id": f"{0xDEF:016x}",
        "message": "Order 7 placed",
        "logger": "shop.orders",
        "orderNumber": 7,
    }


def lines_of(logs: Logs, directory: Path) -> list[bytes]:
    logs.stop(PLENTY)
    return lines(directory)


def test_errors_are_also_in_their_own_file_which_begins_otherwise(logs: Logs, tmp_path: Path) -> None:
    log = logs.logger("x")
    log.error("first")
    log.critical("second")
    log.warning("third")
    assert [event["level"] for event in written(logs, tmp_path)] == ["error", "fatal", "warn"]
    assert events(tmp_path, "error.log") == events(tmp_path)[:2]
    assert lines(tmp_path, "error.log")[0][:20] != lines(tmp_path)[0][:20]


def test_levels_below_the_wanted_one_are_not_written(tmp_path: Path) -> None:
    logs = logs_of(tmp_path, log_level="WARNING")
    logs.start()
    log = logs.logger("x")
    log.debug("no")
    log.info("no")
    log.log(logging.WARNING, "yes")
    log.fatal("yes")
    logs.events.performance("no", 1.0)
    assert logs.events.security("yes", severity="low")
    assert [event["level"] for event in written(logs, tmp_path)] == ["warn", "fatal", "warn"]


def test_a_business_event_is_as_in_the_guide(logs: Logs, tmp_path: Path) -> None:
    logs.events.business(
        "order_placed",
        event_id="e-1",
        user_id="u-2",
        entity_id="o-1",
        entity_type="order",
        domain="sales",
        aggregate="order",
        version="2",
        metadata={"items": 3, "cardToken": "x"},
    )
    assert written(logs, tmp_path) == [
        {
            **BASE,
            "level": "info",
            "message": "Business event occurred",
            "eventType": "order_placed",
            "eventId": "e-1",
            "userId": "u-2",
            "entityId": "o-1",
            "entityType": "order",
            "metadata": {"items": 3, "cardToken": "[REDACTED]"},
            "businessContext": {"domain": "sales", "aggregate": "order", "version": "2"},
        }
    ]


def test_a_performance_event_has_seconds_milliseconds_and_a_category(logs: Logs, tmp_path: Path) -> None:
    logs.events.performance("checkout", 0.25, {"items": 3})
    logs.events.performance("odd", float("nan"))
    found, odd = written(logs, tmp_path)
    assert found == {
        **BASE,
        "level": "info",
        "message": "Performance metrics",
        "operation": "checkout",
        "duration": 0.25,
        "durationMs": 250,
        "performanceCategory": "normal",
        "metadata": {"items": 3},
    }
    assert odd["operation"] == "odd"
    assert [performance_category(seconds) for seconds in (0.01, 0.1, 1, 5)] == ["fast", "normal", "slow", "critical"]


def test_a_security_event_is_on_disk_when_the_call_returns(logs: Logs, tmp_path: Path) -> None:
    assert logs.events.security(
        "login_failed",
        severity="high",
        source_ip="10.0.0.1",
        user_agent="curl",
        user_id="u-3",
        resource="/login",
        action="login",
        result="denied",
        risk_score=80,
    )
    [event] = events(tmp_path)
    del event["timestamp"]
    assert event == {
        **BASE,
        "level": "warn",
        "message": "Security event detected",
        "securityEventType": "login_failed",
        "severity": "high",
        "sourceIp": "10.0.0.1",
        "userAgent": "curl",
        "userId": "u-3",
        "resource": "/login",
        "action": "login",
        "result": "denied",
        "riskScore": 80,
    }


class CardError(Exception):
    code = "card_declined"
    status_code = 402


def decline() -> None:
    try:
        int("password=hunter2")
    except ValueError as cause:
        raise CardError("Card 4111 1111 1111 1111 was declined") from cause


def test_an_error_has_its_name_message_stack_code_status_and_context(logs: Logs, tmp_path: Path) -> None:
    try:
        decline()
    except CardError as error:
        logs.events.error(error, operation="pay", input_data={"cvv": 1, "a": 2}, session_id="s", request_id="r")
    [event] = written(logs, tmp_path)
    stack = event.pop("errorStack")
    assert "in test_an_error_has" in stack
    assert "password=[REDACTED]" in stack
    assert "4111" not in stack
    assert event == {
        **BASE,
        "level": "error",
        "message": "Application error occurred",
        "errorName": "CardError",
        "errorMessage": "Card [REDACTED] was declined",
        "errorCode": "card_declined",
        "httpStatus": 402,
        "context": {
            "operation": "pay",
            "inputData": {"cvv": "[REDACTED]", "a": 2},
            "sessionId": "s",
            "requestId": "r",
        },
    }


def test_a_transaction_is_logged_from_its_start_to_its_end(logs: Logs, tmp_path: Path) -> None:
    with logs.events.transaction("t-1", "checkout") as transaction:
        transaction.log("Payment authorized", {"amount": 5, "token": "x"})
    transaction.complete()
    with pytest.raises(KeyError), logs.events.transaction("t-2", "refund"):
        raise KeyError("x")
    started, step, completed, _second, failed = written(logs, tmp_path)
    assert started.pop("startTime").endswith("Z")
    common = {**BASE, "transactionId": "t-1", "transactionType": "checkout"}
    assert started == {**common, "level": "info", "message": "Transaction started"}
    assert step.pop("elapsed") >= 0
    assert step["message"] == "Payment authorized"
    assert step["data"] == {"amount": 5, "token": "[REDACTED]"}
    assert completed.pop("duration") == completed.pop("durationMs") >= 0
    assert completed == {**common, "level": "info", "message": "Transaction completed", "status": "success"}
    assert failed["level"] == "error"
    assert failed["status"] == "failed"
    assert failed["error"]["name"] == "KeyError"
    assert "Traceback" in failed["error"]["stack"]


class Order:
    status = "placed"

    def __str__(self) -> str:
        return self.status


class Spelled(str):
    """A text that may show another one each time."""

    __slots__ = ()


@pytest.mark.parametrize("kept", [["a"], {"a": 1}, ("a",), Order(), Spelled("a"), b"a", 1 << 70, "a" * 2_000])
def test_what_can_change_or_is_large_is_a_line_before_the_call_returns(logs: Logs, tmp_path: Path, kept: Any) -> None:
    queued: list[object] = []
    logs._writer.put = queued.append  # type: ignore[method-assign, assignment]
    logs.logger("x").info("kept", value=kept)
    logs.logger("x").info("small", value=1)
    assert [type(each) for each in queued] == [Line, Event]


def test_a_line_shows_an_object_as_it_was_when_it_was_logged(logs: Logs, tmp_path: Path) -> None:
    order, items = Order(), ["card 4111 1111 1111 1111"]
    logs.logger("x").info("placed", order=order, items=items)
    order.status = "cancelled"
    items.append("late")
    [event] = written(logs, tmp_path)
    assert (event["order"], event["items"]) == ("placed", ["card [REDACTED]"])


def test_fields_that_are_reused_by_their_owner_are_logged_as_they_were(logs: Logs, tmp_path: Path) -> None:
    fields: dict[str, object] = {"number": 1}
    logs.event("info", "first", fields)
    fields["number"] = 2
    logs.event("info", "second", fields)
    assert [event["number"] for event in written(logs, tmp_path)] == [1, 2]


def test_an_event_that_waits_has_the_time_the_ids_and_the_redaction_of_the_others(logs: Logs, tmp_path: Path) -> None:
    secrets = {"password": "hunter2", "note": "card 4111 1111 1111 1111", "number": 4111111111111111}
    before = datetime.now(timezone.utc)
    correlation.set("c-2")
    logs.event("info", "Bearer abcdefghijkl", secrets)
    logs.event("info", "Bearer abcdefghijkl", {**secrets, "list": []})
    correlation.set(None)
    logs.stop(PLENTY)
    waited, at_once = events(tmp_path)
    for event in (waited, at_once):
        when = datetime.strptime(event.pop("timestamp"), "%Y-%m-%dT%H:%M:%S.%f%z")
        assert before <= when <= datetime.now(timezone.utc)
        assert event["correlationId"] == "c-2"
    assert at_once == {**waited, "list": []}
    assert (waited["message"], waited["password"]) == ("Bearer [REDACTED]", "[REDACTED]")
    assert (waited["note"], waited["number"]) == ("card [REDACTED]", "[REDACTED]")


def test_fields_of_an_event_cannot_replace_those_of_the_logger(logs: Logs, tmp_path: Path) -> None:
    log = logs.logger("x").bind(orderNumber=1)
    log.info("true", level="fatal", service="other", message="false", timestamp="never", trace_id="0", event="e")
    [event] = written(logs, tmp_path)
    assert (event["level"], event["service"], event["message"]) == ("info", "shop", "true")
    assert (event["level_"], event["service_"], event["message_"], event["timestamp_"]) == (
        *("fatal", "other", "false", "never"),
    )
    assert (event["trace_id_"], event["event"], event["orderNumber"]) == ("0", "e", 1)


@examples(max_examples=100, deadline=None)
@given(some.text(), some.dictionaries(some.text(), some.text() | some.binary() | some.floats(), max_size=5))
def test_no_value_breaks_a_line(tmp_path_factory: pytest.TempPathFactory, message: str, fields: dict[str, Any]) -> None:
    directory = tmp_path_factory.mktemp("log")
    logs = logs_of(directory)
    logs.start()
    logs.event("error", message, fields)
    logs.event("info", "next", {})
    logs.stop(PLENTY)
    text = (directory / "combined.log").read_bytes().decode()
    assert len(text.splitlines()) == 2
    assert [json.loads(line)["level"] for line in text.splitlines()] == ["error", "info"]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", text)


class Unwilling:
    def __str__(self) -> str:
        raise SystemExit

    __repr__ = __str__


HOSTILE = ['"}\n{"level":"fatal"', "\ud800", "\x1b[2J", "a" * 10**6, Unwilling(), None, b"x", 1]


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_messages_are_one_line_each(logs: Logs, tmp_path: Path, message: Any) -> None:
    log = logs.logger("x")
    log.info(message)
    log.info("%s", message)
    log.info("%d %d", *[message])
    log.info("x", value=message, exc_info=message)
    records: list[tuple[Any, tuple[Any, ...]]] = [(message, ()), ("%d", (message,))]
    for record in records:
        logs._standard._handler.handle(logging.LogRecord("x", 30, "x.py", 1, record[0], record[1], None))
    assert len(written(logs, tmp_path)) == 6


def test_records_warnings_and_uncaught_exceptions_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = logs_of(tmp_path)
    logs.start()
    logging.getLogger("lib").info("connected %s", "here", extra={"port": 5432, "password": "x"})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", logs._standard._warned)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    try:
        int("inner")
    except ValueError:
        logging.getLogger("lib").exception("failed", stack_info=True)
    thread = threading.Thread(target=lambda: 1 / 0, name="worker")
    logs._standard._before["threading.excepthook"] = lambda _found: None
    thread.start()
    thread.join()
    logs._standard._before["sys.excepthook"] = lambda *_found: None
    sys.excepthook(OSError, OSError("disk"), None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    record, warning, failed, in_thread, uncaught = written(logs, tmp_path)
    assert record == {
        **BASE,
        "level": "info",
        "message": "connected here",
        "logger": "lib",
        "port": 5432,
        "password": "[REDACTED]",
    }
    assert (warning["level"], warning["message"], warning["category"]) == ("warn", "old", "DeprecationWarning")
    assert (failed["errorName"], failed["errorMessage"]) == (
        "ValueError",
        "invalid literal for int() with base 10: 'inner'",
    )
    assert "test_logs.py" in failed["stack"]
    assert (in_thread["level"], in_thread["errorName"], in_thread["thread"]) == ("error", "ZeroDivisionError", "worker")
    assert (uncaught["level"], uncaught["message"], uncaught["errorName"]) == ("fatal", "Uncaught exception", "OSError")


def test_an_exception_of_a_task_that_nobody_awaits_arrives(logs: Logs, tmp_path: Path) -> None:
    async def main() -> None:
        async def fails() -> None:
            raise LookupError("lost")

        asyncio.get_running_loop().create_task(fails())
        await asyncio.sleep(0.01)

    asyncio.run(main())
    [event] = [event for event in written(logs, tmp_path) if event["level"] == "error"]
    assert (event["logger"], event["errorName"]) == ("asyncio", "LookupError")


def test_loggers_that_keep_their_records_are_heard_once(tmp_path: Path) -> None:
    own = logging.getLogger("kept.to.itself")
    own.propagate = False
    logs = logs_of(tmp_path)
    logs.start()
    own.warning("one")
    own.propagate = True
    own.warning("two")
    assert [event["message"] for event in written(logs, tmp_path)] == ["one", "two"]


def test_what_was_taken_over_is_given_back(tmp_path: Path) -> None:
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning, logging.root.level)
    handlers = list(logging.root.handlers)
    logs = logs_of(tmp_path)
    logs.start()
    assert sys.excepthook != before[0]
    logs.stop(PLENTY)
    assert before == (
        sys.excepthook,
        threading.excepthook,
        sys.unraisablehook,
        warnings.showwarning,
        logging.root.level,
    )
    assert logging.root.handlers == handlers


def test_200_threads_and_200_tasks_log_each_with_its_own_id_and_no_line_is_torn(logs: Logs, tmp_path: Path) -> None:
    log = logs.logger("x")

    def in_thread(number: int) -> None:
        correlation.set(f"thread-{number}")
        for step in range(20):
            log.info("step", id=f"thread-{number}", step=step, filling="é" * 200)

    async def in_task(number: int) -> None:
        correlation.set(f"task-{number}")
        for step in range(20):
            log.error("step", id=f"task-{number}", step=step)
            await asyncio.sleep(0)

    async def tasks() -> None:
        await asyncio.gather(*(in_task(number) for number in range(200)))

    threads = [threading.Thread(target=in_thread, args=[number]) for number in range(200)]
    for thread in threads:
        thread.start()
    asyncio.run(tasks())
    for thread in threads:
        thread.join()
    found = written(logs, tmp_path)
    assert logs.dropped() == 0
    assert len(found) == 8000
    assert all(event["correlationId"] == event["id"] for event in found)
    assert len({(event["id"], event["step"]) for event in found}) == 8000
    assert len(events(tmp_path, "error.log")) == 4000


def test_an_executor_logs_with_the_context_it_is_given(logs: Logs, tmp_path: Path) -> None:
    correlation.set("c-9")
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        executor.submit(contextvars.copy_context().run, logs.logger("x").info, "in executor").result()
    correlation.set(None)
    assert written(logs, tmp_path)[0]["correlationId"] == "c-9"


@pytest.mark.parametrize("where", ["missing", "file"])
def test_a_directory_that_cannot_be_written_is_refused_at_start(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TelemetryError, match=f"^Start of telemetry: the log directory .*{where} cannot be written: "):
        logs_of(tmp_path / where).start()


def test_lines_after_the_stop_are_written_at_once(logs: Logs, tmp_path: Path) -> None:
    logs.stop(PLENTY)
    logs.logger("x").info("late")
    assert logs.events.security("late", severity="low")
    assert [event["level"] for event in events(tmp_path)] == ["info", "warn"]


def test_before_the_start_lines_go_to_the_standard_library(caplog: pytest.LogCaptureFixture) -> None:
    logger("early", lambda: None).warning("not %s yet", "started")
    assert [(record.name, record.getMessage()) for record in caplog.records] == [("early", "not started yet")]


def test_nothing_of_an_output_that_raises_reaches_the_application() -> None:
    def broken() -> Logs | None:
        raise RuntimeError

    logger("x", broken).error("fine")


def test_an_event_of_which_no_line_can_be_made_is_counted(tmp_path: Path) -> None:
    def broken() -> tuple[str | None, str | None]:
        raise RuntimeError

    logs = Logs(Settings(service="shop", environment="test", log_directory=tmp_path), Redactor(), broken)
    logs.start()
    logs.logger("x").info("lost")
    logs.stop(PLENTY)
    assert logs.dropped_by_reason()["unreadable"] == 1
