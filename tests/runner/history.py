"""What is known of jobs from earlier runs on this machine, in the cache that all checkouts share."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.tests.runner.results import Outcome

__all__ = ["Cost", "History"]

KEPT_PASSES = 50


@dataclass(frozen=True)
class Cost:
    """The seconds a job took, and those it kept a processor busy outside the test hosts."""

    seconds: float
    processor_seconds: float


# What the jobs cost on two idle cores: the order of a machine's first run.
_FIRST = {
    "unit": Cost(256, 161),
    "molecule_stack": Cost(234, 57),
    "molecule_prometheus": Cost(223, 49),
    "molecule_metrics": Cost(217, 57),
    "unit_hosts_oldest": Cost(208, 121),
    "sanity_newest": Cost(206, 143),
    "molecule_rollback": Cost(174, 62),
    "molecule_logs": Cost(169, 42),
    "molecule_ssh": Cost(160, 52),
    "unit_hosts_newest": Cost(154, 72),
    "elasticsearch_modules": Cost(131, 99),
    "jaeger_storage": Cost(150, 35),
    "ansible_lint": Cost(121, 63),
    "molecule_certificates": Cost(117, 55),
    "demo": Cost(101, 15),
    "molecule_grafana": Cost(75, 29),
}
_SHORT = Cost(20, 20)


class History:
    """What jobs cost, and the inputs with which they passed."""

    def __init__(self, cache: Path) -> None:
        self.folder = cache / "jobs"

    def _read(self, job: str) -> dict[str, Any]:
        """Return what was remembered of a job; a file that cannot be read is one that is not there."""
        try:
            return dict(json.loads((self.folder / f"{job}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def cost(self, job: str) -> Cost:
        """Return what a job cost when it passed here last."""
        known = self._read(job)
        return Cost(*known["cost"]) if known else _FIRST.get(job, _SHORT)

    def passed_at(self, job: str, digest: str) -> float | None:
        """Return when a job passed with inputs of this digest, in seconds since the epoch."""
        at: float | None = self._read(job).get("passed", {}).get(digest)
        return at

    def record(self, outcome: Outcome, digest: str | None) -> None:
        """Remember that a job passed, what it cost, and its inputs when they are known."""
        passed = self._read(outcome.job).get("passed", {}) | ({digest: time.time()} if digest else {})
        latest = dict(sorted(passed.items(), key=lambda one: one[1])[-KEPT_PASSES:])
        cost = [round(outcome.seconds, 1), round(outcome.processor_seconds, 1)]
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / f"{outcome.job}.json.{os.getpid()}"
        new.write_text(json.dumps({"cost": cost, "passed": latest}), encoding="utf-8")
        new.replace(self.folder / f"{outcome.job}.json")
