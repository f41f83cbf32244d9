# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that are asked with a password, such as Alertmanagers: how each is reached, and whether it answers."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import httpx

from .described import ConfigurationError, Described

__all__ = ["Answers", "Server", "ahead", "answer", "servers", "trusted"]

_LOG = logging.getLogger(__name__)
_PATIENCE = 10.0  # seconds for the whole answer of a server
_TOGETHER = 5.0  # seconds by which clocks may differ, as answers have whole seconds and take some
_AHEAD: dict[str, float] = {}  # by URL
Found = TypeVar("Found")


@dataclass(frozen=True)
class Server:
    """How a server is reached, by the name that it has in metrics and in the journal."""

    name: str
    url: str
    username: str
    password: str
    ca_file: str


def servers(key: str, kind: str, listed: list[Any], folder: Path) -> tuple[Server, ...]:
    """Return the servers of a list, each a `kind` such as Alertmanager. Raises ConfigurationError, OSError."""
    found = tuple(_server(kind, Described(f"{key}[{number}]", one), folder) for number, one in enumerate(listed))
    if len({one.name for one in found}) < len(found):
        raise ConfigurationError(f"{key} has a name more than once.")
    return found


def _server(kind: str, entries: Described, folder: Path) -> Server:
    file = folder / entries.take("password_file", str)
    found = Server(
        name=entries.take("name", str),
        url=entries.take("url", str).rstrip("/"),
        username=entries.take("username", str),
        password=file.read_text(encoding="utf-8").rstrip("\n"),
        ca_file=entries.take("ca_file", str),
    )
    entries.end()
    if not found.url.startswith(("https://", "http://")):
        raise ConfigurationError(f"url of the {kind} {found.name} has to begin with https://.")
    return found


async def answer(
    server: Server, path: str, *, method: str = "GET", body: Any = None, token: str = "", **parameters: str | list[str]
) -> Any:
    """Return what a server answers, read as JSON; None for an empty answer. A token stands for a password.

    Raises httpx.HTTPError, OSError, ValueError.
    """
    verify = await asyncio.to_thread(trusted, server.ca_file)
    login: dict[str, Any] = {"auth": (server.username, server.password)}
    if token:
        login = {"headers": {"Authorization": f"Bearer {token}"}}
    async with httpx.AsyncClient(verify=verify, timeout=_PATIENCE, trust_env=False, **login) as client:
        found = await client.request(method, f"{server.url}{path}", params=parameters, json=body)
        _note_clock(server, found.headers.get("Date", ""))
        found.raise_for_status()
        return await asyncio.to_thread(json.loads, found.content) if found.content else None


def ahead(server: Server) -> float:
    """Return how many seconds the clock of a server was ahead of ours when it last answered, 0 where they agree.

    What a server has to end by itself counts on its clock: one of the two may have been set.
    """
    found = _AHEAD.get(server.url, 0.0)
    return found if abs(found) > _TOGETHER else 0.0


def _note_clock(server: Server, date: str) -> None:
    with suppress(ValueError):
        _AHEAD[server.url] = parsedate_to_datetime(date).timestamp() - time.time()


def trusted(ca_file: str) -> ssl.SSLContext:
    """Return the authorities of a file, read again when it has changed, which it does without a restart."""
    state = Path(ca_file).stat()
    return _authorities(ca_file, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=8)
def _authorities(ca_file: str, _changed: int, _inode: int) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


@dataclass
class Answers:
    """The failure of each server of a kind, empty if it answered, and when it last did."""

    kind: str
    failures: dict[str, str] = field(default_factory=dict)
    answered_at: dict[str, float] = field(default_factory=dict)

    async def of(self, server: Server, ask: Callable[[Server], Awaitable[Found]]) -> Found | None:
        """Return what asking a server returns, or None if it does not answer in time, or nonsense."""
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await ask(server)
        except httpx.HTTPStatusError as error:
            # Without the URL, which has the query.
            self._note(server.name, f"HTTP status {error.response.status_code}")
            return None
        except (httpx.HTTPError, OSError, ValueError, LookupError, TypeError) as error:
            self._note(server.name, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
            return None
        self._note(server.name, "")
        self.answered_at[server.name] = time.time()
        return found

    def _note(self, name: str, failure: str) -> None:
        """Log a failure when it begins, and its end."""
        before = self.failures.get(name, "")
        self.failures[name] = failure
        if failure and failure != before:
            _LOG.error("The %s %s does not answer: %s", self.kind, name, failure)
        elif before and not failure:
            _LOG.info("The %s %s answers again", self.kind, name)
