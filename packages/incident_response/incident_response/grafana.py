# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grafana, which is asked with the token of a service account: several share one database, so one of them is asked."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from .described import ConfigurationError, Described
from .servers import Answers, Server, answer

__all__ = ["Ask", "Grafana"]

_TOKEN = re.compile(r"[\x21-\x7e]+")
Ask = Callable[..., Awaitable[Any]]  # a method, a path, and what `answer` takes beside them
Found = TypeVar("Found")


class Grafana:
    """Asks the one that answered last, and the next one after one that did not."""

    def __init__(self, urls: Mapping[str, str], token_file: Path, ca_file: str) -> None:
        """Take the file of the token, which is read for each question: it is made, and replaced, at any time."""
        self._servers = deque(Server(name, url.rstrip("/"), "", "", ca_file) for name, url in urls.items())
        self._token_file = token_file
        self.answers = Answers("Grafana")

    @classmethod
    def of(cls, entries: Described, folder: Path) -> Grafana:
        """Return what a part of the configuration describes. Raises ConfigurationError."""
        urls = entries.take("urls", dict)
        if not urls:
            raise ConfigurationError("urls of grafana is empty: it has to name a Grafana.")
        found = cls(urls, folder / entries.take("token_file", str), entries.take("ca_file", str))
        entries.end()
        for name, url in urls.items():
            if not str(url).startswith(("https://", "http://")):
                raise ConfigurationError(f"url of the Grafana {name} has to begin with https://.")
        return found

    async def asked(self, ask: Callable[[Ask], Awaitable[Found]]) -> Found | None:
        """Return what questions to a Grafana return, None if it does not answer them."""

        async def ask_of(server: Server) -> Found:
            token = await asyncio.to_thread(self._token)
            return await ask(partial(_answer, server, token))

        server = self._servers[0]
        found = await self.answers.of(server, ask_of)
        if found is None and server is self._servers[0]:
            self._servers.rotate(-1)
        return found

    def _token(self) -> str:
        """Return the token. Raises OSError, ValueError; a message of httpx would have it."""
        token = self._token_file.read_text(encoding="ascii").strip()
        if not _TOKEN.fullmatch(token):
            raise ValueError(f"{self._token_file} has no token: run the playbook provision_grafana.yml.")
        return token


async def _answer(server: Server, token: str, method: str, path: str, **told: Any) -> Any:
    return await answer(server, path, method=method, token=token, **told)
