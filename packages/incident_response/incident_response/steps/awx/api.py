# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of AWX: what it answers, or in one sentence why it does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from ...servers import trusted
from ..spec import StepError

__all__ = ["Api", "AwxError", "Controller"]

_LONGEST_REASON = 300


class AwxError(StepError):
    """AWX did not do what it was asked to, or nobody knows; `refused` if it certainly did not."""

    def __init__(self, message: str, *, refused: bool = False, status: int = 0) -> None:
        super().__init__(f"Cannot act: {message}")
        self.refused, self.status = refused, status


@dataclass(frozen=True, kw_only=True)
class Controller:
    """How AWX is reached: its address, such as `https://awx.example.com`, and a token of a user."""

    url: str
    token: str = field(repr=False)
    ca_file: str
    patience: float = 10.0  # seconds for each part of an answer


class Api:
    """Asks AWX. Every method raises AwxError, and OSError when the authorities cannot be read."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def page(self, path: str, **query: str | int) -> list[Mapping[str, Any]]:
        """Return the first page of a list."""
        found = self._read(self._asked("GET", path, params=query))
        if not isinstance(found.get("results"), list):
            raise AwxError(f"AWX at {self._controller.url} answers {path} without a list.")
        return list(found["results"])

    def record(self, path: str) -> Mapping[str, Any]:
        """Return one thing, with all that AWX has of it: lists leave some out."""
        return self._read(self._asked("GET", path))

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what AWX answers to an order, nothing if that is empty."""
        return self._read(self._asked("POST", path, json=body))

    def text(self, path: str, **query: str) -> str:
        """Return an answer that is plain text."""
        return self._asked("GET", path, params=query).text

    def _asked(self, method: str, path: str, **told: Any) -> httpx.Response:
        url = f"{self._controller.url.rstrip('/')}/api/v2/{path}"
        headers = {"Authorization": f"Bearer {self._controller.token}"}
        verify, patience = trusted(self._controller.ca_file), self._controller.patience
        try:
            with httpx.Client(verify=verify, headers=headers, timeout=patience, trust_env=False) as client:
                answer = client.request(method, url, **told)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            unsent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL))
            raise AwxError(f"AWX does not answer {method} {url}: {_named(error)}.", refused=unsent) from error
        if answer.is_success:
            return answer
        raise AwxError(
            f"AWX answers {method} {url} with status {answer.status_code}{_reason(answer)}.",
            refused=answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR,
            status=answer.status_code,
        )

    def _read(self, answer: httpx.Response) -> Mapping[str, Any]:
        try:
            found = json.loads(answer.content or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise AwxError(f"AWX answers {answer.request.method} {answer.request.url} with no JSON object.")
        return found


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _reason(answer: httpx.Response) -> str:
    """Return the reasons of a refusal on one line, which AWX gives by field."""
    try:
        found = answer.json()
    except ValueError:
        return ""
    if not isinstance(found, dict) or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ""
    told = (f"{name}: {', '.join(map(str, one)) if isinstance(one, list) else one}" for name, one in found.items())
    return f": {' '.join('; '.join(told).split())[:_LONGEST_REASON].rstrip('.')}"
