# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The silences and the alerts of an Alertmanager, as its API takes and lists them."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Handler, Lister

__all__ = ["Mesh"]


class Mesh(Lister):
    """Keeps what is posted; a silence without an id gets one, as with Alertmanager."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.silences: dict[str, dict[str, Any]] = {}
        self.posted: list[list[dict[str, Any]]] = []

    def told(self, path: str) -> Any:
        """Return what is answered at a path."""
        return list(self.silences.values()) if path == "/api/v2/silences" else super().told(path)

    def take(self, path: str, told: Any) -> Any:
        """Keep what is posted, and return what is answered."""
        if path == "/api/v2/alerts":
            self.posted.append(told)
            return None
        number = told.get("id") or f"silence-{len(self.silences) + 1}"
        self.silences[number] = {**told, "id": number, "status": {"state": "active"}}
        return {"silenceID": number}

    def end(self, number: str) -> None:
        """End a silence."""
        self.silences[number]["status"]["state"] = "expired"

    def held(self) -> list[str]:
        """Return the silences that have not ended."""
        return [number for number, one in self.silences.items() if one["status"]["state"] == "active"]

    def pages(self) -> list[tuple[str, str]]:
        """Return the name and the end of each alert that was posted last."""
        return [(one["labels"]["alertname"], one["endsAt"]) for one in self.posted[-1]] if self.posted else []


class _Handler(Handler):
    server: Mesh

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(self.server.take(self.path, told))

    def do_DELETE(self) -> None:
        self.server.end(self.path.rpartition("/")[2])
        self.answer(None)
