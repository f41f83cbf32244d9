# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of open episodes, and what is written of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from ..journal.entries import Entries
from .alert import Alert

__all__ = ["OPEN", "happened", "labels_of", "moved", "open_row", "resolved"]

OPEN = "SELECT open_episode.*, incident, labels FROM open_episode JOIN episode ON episode.id = open_episode.episode"


def resolved(entries: Entries, row: sqlite3.Row, alert: Alert) -> str:
    """Write that an alert was resolved; its episode ends when no Alertmanager lists it."""
    ended_at = entries.at if alert.ends_at is None else alert.ends_at
    # One of the same start is of this episode, however short that was.
    if ended_at <= row["starts_at"] != alert.starts_at:
        return happened(entries, "late", row, {"ended_at": ended_at, "reason": "the episode started after this end"})
    if row["resolved_at"] is not None:
        return happened(entries, "repeated", row, {"reason": "the episode is resolved"})
    entries.connection.execute(
        "UPDATE open_episode SET noticed_at = ?, resolved_at = ? WHERE episode = ?",
        (entries.at, ended_at, row["episode"]),
    )
    return happened(entries, "resolved", row, {"ended_at": ended_at})


def moved(entries: Entries, row: sqlite3.Row, start: float) -> str:
    detail = {"from": row["starts_at"], "to": start, "reason": "the same episode with another start"}
    return happened(entries, "moved", row, detail)


def open_row(entries: Entries, fingerprint: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = entries.connection.execute(
        f"{OPEN} WHERE open_episode.fingerprint = ?",
        (fingerprint,),
    ).fetchone()
    return row


def happened(entries: Entries, kind: str, row: sqlite3.Row | None, detail: Mapping[str, Any]) -> str:
    """Write what happened to an episode, and return its kind."""
    incident, episode = (row["incident"], row["episode"]) if row else (None, None)
    entries.event(kind, incident=incident, episode=episode, detail=detail)
    return kind


def labels_of(alert: Alert) -> str:
    return json.dumps(alert.labels, ensure_ascii=False)
