"""The middleware for WSGI: each request in a context of its own, measured until its answer is closed."""

from __future__ import annotations

import contextvars
import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..context import current
from .observed import CANCELLED, Incoming, Observed, Observers
from .routes import flask_ahead, flask_template, keep_rule

__all__ = ["Application", "WsgiMiddleware", "note_exceptions_of_flask"]

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_SEEN = "vigil_telemetry.seen"
_READ = {
    "HTTP_TRACEPARENT": "traceparent",
    "HTTP_TRACESTATE": "tracestate",
    "HTTP_HOST": "host",
    "HTTP_USER_AGENT": "user-agent",
}
_FAILED = 500


class WsgiMiddleware:
    """A WSGI application whose requests are observed; `observers` returns None while there is nothing to observe."""

    def __init__(
        self, application: Application, observers: Callable[[], Observers | None], flask: object | None = None
    ) -> None:
        """`flask` is the instance of Flask whose `wsgi_app` the application is."""
        self.application = application
        self._observers = observers
        self._flask = flask

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; one that was seen further out is passed on."""
        observers = self._observers() if _SEEN not in environ else None
        if observers is None:
            return self.application(environ, start_response)
        environ[_SEEN] = True
        context = contextvars.copy_context()
        mounts = getattr(self.application, "mounts", ())
        incoming = _incoming(environ, observers.request_id_header, self._flask)
        answer = _Answer(context, environ, start_response, Observed(observers, incoming), mounts)
        context.run(answer.begin, self.application)
        return answer


class _Answer:
    """The body of an answer, whose parts are made in the context of its request."""

    def __init__(
        self,
        context: contextvars.Context,
        environ: Environ,
        start_response: StartResponse,
        observed: Observed,
        mounts: Iterable[str],
    ) -> None:
        self._context = context
        self._environ = environ
        self._start_response = start_response
        self._header = observed.request_id_header
        self._observed = observed
        self._script_name = environ.get("SCRIPT_NAME", "")
        self._mounts = mounts
        self._status: int | None = None
        self._body: Iterable[bytes] = ()
        self._parts: Iterator[bytes] | None = None
        self._closed = False

    def begin(self, application: Application) -> None:
        self._observed.__enter__()
        try:
            self._body = application(self._environ, self.start_response)
        except BaseException as error:
            self._fail(error)
            raise

    def start_response(self, status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
        self._status = int(status[:3])
        keep_rule(self._environ)
        kept = [pair for pair in headers if pair[0].lower() != self._header.lower()]
        return self._start_response(status, [*kept, (self._header, self._observed.carried.correlation)], *failure)

    def __iter__(self) -> _Answer:
        return self

    def __next__(self) -> bytes:
        return self._context.run(self._next)

    def _next(self) -> bytes:
        try:
            if self._parts is None:
                self._parts = iter(self._body)
            return next(self._parts)
        except StopIteration:
            raise
        except BaseException as error:
            self._observed.end(_FAILED, self._route(), error)
            raise

    def close(self) -> None:
        """Close the application's answer and end the request; servers call it also when a client has gone."""
        if not self._closed:
            self._closed = True
            self._context.run(self._close)

    def _close(self) -> None:
        try:
            if close := getattr(self._body, "close", None):
                close()
        except BaseException as error:
            self._fail(error)
            raise
        self._observed.end(self._status or CANCELLED, self._route())
        self._observed.__exit__(None, None, None)

    def _fail(self, error: BaseException) -> None:
        self._observed.end(_FAILED, self._route(), error)
        self._observed.__exit__(None, None, None)

    def _route(self) -> str | None:
        return flask_template(self._environ, self._script_name, self._mounts)


def note_exceptions_of_flask() -> None:
    """Put exceptions that Flask answers with 500 and logs itself on the span of their request."""
    flask = sys.modules.get("flask")
    if flask is not None:
        flask.got_request_exception.connect(_failed, weak=False)


def _failed(_sender: object, exception: BaseException, **_named: Any) -> None:
    if (carried := current()) is not None:
        carried.error = exception
        keep_rule(sys.modules["flask"].request.environ)


def _incoming(environ: Environ, request_id_header: str, flask: object | None) -> Incoming:
    wanted = f"HTTP_{request_id_header.upper().replace('-', '_')}"
    names = {**_READ, wanted: request_id_header.lower()}
    headers = {name: environ[variable] for variable, name in names.items() if variable in environ}
    method = environ.get("REQUEST_METHOD", "GET")
    attributes = functools.partial(_attributes, environ, headers)
    return Incoming(method, method, headers, attributes, functools.partial(flask_ahead, flask, environ))


def _attributes(environ: Environ, headers: Mapping[str, str]) -> dict[str, str]:
    attributes = {
        "url.path": environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""),
        "url.scheme": environ.get("wsgi.url_scheme", "http"),
        "network.protocol.version": environ.get("SERVER_PROTOCOL", "").partition("/")[2],
        "server.address": headers.get("host", ""),
        "user_agent.original": headers.get("user-agent", ""),
        "client.address": environ.get("REMOTE_ADDR", ""),
    }
    return {name: value for name, value in attributes.items() if value}
