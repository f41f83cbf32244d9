# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of a replica of Prometheus, of which tests choose the samples and the alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Lister

__all__ = ["Replica"]


class Replica(Lister):
    """Answers its queries, alerts and rules; `newest` is when it has last scraped anything."""

    def __init__(self) -> None:
        super().__init__()
        self.newest: float | None = 1.0
        self.samples: dict[str, list[tuple[Mapping[str, str], float]]] = {}
        self.scalars: dict[str, float] = {}
        self.series: list[tuple[Mapping[str, str], list[tuple[float, float]]]] = []
        self.rules: list[dict[str, Any]] = []
        self.wrong: dict[str, int] = {}
        self.queries: list[dict[str, str]] = []

    def status_of(self, path: str) -> int:
        """Return the status of an answer, by its query or its path if a test has chosen one for either."""
        split = urlsplit(path)
        query = parse_qs(split.query).get("query", [""])[0]
        return self.wrong.get(query, self.wrong.get(split.path, self.status))

    def stop(self) -> None:
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()

    def fire(self, *labels: Mapping[str, str], **annotations: str) -> None:
        """Have alerts with these labels fire, and no others."""
        self.alerts = [{"labels": dict(one), "annotations": annotations, "state": "firing"} for one in labels]

    def told(self, path: str) -> Any:
        """Return what is answered at a path."""
        split = urlsplit(path)
        if split.path == "/api/v1/alerts":
            return {"status": "success", "data": {"alerts": self.alerts}}
        if split.path == "/api/v1/rules":
            return {"status": "success", "data": {"groups": [{"name": "tests", "rules": self.rules}]}}
        asked = {key: values[0] for key, values in parse_qs(split.query).items()}
        self.queries.append(asked)
        if split.path == "/api/v1/query_range":
            series = [{"metric": dict(labels), "values": [[at, str(value)] for at, value in points]}
                      for labels, points in self.series]  # fmt: skip
            return {"status": "success", "data": {"resultType": "matrix", "result": series}}
        if asked["query"] == "max(timestamp(up))":
            return _vector([] if self.newest is None else [({}, self.newest)])
        if (scalar := self.scalars.get(asked["query"])) is not None:
            return {"status": "success", "data": {"resultType": "scalar", "result": [0, str(scalar)]}}
        return _vector(self.samples.get(asked["query"], []))


def _vector(samples: Iterable[tuple[Mapping[str, str], float]]) -> dict[str, Any]:
    result = [{"metric": dict(labels), "value": [0, str(value)]} for labels, value in samples]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}
