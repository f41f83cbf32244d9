# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of an incident that a person stops: each is in the journal, and what runs of it is cancelled from there on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..decisions.runbook import acts
from ..journal.entries import Entries

__all__ = ["Stop", "running", "stop_runs"]

_EVENTS = "SELECT * FROM event WHERE incident = ? AND kind IN ('decided', 'verified', 'stop_wanted') ORDER BY id"


@dataclass(frozen=True)
class Stop:
    """When a run was stopped, and why it has ended then."""

    at: float
    reason: str

    @classmethod
    def of(cls, at: float, told: Mapping[str, Any]) -> Stop:
        """Return the stop that an event tells of."""
        text = " ".join(told["text"].split())
        return cls(at, f"{told['person']} stopped it: {text}" if text else f"{told['person']} stopped it")


def running(decisions: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the runs of an incident that go on: the `decision` and the `runbook` of each, and who `stopped` it.

    `attempt` is the name of the one that runs, empty between two; `stopped` is empty while nobody has.
    """
    stopped = {one["decision"]: one["person"] for one in events if one["kind"] == "stop_wanted"}
    return [
        {
            **{key: one[key] for key in ("decision", "runbook")},
            "attempt": next((each["attempt"] for each in one["attempts"] if not each["outcome"]), ""),
            "stopped": stopped.get(one["decision"], ""),
        }
        for one in decisions
        if _acts(one) and not one["verification"]
    ]


def stop_runs(entries: Entries, incident: int, person: str, text: str) -> int:
    """Have the runs of an incident that go on be stopped, and return how many were not stopped already."""
    found = [*_going_on(entries.connection, incident)]
    for decision, episode, runbook in found:
        detail = {"decision": decision, "runbook": runbook, "person": person, "text": text}
        entries.event("stop_wanted", incident=incident, episode=episode, detail=detail)
    return len(found)


def _going_on(connection: sqlite3.Connection, incident: int) -> Iterator[tuple[int, int, str]]:
    """Yield the decision, the episode and the runbook of each run that acts, and neither ended nor was stopped."""
    rows = [(row, json.loads(row["detail"])) for row in connection.execute(_EVENTS, (incident,))]
    over = {told["decision"] for row, told in rows if row["kind"] != "decided"}
    for row, told in rows:
        if row["kind"] == "decided" and row["id"] not in over and _acts(told):
            yield row["id"], row["episode"], told["runbook"]


def _acts(decided: Mapping[str, Any]) -> bool:
    return bool(decided["allowed"] and acts(decided["level"], decided.get("plan")))
