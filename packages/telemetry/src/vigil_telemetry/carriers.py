"""Takes the context of a request into the threads and executors that its code starts.

OpenTelemetry's instrumentation of threads leaves out classes that override `run`, and gives a pooled thread the context
of the request that happened to start it, for good. Tasks, `asyncio.to_thread` and sync handlers of async frameworks
have the context without us.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from opentelemetry import context

__all__ = ["carry_context"]

_EMPTY = context.Context()


def carry_context() -> None:
    """Let every thread that is started, and all work given to an executor, run in the context of its origin. Once."""
    if not hasattr(threading.Thread.start, "__wrapped__"):
        threading.Thread.start = _starting(threading.Thread.start)  # type: ignore[assignment,method-assign]
        ThreadPoolExecutor.submit = _submitting(ThreadPoolExecutor.submit)  # type: ignore[method-assign]


def _starting(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    @functools.wraps(start)
    def start_in_context(thread: threading.Thread) -> None:
        if carried := context.get_current():
            vars(thread)["run"] = functools.partial(_run, thread, thread.run, carried)
        start(thread)

    return start_in_context


def _run(thread: threading.Thread, run: Callable[[], None], carried: context.Context) -> None:
    vars(thread).pop("run", None)  # it refers to the thread
    _call(carried, run)


def _call(carried: context.Context, function: Callable[..., Any], *positional: Any, **named: Any) -> Any:
    token = context.attach(carried)
    try:
        return function(*positional, **named)
    finally:
        context.detach(token)


def _submitting(submit: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
    @functools.wraps(submit)
    def submit_in_context(
        executor: ThreadPoolExecutor, function: Callable[..., Any], /, *positional: Any, **named: Any
    ) -> Future[Any]:
        if not (carried := context.get_current()):
            return submit(executor, function, *positional, **named)
        # A thread that this starts serves other requests too, so it begins without a context.
        return _call(_EMPTY, submit, executor, functools.partial(_call, carried, function), *positional, **named)  # type: ignore[no-any-return]

    return submit_in_context
