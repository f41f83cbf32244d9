# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to Elasticsearch: to another node where one does not answer, and never longer than a scrape may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from elastic_transport import Transport, TransportError
from elastic_transport.client_utils import basic_auth_to_header, url_to_node_config

from .configuration import Elasticsearch

__all__ = ["Cluster", "ClusterError"]

_MOST_ATTEMPTS = 3
_ANSWERED_ELSEWHERE = (429, 502, 503, 504)
_PARTS = ("status", "error", "timed_out", "_shards", "hits.total", "hits.hits.sort")
_SEARCH = f"/_msearch?filter_path={','.join(f'responses.{part}' for part in _PARTS)}"


class ClusterError(Exception):
    """No node has answered, or one with an error: for the reason in the message."""


class Cluster:
    """The nodes of a cluster, and a user who may read logs."""

    def __init__(self, settings: Elasticsearch) -> None:
        self._settings = settings
        self._lock = Lock()
        self._authorities: float | None = None
        self._opened: Transport | None = None

    @property
    def timeout(self) -> float:
        """The seconds that one attempt may take."""
        return self._settings.timeout / self._attempts

    @property
    def _attempts(self) -> int:
        return min(len(self._settings.urls), _MOST_ATTEMPTS)

    def search(self, lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the answer to each search of one request. Raises ClusterError."""
        status, answer = self._ask(_SEARCH, "application/x-ndjson", lines)
        if status != HTTPStatus.OK or "responses" not in answer:
            raise ClusterError(f"Elasticsearch answered {status}: {_reason(answer)}")
        return list(answer["responses"])

    def fault_in(self, query: Mapping[str, Any]) -> str:
        """Return why Elasticsearch cannot parse the query, nothing when it can. Raises ClusterError."""
        path = f"/{quote(self._settings.index, safe='*,-<>')}/_validate/query?explain=true&ignore_unavailable=true"
        status, answer = self._ask(path, "application/json", {"query": query})
        if status == HTTPStatus.BAD_REQUEST:
            return _reason(answer)
        if status != HTTPStatus.OK or "valid" not in answer:
            raise ClusterError(f"Elasticsearch answered {status}: {_reason(answer)}")
        if answer["valid"]:
            return ""
        faults = [answer.get("error"), *(one.get("error") for one in answer.get("explanations", []))]
        return " ".join(next((str(fault) for fault in faults if fault), "it gives no reason").split())

    def _ask(self, target: str, kind: str, body: Any) -> tuple[int, Any]:
        headers = {"content-type": kind, "accept": "application/json"}
        try:
            transport = self._transport()
            answer = transport.perform_request("POST", target, body=body, headers=headers, request_timeout=self.timeout)
        except (OSError, TransportError) as error:
            raise ClusterError(f"No node of Elasticsearch answered: {error}") from error
        return answer.meta.status, answer.body if isinstance(answer.body, Mapping) else {}

    def _transport(self) -> Transport:
        """Return connections that trust the authorities in the file as it is now. Raises OSError."""
        changed = Path(self._settings.ca_file).stat().st_mtime if self._settings.ca_file else 0.0
        with self._lock:
            if self._opened is None or changed != self._authorities:
                self._opened, self._authorities = self._open(), changed
            return self._opened

    def _open(self) -> Transport:
        login = {"authorization": basic_auth_to_header((self._settings.username, self._settings.password))}
        trust = {"ca_certs": self._settings.ca_file} if self._settings.ca_file else {}
        nodes = [url_to_node_config(url, use_default_ports_for_scheme=True) for url in self._settings.urls]
        return Transport(
            [node.replace(headers={**node.headers, **login}, **trust) for node in nodes],
            max_retries=self._attempts - 1,
            retry_on_timeout=True,
            retry_on_status=_ANSWERED_ELSEWHERE,
            meta_header=False,
        )


def _reason(answer: Any) -> str:
    error = answer.get("error") if isinstance(answer, Mapping) else None
    reason = error.get("reason") if isinstance(error, Mapping) else error
    return " ".join(str(reason or "it gives no reason").split())
