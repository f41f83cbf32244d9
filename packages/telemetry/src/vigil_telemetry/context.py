"""What belongs to one request, message or job: its correlation id and its user, wherever its code runs.

They travel with OpenTelemetry's context: tasks inherit it, `carriers` takes it into threads and executors. It is one
object for the whole request, so a user that a handler sets is known to every line after that, and to no other request.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from types import TracebackType

from opentelemetry import context, trace
from opentelemetry.context import Context

__all__ = [
    "Carried",
    "Entered",
    "carried_within",
    "correlation",
    "correlation_of",
    "current",
    "entered",
    "ids",
    "set_route",
    "set_user",
]

REQUEST_ID = "x-request-id"
_LONGEST_USER = 128
_KEY = context.create_key("vigil-telemetry")
# What is safe in a log line, a label, a header and a shell; anything else is replaced by an id of our own.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")


class Carried:
    """What is known of one request: `error` is what it failed with, `route` a template that the application set."""

    __slots__ = ("correlation", "error", "route", "user")

    def __init__(self, correlation: str) -> None:
        self.correlation = correlation
        self.user: str | None = None
        self.route: str | None = None
        self.error: BaseException | None = None


def current() -> Carried | None:
    """Return what belongs to the request that this code runs for, or None."""
    found = context.get_value(_KEY)
    return found if isinstance(found, Carried) else None


def ids() -> tuple[str | None, str | None]:
    """Return the correlation id and the user of the request that this code runs for, each None if there is none."""
    found = current()
    return (found.correlation, found.user) if found else (None, None)


def correlation() -> str | None:
    """Return the correlation id of the request that this code runs for, or None."""
    found = current()
    return found.correlation if found else None


def set_user(user_id: object) -> None:
    """Set the user of this request, or outside of one of this thread or task, for all later log lines; None: nobody."""
    found = current()
    if found is None:
        found = Carried(_own_id())
        context.attach(context.set_value(_KEY, found))
    found.user = None if user_id is None else str(user_id)[:_LONGEST_USER]


def set_route(template: str) -> None:
    """Set the route of this request, such as `/orders/{id}`, where the framework is not one that is asked for it.

    The templates of an application are a fixed set: never pass a path.
    """
    if (found := current()) is not None:
        found.route = template


def correlation_of(
    headers: Mapping[str, str], request_id: str = REQUEST_ID, within: Context | None = None, trace_id: str | None = None
) -> str:
    """Return the id of a request: its request id, else its trace's, else that of the span in this context, else new.

    `trace_id` is that of the span in this context, where it is known already.

    Names of headers are in lower case. A request id that could forge a line, or is longer than 128, is no id.
    """
    if headers:
        if _ID.fullmatch(headers.get(request_id, "")):
            return headers[request_id]
        if found := _TRACEPARENT.fullmatch(headers.get("traceparent", "")):
            return found[1]
    return trace_id or _own_id(within)


def _own_id(within: Context | None = None) -> str:
    span = trace.get_current_span(within).get_span_context()
    # No secret: a number from the system costs ten times as much.
    return trace.format_trace_id(span.trace_id if span.is_valid else random.getrandbits(128))


def carried_within(
    within: Context, headers: Mapping[str, str], request_id: str, trace_id: str | None = None
) -> tuple[Carried, Context]:
    """Return what belongs to the request with these headers, and this context with it."""
    carried = Carried(correlation_of(headers, request_id, within, trace_id))
    return carried, context.set_value(_KEY, carried, within)


def entered(headers: Mapping[str, str], request_id: str = REQUEST_ID) -> Entered:
    """Return a context manager within which code runs for the request, message or job with these headers.

    Use it in a worker without HTTP: `with telemetry.entered(message.headers): ...`. Its value is the Carried.
    """
    return Entered({name.lower(): value for name, value in headers.items()}, request_id)


class Entered:
    """The context of one request; headers have names in lower case."""

    __slots__ = ("_headers", "_request_id", "_token")

    def __init__(self, headers: Mapping[str, str], request_id: str) -> None:
        self._headers = headers
        self._request_id = request_id

    def __enter__(self) -> Carried:
        carried, within = carried_within(context.get_current(), self._headers, self._request_id)
        self._token = context.attach(within)
        return carried

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        context.detach(self._token)
