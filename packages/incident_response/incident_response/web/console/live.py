# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes on a page while somebody looks at it, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ...journal.schema import JournalError
from ...journal.writer import Measures
from ..headers import HEADERS
from .pages import Console, View

__all__ = ["Live"]

_VIEWERS = 100
_LOOK = 0.25  # seconds between two looks at whether the journal has more, or the service ends
_SOON = 1.0  # seconds between two pages
_AGAIN = 15.0  # seconds after which a page is made anew, since it shows how long ago things were


class Live:
    """Sends the parts of a page that have changed, until the viewer has gone or the service ends."""

    def __init__(self, console: Console, measures: Measures, stopping: Callable[[], bool]) -> None:
        self._console, self._measures, self._stopping = console, measures, stopping
        self._viewers = 0

    def stream(self, name: str, view: View) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of a page's changes."""

        async def endpoint(request: Request) -> Response:
            if self._viewers >= _VIEWERS:
                raise HTTPException(503, f"{_VIEWERS} pages are open already.")
            await view(request)  # which refuses before anything is sent
            headers = {**HEADERS, "Content-Type": "text/event-stream"}
            return StreamingResponse(self._changes(request, name, view), headers=headers)

        return endpoint

    async def _changes(self, request: Request, name: str, view: View) -> AsyncIterator[str]:
        self._viewers += 1
        try:
            sent: dict[str, str] = {}
            while not self._stopping():
                seen, made_at = self._measures.commits, time.monotonic()
                parts = self._console.parts(name, await view(request))
                changed = {key: text for key, text in parts.items() if sent.get(key) != text}
                yield f"data: {json.dumps(changed)}\n\n" if changed else ": nothing new\n\n"
                sent = parts
                while not self._stopping() and time.monotonic() - made_at < self._period(seen):
                    await asyncio.sleep(_LOOK)
        except JournalError:
            return  # the browser asks again
        finally:
            self._viewers -= 1

    def _period(self, seen: int) -> float:
        """Return for how many seconds a page lasts that has what so many commits have brought."""
        return _AGAIN if self._measures.commits == seen else _SOON
