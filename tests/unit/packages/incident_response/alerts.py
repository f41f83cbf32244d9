# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts as Alertmanager sends and lists them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

__all__ = ["NOW", "listing", "named", "notified", "webhook"]

NOW = 1_767_225_600.0
_ZERO = "0001-01-01T00:00:00Z"
Told = Mapping[str, Any]


def named(name: str = "HostDown", **labels: str) -> dict[str, str]:
    """Return the labels of an alert."""
    return {"alertname": name, "severity": "critical", **labels}


def notified(
    labels: Mapping[str, str], starts_at: float = NOW, *, ended_at: float | None = None, **changed: Any
) -> dict[str, Any]:
    """Return an alert of a notification, resolved if it has an end."""
    return {
        "status": "firing" if ended_at is None else "resolved",
        "labels": dict(labels),
        "annotations": {"summary": "It is down"},
        "startsAt": _text(starts_at),
        "endsAt": _ZERO if ended_at is None else _text(ended_at),
        "generatorURL": "http://prometheus/graph",
        "fingerprint": hashlib.sha256(json.dumps(sorted(labels.items())).encode()).hexdigest()[:16],
        **changed,
    }


def webhook(*alerts: Told, sender: str = "http://mon1:9093", **changed: Any) -> dict[str, Any]:
    """Return a notification."""
    return {
        "version": "4",
        "groupKey": "{}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "incident_response",
        "externalURL": sender,
        "alerts": list(alerts),
        **changed,
    }


def listing(
    labels: Mapping[str, str],
    starts_at: float = NOW,
    *,
    ends_at: float = NOW + 240,
    silenced_by: Sequence[str] = (),
    inhibited_by: Sequence[str] = (),
) -> dict[str, Any]:
    """Return an alert as the API lists it."""
    told = notified(labels, starts_at, endsAt=_text(ends_at))
    del told["status"]
    muted = {"silencedBy": list(silenced_by), "inhibitedBy": list(inhibited_by), "mutedBy": []}
    state = "suppressed" if silenced_by or inhibited_by else "active"
    return {**told, "updatedAt": _text(starts_at), "receivers": [], "status": {"state": state, **muted}}


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "123Z")
