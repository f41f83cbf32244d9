"""The middleware for ASGI: HTTP and websockets, measured to the end of the answer."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from .observed import CANCELLED, Incoming, Observed, Observers
from .routes import RouteTemplates

__all__ = ["Application", "AsgiMiddleware"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

_SEEN = "vigil_telemetry"
_READ = ((b"traceparent", "traceparent"), (b"tracestate", "tracestate"))
_SWITCHING = 101
_FORBIDDEN = 403  # what a server answers when an application closes a websocket that it has not accepted
_FAILED = 500


class AsgiMiddleware:
    """An ASGI application whose requests are observed; `observers` returns None while there is nothing to observe.

    `ended` is called when the server has ended it: after the last request, before the process ends.
    """

    def __init__(
        self, application: Application, observers: Callable[[], Observers | None], ended: Callable[[], None]
    ) -> None:
        self.application = application
        self._observers = observers
        self._ended = ended
        self._templates = RouteTemplates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or go through a lifespan; a request that was seen further out is passed on."""
        observers = self._observers() if scope["type"] in ("http", "websocket") and _SEEN not in scope else None
        if observers is None:
            await self.application(scope, receive, self._until_the_end(send) if scope["type"] == "lifespan" else send)
            return
        scope[_SEEN] = True
        # FastAPI's own telemetry would measure and trace mounted applications once more.
        scope.setdefault("fastapi.telemetry", None)
        incoming = _incoming(scope, observers.request_id_header, self._templates)
        root_path = scope.get("root_path", "")
        with Observed(observers, incoming) as observed:
            answer = _Answer(observed, receive, send, scope["type"])
            answer.route = lambda: self._templates.of(scope, root_path)
            try:
                await self.application(scope, answer.receive, answer.send)
            except asyncio.CancelledError:
                answer.end(answer.status or CANCELLED)
                raise
            except BaseException as error:
                answer.end(_FAILED, error)
                raise
            answer.end(answer.final_status())

    def _until_the_end(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await asyncio.to_thread(self._ended)
            await send(message)

        return sent


class _Answer:
    """What the application sends, as far as it has come."""

    route: Callable[[], str | None]

    def __init__(self, observed: Observed, receive: Receive, send: Send, kind: str) -> None:
        self._observed = observed
        self._receive = receive
        self._send = send
        self._header = _wire_name(observed.request_id_header), observed.carried.correlation.encode()
        self._websocket = kind == "websocket"
        self.status: int | None = None
        self._gone = False

    def end(self, status: int, error: BaseException | None = None) -> None:
        if error is not None or not self._observed.ended:
            self._observed.end(status, self.route(), error)

    def final_status(self) -> int:
        return self.status or (CANCELLED if self._gone else _FORBIDDEN if self._websocket else _FAILED)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] in ("http.disconnect", "websocket.disconnect"):
            self._gone = True
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            message = self._with_id(message)
        elif kind == "websocket.accept":
            self.status = _SWITCHING
            message = self._with_id(message)
        elif kind == "websocket.close" and self.status is None:
            self.status = _FORBIDDEN
        await self._send(message)
        if kind == "http.response.body" and not message.get("more_body", False):
            self._complete()

    def _complete(self) -> None:
        """End with the last byte, not after tasks in the background; an error's exception comes after its answer."""
        if self.status is not None and self.status < _FAILED:
            self.end(self.status)

    def _with_id(self, message: Message) -> Message:
        name = self._header[0]
        kept = [pair for pair in message.get("headers") or () if pair[0].lower() != name]
        return {**message, "headers": [*kept, self._header]}


@functools.lru_cache(maxsize=16)
def _wire_name(header: str) -> bytes:
    return header.lower().encode()


def _incoming(scope: Scope, request_id_header: str, templates: RouteTemplates) -> Incoming:
    method = scope.get("method", "GET")
    # Of a header that comes twice, the first counts.
    given = dict(reversed(list(scope["headers"])))
    read = (*_READ, (_wire_name(request_id_header), request_id_header.lower()))
    return Incoming(
        method,
        "WEBSOCKET" if scope["type"] == "websocket" else method,
        {name: given[wire].decode("latin-1") for wire, name in read if wire in given},
        functools.partial(_attributes, scope, given),
        functools.partial(templates.ahead, scope),
    )


def _attributes(scope: Scope, headers: Mapping[bytes, bytes]) -> dict[str, str]:
    client = scope.get("client")
    attributes = {
        "url.path": scope["path"],
        "url.scheme": scope.get("scheme", "http"),
        "network.protocol.version": scope.get("http_version", ""),
        "server.address": headers.get(b"host", b"").decode("latin-1"),
        "user_agent.original": headers.get(b"user-agent", b"").decode("latin-1"),
        "client.address": str(client[0]) if client else "",
    }
    return {name: value for name, value in attributes.items() if value}
