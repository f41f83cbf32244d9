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
from urllib.parse import urlsplit

from .transport import HttpError

__all__ = ["Answer", "NotJsonError", "advice", "body_of", "error_text", "is_overtaken", "seconds_asked"]

_CHUNK = 1 << 18
_CONFLICTS = frozenset({409, 412})


class NotJsonError(HttpError, ValueError):
    """An answer that should have been JSON: of something in front of the server, more often than not."""


@dataclass(frozen=True)
class Answer:
    """What a server answered; names of headers as in Content-Type, however the server writes them.

    `repeated` says that the server may have done what was asked more than once.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    repeated: bool = False

    @classmethod
    def of(cls, found: Any) -> Answer:
        """Return the answer that a write would have had, made of what was found when its own was lost."""
        return cls(200, {}, json.dumps(found).encode())

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


def error_text(answer: Answer) -> str:
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


def is_overtaken(answer: Answer) -> bool:
    """Tell whether a write was refused since somebody else has written what it is about."""
    if answer.status not in _CONFLICTS:
        return False
    return _kind(answer) == "version-mismatch" or "by someone else" in error_text(answer)


def advice(answer: Answer) -> str:
    """Return what to do about a refusal, with a space before it, empty where the words of the server are all."""
    if answer.status == http.client.UNAUTHORIZED:
        return " Look at the user and password, or at the token; this is not tried again, since failures lock a user."
    if answer.status == http.client.FORBIDDEN:
        return " The user or token may not do this."
    if is_overtaken(answer):
        return " Somebody else has written since it was read: run again."
    if answer.status in _CONFLICTS and _kind(answer) == "name-exists":
        return " Give it another title: to old releases of Grafana, two that differ in signs alone are one."
    if http.client.MULTIPLE_CHOICES <= answer.status < http.client.BAD_REQUEST:
        parts = urlsplit(answer.headers.get("Location", ""))
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else parts.path or "nowhere"
        return f" It redirects to {where}: give the url that answers itself."
    return ""


def _kind(answer: Answer) -> str:
    """Return the word by which Grafana tells refusals of one status apart."""
    try:
        parsed = answer.json()
    except NotJsonError:
        return ""
    return str(parsed.get("status")) if isinstance(parsed, dict) else ""
