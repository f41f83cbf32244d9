# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the service for tests on another Python: prints where it answers, and fires and ends alerts as lines say."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    listing,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Lister

__all__ = ["Alerts"]


class Alerts:
    """Alerts of services that have no other one, so that each is an incident of its own."""

    def __init__(self, engine: Engine, lister: Lister) -> None:
        self._engine, self._lister = engine, lister
        self._firing: dict[str, tuple[dict[str, str], float]] = {}

    def fire(self, labels: dict[str, str]) -> int:
        """Return the number of the incident of a new alert."""
        self._firing[labels["service"]] = labels, time.time()
        self._list()
        self._engine.post(webhook(notified(*self._firing[labels["service"]])))
        return int(self._incident(labels["service"])["id"])

    def end(self, labels: dict[str, str]) -> int:
        """Return the number of the incident that has closed with its alert."""
        ended, began = self._firing.pop(labels["service"])
        self._list()
        self._engine.post(webhook(notified(ended, began, ended_at=time.time())))
        self._engine.wait_for(lambda: self._incident(labels["service"])["state"] == "closed")
        return int(self._incident(labels["service"])["id"])

    def lower(self, labels: dict[str, str]) -> int:
        """Have the runbook that is named as a service be lowered."""
        self._engine.lower(labels["service"])
        return 0

    def _list(self) -> None:
        later = time.time() + 3600
        self._lister.alerts = [listing(labels, began, ends_at=later) for labels, began in self._firing.values()]

    def _incident(self, service: str) -> Any:
        found = self._engine.get("/api/incidents?state=all").json()["incidents"]
        return next(one for one in found if service in one["services"])


def main(folder: Path) -> None:
    """Serve until the end of the input."""
    for part in ("engine", "certificates"):
        (folder / part).mkdir()
    certificates = Certificates(folder / "certificates")
    with Lister() as lister, Engine(folder / "engine", certificates, [lister.url]) as engine:
        engine.start()
        alerts = Alerts(engine, lister)
        address = f"https://127.0.0.1:{engine.port}"
        print(json.dumps({"url": address, "ca_path": str(certificates.authority)}), flush=True)
        for line in sys.stdin:
            told = json.loads(line)
            print(json.dumps(getattr(alerts, told["do"])(told["labels"])), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
