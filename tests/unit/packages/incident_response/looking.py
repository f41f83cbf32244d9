# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions about what an intake has got, at its time, with runbooks and a Prometheus that tests choose."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.checks import Checks
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.choice import (
    Choices,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.context import (
    Contexts,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.cycle import Cycle
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.onset import Onsets
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
from ansible_collections.vigil.observability.packages.incident_response.incident_response.runs.acting import Acting
from ansible_collections.vigil.observability.packages.incident_response.incident_response.runs.dry_runs import DryRuns
from ansible_collections.vigil.observability.packages.incident_response.incident_response.runs.executor import Executor
from ansible_collections.vigil.observability.packages.incident_response.incident_response.runs.metrics import (
    AutomationMetrics,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.runs.pages import Pages
from ansible_collections.vigil.observability.packages.incident_response.incident_response.runs.places import Places
from ansible_collections.vigil.observability.packages.incident_response.incident_response.runs.rechecks import Rechecks
from ansible_collections.vigil.observability.packages.incident_response.incident_response.runs.silences import Silences
from ansible_collections.vigil.observability.packages.incident_response.incident_response.servers import (
    Answers,
    Server,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.output import (
    Output,
    output_of,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.spec import (
    Spec,
    StepError,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps.state import (
    Kind,
    State,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake

__all__ = ["Looking", "Reached", "Steps"]

_HOSTS = ["web1", "web2", "web3", "mon1", "mon2", "mon9"]


class Steps:
    """Attempts, of which tests choose how each ends; those without a choice go on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started: list[Spec] = []
        self.states: dict[str, State] = {}
        self.refused = self.broken = ""
        self.forgotten = 0.0
        self.cancelled: list[str] = []

    def start(self, spec: Spec) -> State:
        """Start an attempt unless it has started before."""
        if self.refused:
            raise StepError(self.refused)
        if spec.attempt not in self.names:
            self.started.append(spec)
        return self.state(spec.attempt)

    def state(self, name: str) -> State:
        """Return what is known of an attempt."""
        if self.broken:
            raise OSError(self.broken)
        kind = Kind.RUNNING if name in self.names else Kind.NEVER_STARTED
        return self.states.get(name, State(kind))

    def end(self, code: int | None = 0, *, said: str = "restarted", **result: Any) -> None:
        """Have the last attempt end, killed if it has no code."""
        last = self.started[-1].attempt
        self.states[last] = State(Kind.UNKNOWN) if code is None else State(Kind.FINISHED, code)
        result = {"changed": code == 0, "msg": said, **result}
        event = {"event": "failed" if code else "ok", "task": "Restart a service", "result": result}
        self.place(last).mkdir(parents=True)
        (self.place(last) / "events.jsonl").write_text(json.dumps(event) + "\n")

    def forget(self, before: float) -> None:
        """Note up to when attempts are forgotten."""
        self.forgotten = before

    def output(self, name: str) -> Output:
        """Return what an attempt has done."""
        return output_of(self.place(name))

    def cancel(self, name: str) -> State:
        """Note that an attempt took too long."""
        self.cancelled.append(name)
        return self.state(name)

    def place(self, name: str) -> Path:
        """Return the directory of an attempt."""
        return self._folder / name

    @property
    def names(self) -> list[str]:
        """Return the attempts that have started."""
        return [one.attempt for one in self.started]


class Reached(Protocol):
    """A server that is there, in this process or in another."""

    @property
    def url(self) -> str:
        """Return its URL."""


class Looking:
    """Looks at open incidents when a test says so; its engine is on mon9, its Prometheus on mon1."""

    def __init__(self, intake: Intake, replica: Reached, certificates: Certificates, folder: Path) -> None:
        self._intake, self._folder, self._ca_file = intake, folder, str(certificates.authority)
        self.targets = _HOSTS
        self.agreed: list[str] = []  # runbooks that may become root, on all of them
        self.steps_at_once = 4
        self.escalations: list[dict[str, Any]] = []
        self.executors: tuple[str, ...] = ("service", "awx")
        self.steps, self.awx = Steps(folder / "attempts"), Steps(folder / "jobs")
        self.known: dict[str, Executor] = {"service": self.steps, "awx": self.awx}
        self.alertmanagers: list[Server] = []
        self.run: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run
        self.prometheus = Prometheus([Server("mon1", replica.url, "me", "word", self._ca_file)])
        self.follow()

    def follow(self, *runbooks: dict[str, Any], interval: float = 0.0001, **guards: float) -> None:
        """Take other runbooks and guards, as a restart with another configuration does."""
        told = {"runbooks": list(runbooks), "hosts": _HOSTS, "engine": "mon9", "guards": guards}
        told |= {"steps_at_once": self.steps_at_once, "escalations": self.escalations}
        told["targets"] = {host: {"address": host, "root": self.agreed} for host in self.targets}
        rules = Rules.of(Described("automation", told), self._folder)
        checks = Checks(self.prometheus, self._ca_file)
        watches, answers = Watches(rules.runbooks, checks), Answers("Alertmanager")
        silences = Silences(self.alertmanagers, answers, rules.limits.silence)
        self._cycle = Cycle(
            self._intake.journal,
            self._intake.reader,
            self._intake.correlation,
            prometheus=self.prometheus,
            weights=Weights.of(Described("score", {})),
            contexts=Contexts(self.prometheus),
            choices=Choices(rules, self.prometheus, checks, silences),
            watches=watches,
            interval=interval,
            clock=lambda: self._intake.now,
        )
        executors = {one: self.known[one] for one in self.executors}
        rechecks = Rechecks(rules, self._intake.reader, self.prometheus, silences, lambda: self._intake.now)
        self.places = Places(known=True)
        self._acting = Acting(
            self._intake.journal,
            self._intake.reader,
            rules,
            rechecks=rechecks,
            watches=watches,
            silences=silences,
            executors=executors,
            places=self.places,
            clock=lambda: self._intake.now,
        )
        self._dry_runs = DryRuns(
            self._intake.journal,
            self._intake.reader,
            rules,
            rechecks=rechecks,
            executors=executors,
            places=self.places,
            clock=lambda: self._intake.now,
        )
        self._onsets = Onsets(
            self._intake.journal, self._intake.reader, self.prometheus, clock=lambda: self._intake.now
        )
        url = "https://mon9:9095/"
        self._pages = Pages(
            self.alertmanagers, answers, self._intake.reader, url, rules.escalations, clock=lambda: self._intake.now
        )

    def once(self) -> None:
        """Look at all of them."""
        self.run(self._cycle.once())

    def search(self) -> None:
        """Search the onset of new incidents."""
        self.run(self._onsets.once())

    def act(self, times: int = 1) -> None:
        """Look, and do what is next in every run, so many times."""
        self.once()
        for _time in range(times):
            self.run(self._acting.once())

    def observe(self, times: int = 1) -> None:
        """Look, and go on with what is run in check mode, so many times."""
        self.once()
        for _time in range(times):
            self.run(self._dry_runs.once())

    def metrics(self) -> AutomationMetrics:
        """Return the metrics of what is done."""
        return AutomationMetrics(self._intake.reader, self._acting, self._pages)

    def page(self) -> None:
        """Post what people have to know."""
        self.run(self._pages.once())

    def decisions(self, number: int = 1) -> list[dict[str, Any]]:
        """Look, and return what was decided so far about an incident."""
        self.once()
        found: list[dict[str, Any]] = self._intake.incident(number)["decisions"]
        return found
