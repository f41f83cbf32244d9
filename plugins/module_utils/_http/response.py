# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server answered, and how it is read."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
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
    """An answer that should have been JSON, and usually comes from something in front of the server."""


@dataclass(frozen=True)
class Answer:
    """What a server answered; names of headers are capitalised as in Content-Type, whatever the server sends.

    `repeated` is set if the server may have done more than once what was asked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    repeated: bool = False

    @classmethod
    def of(cls, found: Any) -> Answer:
        """Return an answer for a write whose own answer was lost, made of what was found."""
        return cls(200, {}, json.dumps(found).encode())

    def json(self) -> Any:
        """Return the parsed body, None when it is empty. Raises NotJsonError, which is a ValueError too."""
        try:
            return json.loads(self.body) if self.body.strip() else None
        except ValueError:
            kind = self.headers.get("Content-Type") or "an unknown content type"
            raise NotJsonError(
                f"{self.url or 'The server'} answered {self.status} with {kind} instead of JSON. Check that the URL is "
                "that of the API itself, and not of a login page in front of it."
            ) from None


def body_of(response: http.client.HTTPResponse, until: float) -> bytes:
    """Return the body; a server that sends it slowly gets no extra time."""
    chunks = []
    while chunk := response.read1(_CHUNK):
        chunks.append(chunk)
        if time.monotonic() > until:
            raise TimeoutError("the answer was not complete in time")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    response.read()  # nothing is left: this marks the connection as ready for the next request
    return b"".join(chunks)


def error_text(answer: Answer) -> str:
    """Return the text of an error: its message, or the reasons that Elasticsearch gives, each with its cause."""
    try:
        parsed = answer.json()
    except NotJsonError:
        text = answer.body.decode(errors="replace")
        return "(an HTML page)" if text.lstrip().startswith("<") else text
    if not isinstance(parsed, dict):
        return str(parsed or "")
    if isinstance(parsed.get("error"), dict):
        return ": ".join(dict.fromkeys(_reasons(parsed["error"])))
    return ": ".join(dict.fromkeys(str(parsed[key]) for key in ("message", "error", "msg") if parsed.get(key)))


def _reasons(error: Any) -> Iterator[str]:
    """Yield why Elasticsearch or Jaeger refused something, the cause of each reason after it."""
    while isinstance(error, dict):
        yield str(error.get("reason") or error.get("type") or error.get("message") or "").rstrip(".;")
        error = error.get("caused_by") or next(iter(error.get("root_cause") or ()), None)


def seconds_asked(answer: Answer | None) -> float | None:
    """Return the seconds to wait before a retry (Retry-After), None if the server sent no such header."""
    asked = answer.headers.get("Retry-After", "") if answer else ""
    if asked.isdigit():
        return float(asked)
    try:
        moment = parsedate_to_datetime(asked)
        return max((moment - datetime.now(timezone.utc)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def is_overtaken(answer: Answer) -> bool:
    """Return whether a write was refused because somebody else has changed the object."""
    if answer.status not in _CONFLICTS:
        return False
    return _kind(answer) == "version-mismatch" or "by someone else" in error_text(answer)


def advice(answer: Answer) -> str:
    """Return what to do about a refusal, after a space, empty where there is nothing to add to the server's text."""
    if answer.status == http.client.UNAUTHORIZED:
        return " Check the user and password, or the token. It was not retried, as failed logins can lock the user."
    if answer.status == http.client.FORBIDDEN:
        return " The user or token does not have permission for this."
    if is_overtaken(answer):
        return " Somebody else has changed it since it was read: run again."
    if answer.status in _CONFLICTS and _kind(answer) == "name-exists":
        return " Choose another title: old releases of Grafana ignore punctuation when they compare titles."
    if http.client.MULTIPLE_CHOICES <= answer.status < http.client.BAD_REQUEST:
        parts = urlsplit(answer.headers.get("Location", ""))
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else parts.path or "nowhere"
        return f" It redirects to {where}: set url to the address that answers without a redirect."
    return ""


def _kind(answer: Answer) -> str:
    """Return the word by which Grafana distinguishes refusals with the same status."""
    try:
        parsed = answer.json()
    except NotJsonError:
        return ""
    return str(parsed.get("status")) if isinstance(parsed, dict) else ""
