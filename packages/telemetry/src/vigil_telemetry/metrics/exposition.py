"""The page of metrics: as text or OpenMetrics, and as an application of ASGI or WSGI that wants a token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from .files import Token

__all__ = ["Page", "asgi_page", "wsgi_page"]

_UNKNOWN = (b"The token is missing or wrong.\n", [("WWW-Authenticate", "Bearer")])
Render = Callable[[str], tuple[str, bytes]]


class Page:
    """Renders what these collectors have, without the `_created` series, which would double what counters cost."""

    def __init__(self, *collectors: Collector) -> None:
        self._collectors = collectors

    def render(self, accept: str) -> tuple[str, bytes]:
        """Return the content type and the page for an Accept header."""
        encode, kind = choose_encoder(accept)
        registry: Any = self
        return kind, encode(registry)

    def collect(self) -> Iterator[Family]:
        """Yield all metrics."""
        for collector in self._collectors:
            for family in collector.collect():
                if family.type in {"counter", "histogram", "summary"}:
                    family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
                yield family


def _answer(render: Render, token: Token, headers: Mapping[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
    if not token.fits(headers.get("authorization", "")):
        body, extra = _UNKNOWN
        return 401, [("Content-Type", "text/plain; charset=utf-8"), *extra, ("Content-Length", str(len(body)))], body
    kind, body = render(headers.get("accept", ""))
    return 200, [("Content-Type", kind), ("Content-Length", str(len(body)))], body


def asgi_page(render: Render, token: Token) -> Callable[..., Awaitable[None]]:
    """Return an ASGI application, to be mounted at a path; the loop goes on while it renders."""

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        loop = asyncio.get_running_loop()
        status, given, body = await loop.run_in_executor(None, _answer, render, token, headers)
        pairs = [(key.lower().encode("ascii"), value.encode("ascii")) for key, value in given]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return application


def wsgi_page(render: Render, token: Token) -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application, to be mounted at a path."""

    def application(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        names = {"authorization": "HTTP_AUTHORIZATION", "accept": "HTTP_ACCEPT"}
        headers = {name: str(environ.get(key, "")) for name, key in names.items()}
        status, given, body = _answer(render, token, headers)
        start_response("200 OK" if status == 200 else "401 Unauthorized", given)  # noqa: PLR2004 - of HTTP
        return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else body]

    return application
