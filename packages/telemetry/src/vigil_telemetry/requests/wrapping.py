"""Puts the middleware around an application: the outermost layer of it, also where it is an instance of a framework."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .. import runtime
from ..errors import TelemetryError
from .asgi import AsgiMiddleware
from .observed import Observers
from .wsgi import WsgiMiddleware, note_exceptions_of_flask

__all__ = ["asgi", "wsgi"]

Application = TypeVar("Application", bound=Callable[..., Any])


def asgi(application: Application) -> Application:
    """Return the ASGI application with its requests observed.

    An instance of FastAPI or Starlette is returned itself, so it may have its routes and middleware added afterwards.
    Raises TelemetryError before `start()`.
    """
    _refuse_before_start("asgi")
    build = getattr(application, "build_middleware_stack", None)
    if build is None:
        return _observed(application)  # type: ignore[return-value]
    own = getattr(application, "_telemetry", None)
    if isinstance(own, dict):
        # FastAPI's own telemetry would trace each request once more, with a span for each of its steps.
        own.update(tracing=False, metrics=False, logs=False)
    built = vars(application).get("middleware_stack")
    if built is not None:
        application.middleware_stack = _observed(built)  # type: ignore[attr-defined]
    application.build_middleware_stack = lambda: _observed(build())  # type: ignore[attr-defined]
    return application


def wsgi(application: Application) -> Application:
    """Return the WSGI application with its requests observed; an instance of Flask is returned itself.

    Raises TelemetryError before `start()`.
    """
    _refuse_before_start("wsgi")
    note_exceptions_of_flask()
    inner = getattr(application, "wsgi_app", None)
    if inner is None:
        return WsgiMiddleware(application, _observers)  # type: ignore[return-value]
    application.wsgi_app = WsgiMiddleware(inner, _observers, application)  # type: ignore[attr-defined]
    return application


def _refuse_before_start(name: str) -> None:
    if runtime.running() is None:
        raise TelemetryError(f"Observing an application: telemetry is not started; call start() before {name}().")


def _observed(application: Callable[..., Any]) -> AsgiMiddleware:
    return AsgiMiddleware(application, _observers, runtime.stop_with_server)


def _observers() -> Observers | None:
    telemetry = runtime.running()
    return telemetry.observers if telemetry else None
