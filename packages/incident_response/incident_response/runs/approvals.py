# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps that wait for people, and their approvals, as the journal has them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from ..journal.entries import Entries

__all__ = ["Request", "approve", "requests"]

_EVENTS = "SELECT * FROM event WHERE incident = ? AND kind IN ('approval_wanted', 'approved', 'verified') ORDER BY id"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A step that waits for an approval, or did: its first attempt, the run, what is known of that, and since when.

    `state` is waiting, approved or ended; `by` is who approved it.
    """

    attempt: str
    decision: int
    episode: int
    step: int
    since: float
    until: float
    state: str
    by: str


def requests(connection: sqlite3.Connection, incident: int) -> list[Request]:
    """Return the requests of an incident, the oldest first."""
    rows = [(row, json.loads(row["detail"])) for row in connection.execute(_EVENTS, (incident,))]
    ended = {told["decision"] for row, told in rows if row["kind"] == "verified"}
    approved = {
        (told["decision"], told["step"]): row["source"].removeprefix("user ")
        for row, told in rows
        if row["kind"] == "approved"
    }
    found = []
    for row, told in rows:
        if row["kind"] == "approval_wanted":
            by = approved.get((told["decision"], told["step"]), "")
            state = "approved" if by else "ended" if told["decision"] in ended else "waiting"
            found.append(Request(**told, since=row["at"], episode=row["episode"], state=state, by=by))
    return found


def approve(entries: Entries, incident: int, attempt: str, text: str) -> str:
    """Approve the step that waits, of several the one by the name of its attempt; return why that cannot be done."""
    known = [one for one in requests(entries.connection, incident) if attempt in ("", one.attempt)]
    waiting = [one for one in known if one.state == "waiting" and entries.at < one.until]
    if len(waiting) > 1:
        return f"Several steps wait, so name one: {', '.join(one.attempt for one in waiting)}."
    if waiting:
        told = {"decision": waiting[0].decision, "step": waiting[0].step, "attempt": waiting[0].attempt}
        entries.event("approved", incident=incident, episode=waiting[0].episode, detail={**told, "text": text})
        return ""
    if not known:
        return f"No step of incident {incident} waits for an approval."
    last = known[-1]
    late = "waited too long for an approval" if last.state == "waiting" else "is not to be started any more"
    return f"{last.attempt} {f'was approved by {last.by} already' if last.by else late}."
