"""Spans around what an application does: `with` and `async with` blocks, and decorators of any kind of function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from opentelemetry.util.types import AttributeValue

from . import sql

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["TracedOperation", "record_error", "trace_business_process", "trace_db_query", "trace_external_call"]

Function = TypeVar("Function", bound=Callable[..., Any])
_SCOPE = "vigil_telemetry"
_LONGEST_NAME = 200


def trace_business_process(name: str, **attributes: AttributeValue) -> TracedOperation:
    """Return a span of a process of the business, such as "checkout", with attributes of the application's choice."""
    return TracedOperation(name, SpanKind.INTERNAL, {**attributes, "business.process": name})


def trace_db_query(statement: str, system: str = "postgresql") -> TracedOperation:
    """Return a span of a query; the statement is recorded without its values.

    The system is OpenTelemetry's name of the database, such as postgresql or mysql. For what the instrumentations of
    `pip install vigil-telemetry[sql]` do not know; what they know has its span already.
    """
    text, operation, target = sql.without_values(statement, system)
    given: dict[str, AttributeValue] = {"db.system.name": system, "db.query.text": text, "db.operation.name": operation}
    if target:
        given["db.collection.name"] = target
    return TracedOperation(f"{operation or system} {target}".strip(), SpanKind.CLIENT, given)


def trace_external_call(service: str, operation: str, **attributes: AttributeValue) -> TracedOperation:
    """Return a span of a call of another service, such as ("payment-provider", "authorize")."""
    given = {**attributes, "peer.service": service, "external.operation": operation}
    return TracedOperation(f"{service} {operation}", SpanKind.CLIENT, given)


def record_error(span: Span, error: BaseException) -> None:
    """Record on a span that it ended with this error; what leaves of it is decided when the span is sent."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    try:
        span.record_exception(error)
    except Exception:  # noqa: BLE001 - the application's error must arrive, not that of its __str__
        span.add_event("exception", {"exception.type": name, "exception.message": "(unreadable)"})
    span.set_attribute("error.type", name)
    span.set_status(trace.StatusCode.ERROR, f"{kind.__name__}: {_shown(error)}")


def _shown(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - as above
        return "(unreadable)"


class TracedOperation:
    """A span that begins with the block or with each call of the decorated function.

    A generator's span lasts until it is exhausted, closed or ended by an error; it is the current span only while the
    generator runs, never for who iterates over it. `span` is the OpenTelemetry span of the block.
    """

    def __init__(self, name: str, kind: SpanKind, attributes: dict[str, AttributeValue]) -> None:
        self._name, self._kind, self._attributes = name[:_LONGEST_NAME], kind, attributes
        self._entered: list[_Running] = []

    def _begun(self) -> _Running:
        span = trace.get_tracer(_SCOPE).start_span(self._name, kind=self._kind, attributes=self._attributes)
        return _Running(span)

    @property
    def span(self) -> Span:
        """Return the span of the innermost block, or one that records nothing."""
        return self._entered[-1].span if self._entered else trace.INVALID_SPAN

    def set_attribute(self, name: str, value: AttributeValue) -> None:
        """Set an attribute of the span of the block."""
        self.span.set_attribute(name, value)

    def __enter__(self) -> Self:
        running = self._begun()
        running.resume()
        self._entered.append(running)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        running = self._entered.pop()
        running.suspend()
        running.end(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace_)

    def __call__(self, function: Function) -> Function:
        """Return the function with a span around each call."""
        if inspect.isasyncgenfunction(function):
            wrapped: Any = self._async_generator(function)
        elif inspect.isgeneratorfunction(function):
            wrapped = self._generator(function)
        elif inspect.iscoroutinefunction(function):
            wrapped = self._coroutine(function)
        else:
            wrapped = self._function(function)
        return functools.wraps(function)(wrapped)  # type: ignore[return-value]

    def _again(self) -> TracedOperation:
        return TracedOperation(self._name, self._kind, self._attributes)

    def _function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            with self._again():
                return function(*given, **named)

        return call

    def _coroutine(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*given: Any, **named: Any) -> Any:
            with self._again():
                return await function(*given, **named)

        return call

    def _generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Generator[Any, Any, Any]:
            running, inner = self._begun(), function(*given, **named)
            with running.to_its_end():
                step, value = inner.send, None
                while True:
                    try:
                        with running:
                            produced = step(value)
                    except StopIteration as stopped:
                        return stopped.value
                    try:
                        step, value = inner.send, (yield produced)
                    except GeneratorExit:
                        with running:
                            inner.close()
                        raise
                    except BaseException as error:  # noqa: BLE001 - what is thrown in is the generator's to answer
                        step, value = inner.throw, error

        return call

    def _async_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*given: Any, **named: Any) -> AsyncIterator[Any]:
            running, inner = self._begun(), function(*given, **named)
            with running.to_its_end():
                step, value = inner.asend, None
                while True:
                    try:
                        with running:
                            produced = await step(value)
                    except StopAsyncIteration:
                        return
                    try:
                        step, value = inner.asend, (yield produced)
                    except GeneratorExit:
                        with running:
                            await inner.aclose()
                        raise
                    except BaseException as error:  # noqa: BLE001 - as above
                        step, value = inner.athrow, error

        return call


class _Running:
    """A span that has begun, current while it is entered; between, what was current within it is remembered."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self._within: Any = trace.set_span_in_context(span)
        self._token: Any = None

    def resume(self) -> None:
        self._token = otel_context.attach(self._within)

    def suspend(self) -> None:
        self._within = otel_context.get_current()
        otel_context.detach(self._token)

    def __enter__(self) -> None:
        self.resume()

    def __exit__(self, *_raised: object) -> None:
        self.suspend()

    def end(self, error: BaseException | None) -> None:
        # A cancelled task, a closed generator and the end of the process are no errors of the operation.
        if isinstance(error, Exception):
            record_error(self.span, error)
        elif error is not None and not isinstance(error, GeneratorExit):
            self.span.set_attribute("error.type", type(error).__name__)
        self.span.end()

    def to_its_end(self) -> _ToItsEnd:
        return _ToItsEnd(self)


class _ToItsEnd:
    def __init__(self, running: _Running) -> None:
        self._running = running

    def __enter__(self) -> None:
        """Do nothing: the span has begun."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._running.end(error)
