"""The output `elasticsearch`: bulk requests over HTTPS, repeated until every document is accepted or refused."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

from .errors import ConfigurationError
from .event import Event

__all__ = ["Elasticsearch"]

_ACCEPTED = (200, 201)
_CONFLICT = 409
_DEAD = (400, 404)
_SHORTEST, _LONGEST = 0.5, 64.0


class Elasticsearch:
    """Sends events to the hosts in turn. `pause` waits so many seconds and returns whether to go on."""

    def __init__(self, options: Mapping[str, Any], pause: Callable[[float], bool]) -> None:
        self.index, self.pause = options["index"], pause
        self._hosts: Iterator[str] = cycle(_checked(options["hosts"]))
        token = base64.b64encode(f"{options['user']}:{options['password']}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/x-ndjson"}
        try:
            self._tls = ssl.create_default_context()
            for authority in options["ssl_certificate_authorities"]:
                self._tls.load_verify_locations(authority)
        except OSError as error:
            raise ConfigurationError(f"elasticsearch cannot read its authorities: {error}") from error

    def send(self, events: Sequence[Event], bury: Callable[[Event, str], None]) -> bool:
        """Send events until each is accepted, or refused and buried; return False if that was interrupted."""
        left, wait = list(events), _SHORTEST
        while left:
            left = self._sent(left, bury)
            if left and not self.pause(wait):
                return False
            wait = min(wait * 2, _LONGEST)
        return True

    def _sent(self, events: list[Event], bury: Callable[[Event, str], None]) -> list[Event]:
        """Send one request and return the events to send again."""
        host = next(self._hosts)
        try:
            items = self._answer(host, "".join(map(self._lines, events)))
        except (OSError, http.client.HTTPException, ValueError) as error:
            print(f"[ERROR][elasticsearch] {host} has not taken a bulk request, will retry: {error}", flush=True)
            return events
        again = []
        for event, item in zip(events, items):
            result = item["create"]
            if result["status"] in _DEAD:
                bury(event, json.dumps(result.get("error")))
            elif result["status"] not in (*_ACCEPTED, _CONFLICT):
                again.append(event)
        return again

    def _lines(self, event: Event) -> str:
        return f"{json.dumps({'create': {'_index': event.text(self.index)}})}\n{json.dumps(event.data)}\n"

    def _answer(self, host: str, body: str) -> list[dict[str, Any]]:
        address = urlsplit(host)
        connection = http.client.HTTPSConnection(
            str(address.hostname), address.port or 9200, context=self._tls, timeout=60
        )
        try:
            connection.request("POST", "/_bulk", body.encode(), self._headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status not in _ACCEPTED:
            raise ValueError(f"status {answer.status}")
        items: list[dict[str, Any]] = json.loads(content)["items"]
        return items


def _checked(hosts: Sequence[str]) -> Sequence[str]:
    if not hosts or any(urlsplit(host).scheme != "https" for host in hosts):
        raise ConfigurationError(f"the stand-in executes hosts with https:// only, not {hosts}")
    return hosts
