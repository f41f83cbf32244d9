# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions about what an intake has got, at its time, with runbooks and a Prometheus that tests choose."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.checks import Checks
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.choice import (
    Choices,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.context import (
    Contexts,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.cycle import Cycle
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.prometheus import (
    Prometheus,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.rules import Rules
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.watching import (
    Watches,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.weights import (
    Weights,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.described import Described
from ansible_collections.vigil.observability.packages.incident_response.incident_response.servers import Server
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica

__all__ = ["Looking"]

_HOSTS = ["web1", "web2", "web3", "mon1", "mon2", "mon9"]


class Looking:
    """Looks at open incidents when a test says so; its engine is on mon9, its Prometheus on mon1."""

    def __init__(self, intake: Intake, replica: Replica, certificates: Certificates, folder: Path) -> None:
        self._intake, self._folder, self._ca_file = intake, folder, str(certificates.authority)
        self.prometheus = Prometheus([Server("mon1", replica.url, "me", "word", self._ca_file)])
        self.follow()

    def follow(self, *runbooks: dict[str, Any], interval: float = 0.0001, **guards: float) -> None:
        """Take other runbooks and guards, as a restart with another configuration does."""
        told = {"runbooks": list(runbooks), "hosts": _HOSTS, "engine": "mon9", "guards": guards}
        rules = Rules.of(Described("automation", told), self._folder)
        checks = Checks(self.prometheus, self._ca_file)
        self._cycle = Cycle(
            self._intake.journal,
            self._intake.reader,
            self._intake.correlation,
            prometheus=self.prometheus,
            weights=Weights.of(Described("score", {})),
            contexts=Contexts(self.prometheus),
            choices=Choices(rules, self.prometheus, checks),
            watches=Watches(rules.runbooks, checks),
            interval=interval,
            clock=lambda: self._intake.now,
        )

    def once(self) -> None:
        """Look at all of them."""
        asyncio.run(self._cycle.once())

    def decisions(self, number: int = 1) -> list[dict[str, Any]]:
        """Look, and return what was decided so far about an incident."""
        self.once()
        found: list[dict[str, Any]] = self._intake.incident(number)["decisions"]
        return found
