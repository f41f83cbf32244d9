# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server answered, and how it is read."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from ._transport import HttpError

__all__ = ["Answer", "NotJsonError", "body_of", "said", "seconds_asked"]

_CHUNK = 1 << 18


class NotJsonError(HttpError, ValueError):
    """An answer that should have been JSON: of something in front of the server, more often than not."""


@dataclass(frozen=True)
class Answer:
    """What a server answered; names of headers as in Content-Type, however the server writes them."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""

    def json(self) -> Any:
        """Return the parsed body, None when it is empty. Raises NotJsonError, which is a ValueError too."""
        try:
            return json.loads(self.body) if self.body.strip() else None
        except ValueError:
            kind = self.headers.get("Content-Type") or "something without a type"
            raise NotJsonError(
                f"{self.url or 'The server'} answered {self.status} with {kind} instead of JSON: is that the URL of "
                "the API itself, and not of a login page before it?"
            ) from None


def body_of(response: http.client.HTTPResponse, until: float) -> bytes:
    """Return the body; a server that sends it in drops does not get more time than any other."""
    chunks = []
    while chunk := response.read1(_CHUNK):
        chunks.append(chunk)
        if time.monotonic() > until:
            raise TimeoutError("it did not come to an end in time")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    response.read()  # nothing more: it tells the connection that the next request may come
    return b"".join(chunks)


def said(answer: Answer) -> str:
    """Return the words of an error: Grafana and Alertmanager give a message, Prometheus an error, some both."""
    try:
        parsed = answer.json()
    except NotJsonError:
        text = answer.body.decode(errors="replace")
        return "(a page of HTML)" if text.lstrip().startswith("<") else text
    if not isinstance(parsed, dict):
        return str(parsed or "")
    return ": ".join(dict.fromkeys(str(parsed[key]) for key in ("message", "error", "msg") if parsed.get(key)))


def seconds_asked(answer: Answer | None) -> float | None:
    """Return after how many seconds the server wants to be asked again (Retry-After), None when it says nothing."""
    asked = answer.headers.get("Retry-After", "") if answer else ""
    if asked.isdigit():
        return float(asked)
    try:
        moment = parsedate_to_datetime(asked)
        return max((moment - datetime.now(timezone.utc)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
