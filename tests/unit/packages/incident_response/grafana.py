# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for Grafana, and a token for it in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ansible_collections.vigil.observability.packages.incident_response.incident_response.grafana import Grafana
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.client import ask

__all__ = ["Noted"]


class Noted:
    """The annotations of a Grafana."""

    def __init__(self, served: Served, certificates: Certificates, token_file: Path) -> None:
        self.served, self.token_file, self._ca_file = served, token_file, str(certificates.authority)
        self._tokens = 0
        self.make_token()

    def make_token(self) -> None:
        """Write a new token into its file."""
        self._tokens += 1
        about = {"name": f"bot {self._tokens}"}
        account = ask(f"{self.served.url}/api/serviceaccounts", {**about, "role": "Editor"})[1]["id"]
        made = ask(f"{self.served.url}/api/serviceaccounts/{account}/tokens", about)[1]
        self.token_file.write_text(f"{made['key']}\n")

    def client(self, *urls: str) -> Grafana:
        """Return what asks it, or the Grafanas at these URLs."""
        named = {f"mon{place}": url for place, url in enumerate(urls or [self.served.url], 1)}
        return Grafana(named, self.token_file, self._ca_file)

    def add(self, text: str, at: float, *tags: str) -> None:
        """Note something, as a pipeline does."""
        body = {"text": text, "time": int(at * 1000), "tags": list(tags)}
        assert ask(f"{self.served.url}/api/annotations", body)[0] == 200

    def found(self, *tags: str) -> list[dict[str, Any]]:
        """Return the annotations that a dashboard finds by these tags."""
        asked = urlencode([("tags", one) for one in tags])
        found: list[dict[str, Any]] = ask(f"{self.served.url}/api/annotations?{asked}")[1]
        return found
