# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was decided before, as the journal has it: every run that was allowed, and what its verification found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .runbook import acts

__all__ = ["FAILED", "OUTCOMES", "STOPPED", "UNAPPROVED", "History", "Run", "history", "last_decision"]

STOPPED = "stopped"  # the outcome of a run that people ended, or that had nothing to do any more
UNAPPROVED = "unapproved"
FAILED = ("failing", "worse")  # outcomes of runs that certainly did not help
OUTCOMES = ("recovered", "failing", "worse", "unknown", UNAPPROVED, STOPPED)

# Each has an index of its own.
_DECIDED = (
    "SELECT event.*, labels FROM event JOIN episode ON episode.id = event.episode"
    " WHERE kind = 'decided' AND event.at > ? ORDER BY event.at, event.id"
)
_VERIFIED = "SELECT * FROM event WHERE kind = 'verified' AND at > ? ORDER BY at, id"
_LONGEST = 30 * 86400.0  # seconds, before which nothing is asked for


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a runbook on hosts for an alert with `labels`, by the number of its decision.

    Its outcome is empty until it is verified; `bad_before` is how many series were bad before it.
    At the levels `observe` and `manual` it would have been one: it has not acted. At `observe`, its plan is run in
    check mode.
    """

    decision: int
    episode: int
    incident: int
    runbook: str
    hosts: tuple[str, ...]
    at: float
    labels: Mapping[str, str]
    bad_before: int | None
    outcome: str
    acted: bool
    level: str
    plan: tuple[Mapping[str, Any], ...]
    rollback: Mapping[str, Any] | None
    digest: str
    executor: str

    @property
    def key(self) -> str:
        """Return its name, by which hosts and executors know it.

        With the time of its decision, it is not given again by an engine whose journal begins anew.
        """
        return f"inc-{self.incident}-d{self.decision}-{self.at:.0f}"

    @property
    def acts(self) -> bool:
        """Return whether it has steps that the engine runs."""
        return acts(self.level, self.plan)


@dataclass(frozen=True)
class History:
    """Runs, the newest last; why runbooks are lowered to `partial`, and when people raised others again."""

    runs: tuple[Run, ...]
    lowered: Mapping[str, str] = field(default_factory=dict)
    raised: Mapping[str, float] = field(default_factory=dict)

    def on(self, runbook: str, host: str, since: float) -> list[Run]:
        """Return the runs of a runbook on a host since a time."""
        return [one for one in self.runs if one.runbook == runbook and host in one.hosts and one.at > since]

    def going_on(self, runbook: str = "") -> list[Run]:
        """Return the runs of a runbook, or of all, that are not verified yet."""
        return [one for one in self.runs if one.runbook == (runbook or one.runbook) and not one.outcome]

    def since(self, at: float) -> list[Run]:
        """Return all runs since a time."""
        return [one for one in self.runs if one.at > at]

    def verified(self, runbook: str) -> list[Run]:
        """Return the runs of a runbook since it was raised that have changed something and that nobody stopped."""
        since = [one for one in self.since(self.raised.get(runbook, 0)) if one.runbook == runbook]
        return [one for one in since if one.acted and one.outcome not in ("", STOPPED)]


def history(connection: sqlite3.Connection, at: float, within: float = _LONGEST) -> History:
    """Return what was allowed in the last 30 days, or within fewer seconds."""
    outcomes = {}
    for row in connection.execute(_VERIFIED, (at - within,)):
        told = json.loads(row["detail"])
        outcomes[told["decision"]] = told
    runs = []
    for row in connection.execute(_DECIDED, (at - within,)):
        told = json.loads(row["detail"])
        if told["allowed"]:
            verified = outcomes.get(row["id"], {})
            runs.append(
                Run(
                    decision=row["id"],
                    episode=row["episode"],
                    incident=row["incident"],
                    runbook=told["runbook"],
                    hosts=tuple(told["hosts"]),
                    at=row["at"],
                    labels=json.loads(row["labels"]),
                    bad_before=told["bad_before"],
                    outcome=verified.get("outcome", ""),
                    acted=verified.get("acted", False),
                    level=told["level"],
                    # Decisions of a release that did not act have none.
                    plan=tuple(told.get("plan", ())),
                    rollback=told.get("rollback"),
                    digest=told.get("digest", ""),
                    executor=told.get("executor", "service"),
                )
            )
    trust = connection.execute("SELECT * FROM open_trust").fetchall()
    return History(
        tuple(runs),
        lowered={row["runbook"]: row["reason"] for row in trust if row["lowered"]},
        raised={row["runbook"]: row["at"] for row in trust if not row["lowered"]},
    )


def last_decision(connection: sqlite3.Connection, episode: int) -> Mapping[str, Any] | None:
    """Return what the last decision about an alert says, None without one."""
    row = connection.execute(
        "SELECT detail FROM event WHERE episode = ? AND kind = 'decided' ORDER BY id DESC LIMIT 1", (episode,)
    ).fetchone()
    return json.loads(row["detail"]) if row else None
