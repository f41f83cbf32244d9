from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from vigil_telemetry.tracing import trace_business_process, trace_db_query, trace_external_call


def current() -> str:
    return str(getattr(trace.get_current_span(), "name", ""))


def only(ended: InMemorySpanExporter) -> Any:
    (span,) = ended.get_finished_spans()
    return span


def test_a_block_is_a_span(ended: InMemorySpanExporter) -> None:
    with trace_business_process("checkout", items=3) as process:
        assert current() == "checkout"
        process.set_attribute("paid", True)
    assert only(ended).attributes == {"items": 3, "paid": True, "business.process": "checkout"}
    assert only(ended).status.status_code is StatusCode.UNSET
    assert current() == ""


def test_a_query_has_the_names_of_the_conventions_and_no_values(ended: InMemorySpanExporter) -> None:
    with trace_db_query("SELECT * FROM users WHERE email = 'secret'", "postgresql"):
        pass
    span = only(ended)
    assert (span.name, span.kind) == ("SELECT users", SpanKind.CLIENT)
    assert span.attributes["db.query.text"] == "SELECT * FROM users WHERE email = ?"
    assert span.attributes["db.collection.name"] == "users"


def test_a_call_names_service_and_operation(ended: InMemorySpanExporter) -> None:
    with trace_external_call("payments", "authorize"):
        pass
    assert (only(ended).name, only(ended).attributes["peer.service"]) == ("payments authorize", "payments")


def test_an_error_is_recorded_and_arrives(ended: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="no"), trace_business_process("checkout"):
        raise ValueError("no")
    span = only(ended)
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError: no")
    assert span.attributes["error.type"] == "ValueError"
    assert [event.name for event in span.events] == ["exception"]


class UnreadableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def test_an_error_that_cannot_be_read_arrives_none_the_less(ended: InMemorySpanExporter) -> None:
    with pytest.raises(UnreadableError), trace_business_process("checkout"):
        raise UnreadableError
    assert "unreadable" in only(ended).status.description


def test_a_function_has_a_span_per_call_and_keeps_its_name(ended: InMemorySpanExporter) -> None:
    @trace_business_process("count")
    def count(number: int) -> int:
        """Count."""
        assert current() == "count"
        return count(number - 1) + 1 if number else 0

    assert count(2) == 2
    assert len(ended.get_finished_spans()) == 3
    assert (count.__name__, count.__doc__) == ("count", "Count.")


def test_tasks_at_once_have_their_own_spans(ended: InMemorySpanExporter) -> None:
    @trace_business_process("inner")
    async def inner() -> None:
        await asyncio.sleep(0.01)
        assert current() == "inner"

    async def outer(number: int) -> None:
        async with trace_business_process(f"outer-{number}"):
            await inner()
            assert current() == f"outer-{number}"

    async def everything() -> None:
        await asyncio.gather(*(outer(number) for number in range(20)))

    asyncio.run(everything())
    finished: Any = ended.get_finished_spans()
    spans = {span.context.span_id: span for span in finished}
    parents = [spans[span.parent.span_id].name for span in spans.values() if span.name == "inner"]
    assert sorted(parents) == sorted(f"outer-{number}" for number in range(20))


def test_a_cancelled_task_is_no_error(ended: InMemorySpanExporter) -> None:
    @trace_business_process("wait")
    async def wait(begun: asyncio.Event) -> None:
        begun.set()
        await asyncio.sleep(600)

    async def cancel() -> None:
        begun = asyncio.Event()
        task = asyncio.ensure_future(wait(begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert only(ended).status.status_code is StatusCode.UNSET
    assert only(ended).attributes["error.type"] == "CancelledError"


@trace_business_process("rows")
def rows() -> Iterator[str]:
    try:
        with trace_business_process("within"):
            got = yield current()
            yield f"{got} {current()}"
    except KeyError:
        yield "answered"
    return None


def test_a_generator_has_one_span_that_is_never_current_for_its_caller(ended: InMemorySpanExporter) -> None:
    found = rows()
    assert next(found) == "within"
    assert current() == ""
    assert found.send("sent") == "sent within"  # type: ignore[attr-defined]
    assert ended.get_finished_spans() == ()
    assert list(found) == []
    assert [span.name for span in ended.get_finished_spans()] == ["within", "rows"]
    assert current() == ""


def test_what_is_thrown_into_a_generator_is_its_to_answer(ended: InMemorySpanExporter) -> None:
    found = rows()
    next(found)
    assert found.throw(KeyError("x")) == "answered"  # type: ignore[attr-defined]
    found.close()  # type: ignore[attr-defined]
    assert ended.get_finished_spans()[-1].status.status_code is StatusCode.UNSET


def test_a_closed_generator_is_no_error_and_a_failed_one_is(ended: InMemorySpanExporter) -> None:
    closed = rows()
    next(closed)
    closed.close()  # type: ignore[attr-defined]
    assert ended.get_finished_spans()[-1].status.status_code is StatusCode.UNSET
    failed = rows()
    next(failed)
    with pytest.raises(OSError, match="x"):
        failed.throw(OSError("x"))  # type: ignore[attr-defined]
    assert ended.get_finished_spans()[-1].status.status_code is StatusCode.ERROR


@trace_business_process("stream")
async def stream() -> AsyncIterator[str]:
    try:
        yield current()
        yield current()
    except KeyError:
        yield "answered"


def test_an_async_generator_likewise(ended: InMemorySpanExporter) -> None:
    async def everything() -> None:
        assert [name async for name in stream()] == ["stream", "stream"]
        assert current() == ""
        found: Any = stream()
        await found.__anext__()
        assert await found.athrow(KeyError("x")) == "answered"
        await found.aclose()
        failed: Any = stream()
        await failed.__anext__()
        with pytest.raises(OSError, match="x"):
            await failed.athrow(OSError("x"))

    asyncio.run(everything())
    statuses = [span.status.status_code for span in ended.get_finished_spans()]
    assert statuses == [StatusCode.UNSET, StatusCode.UNSET, StatusCode.ERROR]


def test_without_a_start_nothing_happens() -> None:
    with trace_business_process("checkout") as process:
        process.set_attribute("a", 1)
        assert not process.span.is_recording()
    assert not trace_business_process("x").span.is_recording()
