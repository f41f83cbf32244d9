# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One alert and the run of its runbook, of which tests choose each event."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import named, notified
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.mesh import Mesh
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook

__all__ = ["DOWN", "FULL", "PEERS", "TWO", "UP", "Alone"]

DOWN = named("TargetDown", host="web1", job="node_exporter", instance="web1:9100", service="shop", team="sales")
UP = 'up{job="node_exporter", instance="web1:9100"}'
PEERS = 'max by (host) (up{job="node_exporter"})'
FULL = runbook(level="full")
TWO = runbook(
    level="full",
    steps=[{"step": "restart_service", "parameters": {"unit": "a"}}, {"step": "clear_cache", "parameters": {}}],
    rollback={"step": "run_script", "parameters": {"name": "undo"}},
)


class Alone:
    """An engine with one alert, of which a test moves the time."""

    def __init__(
        self, looking: Looking, intake: Intake, replica: Replica, mesh: Mesh, severity: str = DOWN["severity"]
    ) -> None:
        self.looking, self.intake, self.replica, self.mesh = looking, intake, replica, mesh
        self.steps = looking.steps
        labels = {**DOWN, "severity": severity}
        intake.notify(notified(labels))
        replica.fire(labels)
        self.see(0)

    def see(self, *values: float) -> None:
        """Have Prometheus see these values of what is verified."""
        self.replica.samples = {UP: [({}, one) for one in values], PEERS: [({"host": "web2"}, 1)]}

    def follow(self, *runbooks: dict[str, Any]) -> None:
        """Take these runbooks, and do what is next until something has started or nothing can."""
        self.looking.follow(*runbooks)
        self.looking.act(3)

    def fire_another(self) -> list[dict[str, Any]]:
        """Have an alert of another service fire on the same host, and return a runbook for each."""
        other = {**DOWN, "job": "blackbox_exporter", "instance": "web1:9115", "service": "store"}
        self.intake.notify(notified(other))
        self.replica.fire(DOWN, other)
        self.replica.samples |= {'up{job="blackbox_exporter", instance="web1:9115"}': [({}, 0)]}
        limit = {**FULL["limit"], "cooldown": 1}
        return [
            runbook(level="full", limit=limit, name=name, matchers=[{"label": "job", "operator": "=", "value": name}])
            for name in ("node_exporter", "blackbox_exporter")
        ]

    def go_on(self, seconds: float, step: float = 10) -> None:
        """Let time pass."""
        until = self.intake.now + seconds
        while self.intake.now < until:
            self.intake.now += step
            self.looking.act()
        self.looking.act(2)

    def finish(self) -> None:
        """Have what runs end well, and let the alert recover."""
        if self.steps.started and not self.steps.states:
            self.steps.end()
        self.see(1)
        self.go_on(100)

    def kinds(self) -> list[str]:
        """Return what the journal has since the decision."""
        kinds = [one["kind"] for one in self.intake.incident(1)["events"]]
        return kinds[kinds.index("decided") :]

    def lowered(self) -> list[tuple[str, str]]:
        """Return what was done to levels, and by whom."""
        with self.intake.reader.connected() as connection:
            rows = connection.execute("SELECT kind, source FROM event WHERE kind IN ('lowered', 'raised') ORDER BY id")
            return [(row["kind"], row["source"]) for row in rows]

    def why_lowered(self) -> dict[str, str]:
        """Return the runbooks that the journal has as lowered, each with the reason."""
        with self.intake.reader.connected() as connection:
            rows = connection.execute("SELECT detail FROM event WHERE kind = 'lowered'")
            return {told["runbook"]: told["reason"] for told in (json.loads(row["detail"]) for row in rows)}

    def ended(self) -> tuple[str, str]:
        """Return how the run ended, and why."""
        told = self.intake.incident(1)["decisions"][0]["verification"]
        return (told["outcome"], told["reason"]) if told else ("", "")
