"""OpenTelemetry's instrumentations of the libraries that an application has: one table, switched on and off."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from opentelemetry import trace
from opentelemetry.trace import Span, Tracer, TracerProvider

__all__ = ["INSTRUMENTATIONS", "Instrumentations", "use_stable_names"]

_log = logging.getLogger("vigil_telemetry.tracing")
_STABILITY = "OTEL_SEMCONV_STABILITY_OPT_IN"
_EXTRA = "pip install 'vigil-telemetry[{}]'"


class Instrumentation(NamedTuple):
    """The library, where its instrumentation is, what installs it, and whether SQLAlchemy may call the library."""

    library: str
    module: str
    instrumentor: str
    install: str
    driver: bool = False


_AT = "opentelemetry.instrumentation"
INSTRUMENTATIONS = (
    Instrumentation("requests", f"{_AT}.requests", "RequestsInstrumentor", "pip install vigil-telemetry"),
    Instrumentation("httpx", f"{_AT}.httpx", "HTTPXClientInstrumentor", "pip install vigil-telemetry"),
    Instrumentation("urllib3", f"{_AT}.urllib3", "URLLib3Instrumentor", "pip install vigil-telemetry"),
    Instrumentation("sqlalchemy", f"{_AT}.sqlalchemy", "SQLAlchemyInstrumentor", _EXTRA.format("sql")),
    Instrumentation("psycopg", f"{_AT}.psycopg", "PsycopgInstrumentor", _EXTRA.format("sql"), driver=True),
    Instrumentation("pymysql", f"{_AT}.pymysql", "PyMySQLInstrumentor", _EXTRA.format("sql"), driver=True),
    Instrumentation("MySQLdb", f"{_AT}.mysqlclient", "MySQLClientInstrumentor", _EXTRA.format("sql"), driver=True),
    Instrumentation(
        "mysql.connector",
        f"{_AT}.mysql",
        "MySQLInstrumentor",
        "pip install opentelemetry-instrumentation-mysql",
        driver=True,
    ),
    Instrumentation("redis", f"{_AT}.redis", "RedisInstrumentor", _EXTRA.format("redis")),
)

# The statement that SQLAlchemy executes; its instrumentation puts the span on it, if it knows the engine.
_executed: ContextVar[object] = ContextVar("executed_by_sqlalchemy", default=None)


def use_stable_names() -> None:
    """Have instrumentations use the stable names of attributes; they read this variable once, when first used."""
    wanted = [part.strip() for part in os.environ.get(_STABILITY, "").split(",") if part.strip()]
    for area in ("http", "database"):
        if not any(part.split("/")[0] == area for part in wanted):
            wanted.append(area)
    os.environ[_STABILITY] = ",".join(wanted)


class Instrumentations:
    """The instrumentations of one provider of tracers."""

    def __init__(self, provider: TracerProvider, disabled: Collection[str] = ()) -> None:
        """Those that are disabled have the names of OpenTelemetry's packages, such as redis; "*" is all of them."""
        self._provider = provider
        self._disabled = disabled
        self._active: list[Any] = []
        self._unlisten: Callable[[], None] | None = None

    def start(self) -> None:
        """Switch on what is there, and log the line that installs what is missing."""
        for one in INSTRUMENTATIONS:
            if not {one.module.rpartition(".")[2], "*"} & set(self._disabled) and _is_installed(one.library):
                self._begin(one)
        if any(one.driver for one in INSTRUMENTATIONS) and _is_installed("sqlalchemy"):
            self._unlisten = _listened()

    def _begin(self, one: Instrumentation) -> None:
        try:
            instrumentor = getattr(importlib.import_module(one.module), one.instrumentor)()
        except ImportError:
            _log.warning("No spans of %s: its instrumentation is not installed; run %s.", one.library, one.install)
            return
        if instrumentor.is_instrumented_by_opentelemetry:
            _log.warning("Spans of %s are left to the instrumentation that is active already.", one.library)
            return
        try:
            # Their upper bounds on the library are those of the day of the release, not of what works.
            provider = _Drivers(self._provider) if one.driver else self._provider
            instrumentor.instrument(tracer_provider=provider, skip_dep_check=True)
        except Exception as error:  # noqa: BLE001 - a release it cannot patch must cost spans, not the application
            _log.warning("No spans of %s: %s: %s", one.library, type(error).__name__, error)
        else:
            self._active.append(instrumentor)

    def stop(self) -> None:
        """Switch off again what `start` switched on."""
        for instrumentor in reversed(self._active):
            try:
                instrumentor.uninstrument()
            except Exception:  # noqa: BLE001, PERF203 - some fail on objects that are gone
                instrumentor._is_instrumented_by_opentelemetry = False
        self._active.clear()
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None


def _is_installed(library: str) -> bool:
    try:
        return importlib.util.find_spec(library) is not None
    except (ImportError, ValueError):
        return False


def _listened() -> Callable[[], None]:
    """Note what SQLAlchemy executes, so that its driver adds no second span, and return what ends that."""
    from sqlalchemy import event  # noqa: PLC0415 - an extra
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    def before(_connection: Any, _cursor: Any, _statement: Any, _parameters: Any, executed: Any, _many: Any) -> None:
        _executed.set(executed)

    def after(*_given: Any) -> None:
        _executed.set(None)

    listeners = (("before_cursor_execute", before), ("after_cursor_execute", after), ("handle_error", after))
    for name, listener in listeners:
        event.listen(Engine, name, listener)

    def unlisten() -> None:
        for name, listener in listeners:
            event.remove(Engine, name, listener)

    return unlisten


def _has_span() -> bool:
    """Return whether SQLAlchemy has a span of what its driver does: not of an engine whose function for making it was
    imported before the start.
    """
    return getattr(_executed.get(), "_otel_span", None) is not None


class _Drivers(TracerProvider):
    """A provider for drivers of databases: what SQLAlchemy has a span of gets no second one."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider

    def get_tracer(self, *given: Any, **named: Any) -> Tracer:
        """Return a tracer that has no spans within SQLAlchemy."""
        return _DriverTracer(self._provider.get_tracer(*given, **named))


class _DriverTracer(Tracer):
    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start_span(self, *given: Any, **named: Any) -> Span:
        if _has_span():
            return trace.NonRecordingSpan(trace.get_current_span().get_span_context())
        return self._tracer.start_span(*given, **named)

    @contextmanager
    def start_as_current_span(self, name: str, *given: Any, **named: Any) -> Iterator[Span]:  # type: ignore[override]
        if _has_span():
            yield trace.NonRecordingSpan(trace.get_current_span().get_span_context())
            return
        with self._tracer.start_as_current_span(name, *given, **named) as span:
            yield span
