# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One session of HTTP with one server: one connection that stays open, a deadline for all requests, bounded retries."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable, Optional
from urllib.parse import urlencode

from .attempt import AWAY, Attempt
from .response import Answer, NotJsonError, advice, body_of, error_text, is_overtaken, seconds_asked
from .secret_spellings import hidden
from .transport import Endpoint, HttpError, Node, authorisation, nodes_of

__all__ = ["Answer", "Api", "ApiError", "Endpoint", "HttpError", "NotJsonError", "Outcome", "Session"]

Outcome = Callable[[], Optional[Answer]]
"""Checks whether a write has been done: returns an answer in place of the write's if it has, None otherwise."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_TRY_AGAIN = frozenset({429, *AWAY})
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_SHOWN = 500  # characters of a server's text


class ApiError(HttpError):
    """A request that a server refused, with its status."""

    def __init__(self, sentence: str, status: int, *, again: bool = False) -> None:
        super().__init__(sentence, again=again)
        self.status = status


@dataclass(frozen=True)
class _Request:
    """What is sent, several times if necessary; `outcome` checks whether a write is necessary."""

    method: str
    target: str
    content: bytes | None
    headers: Mapping[str, str]
    outcome: Outcome | None


class Session:
    """Requests to one server, over one connection for as long as the server keeps it; counts both.

    Where the endpoint names several nodes of a cluster, the next one is asked when one gives no answer.
    Proxies that the environment names are not used. Raises HttpError for a URL or certificates that cannot be used.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.requests = 0
        self.connections = 0
        self._nodes = nodes_of(endpoint)
        self._until = time.monotonic() + endpoint.deadline
        self._headers = {"Accept": "application/json", **authorisation(endpoint), **endpoint.headers}

    @property
    def url(self) -> str:
        """Where the next request goes."""
        return self._nodes[0].url

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        form: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        outcome: Outcome | None = None,
    ) -> Answer:
        """Return the answer, whatever its status.

        Idempotent methods are retried after a lost connection, 502, 503 and 504; all methods after 429 and after a
        failure to connect. `body` is sent as JSON, `form` as a form. Raises HttpError, from its cause, when there is
        no answer in time.

        A write with an `outcome` is retried whatever its method. If its answer was lost, the server may have done it
        or may still be doing it, so the outcome is checked before each retry and before a refusal is accepted.
        """
        target = path + (f"?{urlencode(query)}" if query else "")
        sent = {**self._headers, **(headers or {})}
        content: bytes | None = None
        if form is not None:
            content, sent["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif body is not None:
            content, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        tried = self._answered(_Request(method, target, content, sent, outcome))
        if tried.answer:
            return tried.answer
        reason = _reason(tried.error).rstrip(".")
        others = f" ({' and '.join(self.endpoint.urls)} were tried)" if len(self._nodes) > 1 else ""
        sentence = f"{method} {tried.url.rstrip('/')}{path} got no answer: {reason}{others}."
        raise HttpError(sentence, again=True, slow=tried.slow) from tried.error

    def _answered(self, request: _Request) -> Attempt:
        attempt, doubtful, spare = 0, False, len(self._nodes) - 1
        harmless = request.method in _IDEMPOTENT or request.outcome is not None
        while True:
            tried = self._try(request)
            doubtful = doubtful or tried.doubtful
            if tried.answer and tried.answer.status not in _TRY_AGAIN:
                break
            asked = seconds_asked(tried.answer)
            wait = min(_FIRST_WAIT * 2**attempt, _LONGEST_WAIT) if asked is None else asked
            elsewhere = spare > 0 and tried.away
            if elsewhere:
                attempt, spare, wait = attempt - 1, spare - 1, 0.0
            repeats = attempt < self.endpoint.retries and wait <= self._left()
            if not repeats or not tried.may_be_repeated(harmless=harmless, elsewhere=elsewhere):
                break
            time.sleep(wait)
            if doubtful and request.outcome and (found := request.outcome()):
                return Attempt(found)
            attempt += 1
        # Also without doubt: an earlier run may have sent the request, which the server has only just completed.
        unsettled = tried.refused if tried.answer else doubtful
        if unsettled and request.outcome and (found := self._found(request.outcome)):
            return Attempt(found)
        return replace(tried, answer=replace(tried.answer, repeated=doubtful)) if tried.answer else tried

    def _found(self, outcome: Outcome) -> Answer | None:
        """Check a last time; if that fails too, the failure of the write is the one to report."""
        try:
            return outcome() if self._left() > 0 else None
        except HttpError:
            return None

    def close(self) -> None:
        """Close the connections."""
        for node in self._nodes:
            node.connection.close()

    def _left(self) -> float:
        return self._until - time.monotonic()

    def _try(self, request: _Request) -> Attempt:
        left = self._left()
        if left <= 0:
            over = TimeoutError(f"the deadline of {self.endpoint.deadline:g} s for all requests has passed")
            return Attempt(error=over, final=True, url=self.url)
        node, until = self._nodes[0], time.monotonic() + min(self.endpoint.timeout, left)
        tried = self._asked(node, request, until)
        if tried.away:
            node.connection.close()
            self._nodes.append(self._nodes.pop(0))
        return tried

    def _asked(self, node: Node, request: _Request, until: float) -> Attempt:
        self.requests += 1
        try:
            self.connections += node.open(max(until - time.monotonic(), 0.01))
        except OSError as error:
            node.connection.close()
            return Attempt(error=error, url=node.url)
        try:
            node.connection.request(request.method, node.base + request.target, request.content, dict(request.headers))
            response = node.connection.getresponse()
            named = {name.title(): value for name, value in response.headers.items()}
            return Attempt(Answer(response.status, named, body_of(response, until), node.url))
        except (OSError, http.client.HTTPException) as error:
            node.connection.close()
            return Attempt(error=error, url=node.url, lost=True)


class Api:
    """The API of a product: errors name what was attempted and quote the server, without secrets."""

    def __init__(self, session: Session, product: str, secrets: Iterable[str] = ()) -> None:
        self.session = session
        self._product = product
        self._secrets = (*session.endpoint.secrets, *secrets)

    def call(self, method: str, path: str, *, attempt: str, accept: Sequence[int] = (), **content: Any) -> Answer:
        """Return the answer with a status below 300, or one that `accept` lists.

        Args:
            method: Of HTTP.
            path: Below the URL of the server, quoted.
            attempt: What it is for, as in "create the folder 'Hosts'".
            accept: Statuses that mean something else than a refusal, such as 404.
            content: Other arguments of Session.request.

        Raises ApiError for a refusal, HttpError when there is no answer.
        """
        try:
            answer = self.session.request(method, path, **content)
        except HttpError as error:
            raise HttpError(f"Could not {attempt}: {error}", again=error.again, slow=error.slow) from None
        if answer.status < http.client.MULTIPLE_CHOICES or answer.status in accept:
            return answer
        text = self._text(answer)
        where = f"{self._product} at {answer.url or self.session.url}"
        sentence = f"Could not {attempt}: {where} answered {answer.status}{text}.{advice(answer)}"
        raise ApiError(sentence, answer.status, again=answer.status in _TRY_AGAIN or is_overtaken(answer))

    def _text(self, answer: Answer) -> str:
        # Before it is shortened: half a secret is still one.
        text = " ".join(hidden(error_text(answer), self._secrets).split())[:_SHOWN]
        return f": {text.rstrip('.')}" if text else ""


def _reason(error: Exception | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); set ca_path to the file with its authority"
    return str(error) or type(error).__name__
