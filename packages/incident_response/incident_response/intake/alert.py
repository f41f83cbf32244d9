# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An alert, as Alertmanager's webhook and its API describe it. What it says is data: nothing of it is ever executed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["OWN", "Alert", "AlertError", "Notification", "causes_first", "listed", "notification"]

# What the engine posts to Alertmanager for people, which is no incident of its own.
OWN = ("IncidentEscalated", "IncidentNeedsApproval")

_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_LONGEST_ANNOTATION = 1000
_STATUSES = {"firing": False, "resolved": True}


class AlertError(ValueError):
    """What arrived is no notification or no list of alerts, for the reason in the message."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alert at one time. Times are in seconds since 1970; without an end, `ends_at` is None."""

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator: str
    starts_at: float
    ends_at: float | None
    resolved: bool = False
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notification:
    """What one Alertmanager sent: its address, its alerts, and how many it left out."""

    sender: str
    alerts: tuple[Alert, ...]
    left_out: int


def notification(told: Any) -> Notification:
    """Return what the webhook of version 4 says. Raises AlertError."""
    entries = _mapping(told, "the notification")
    if entries.get("version") != "4":
        raise AlertError("The notification is not one of version 4.")
    left_out = entries.get("truncatedAlerts", 0)
    return Notification(
        sender=_text(entries, "externalURL"),
        alerts=_foreign(_notified(one) for one in _list(entries.get("alerts"), "alerts")),
        left_out=left_out if isinstance(left_out, int) else 0,
    )


def listed(told: Any) -> tuple[Alert, ...]:
    """Return the alerts that `GET /api/v2/alerts` lists. Raises AlertError."""
    return _foreign(_listed(one) for one in _list(told, "the list of alerts"))


def causes_first(inhibited_by: Mapping[str, Iterable[str]]) -> list[str]:
    """Return fingerprints so that each comes after those by which it is inhibited, as far as these are among them."""
    found: dict[str, None] = {}
    begun: set[str] = set()

    def add(fingerprint: str) -> None:
        if fingerprint in inhibited_by and fingerprint not in begun:
            begun.add(fingerprint)  # rules may have alerts inhibit each other
            for cause in inhibited_by[fingerprint]:
                add(cause)
            found[fingerprint] = None

    for fingerprint in inhibited_by:
        add(fingerprint)
    return [*found]


def _foreign(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    return tuple(one for one in alerts if one.labels.get("alertname") not in OWN)


def _notified(told: Any) -> Alert:
    entries = _mapping(told, "an alert")
    status = entries.get("status")
    if status not in _STATUSES:
        raise AlertError(f"The status of an alert is {status!r}: it has to be firing or resolved.")
    return Alert(**_said(entries), resolved=_STATUSES[status])


def _listed(told: Any) -> Alert:
    entries = _mapping(told, "an alert")
    status = _mapping(entries.get("status"), "the status of an alert")
    return Alert(
        **_said(entries),
        silenced_by=tuple(_texts(status.get("silencedBy"))),
        inhibited_by=tuple(_texts(status.get("inhibitedBy"))),
    )


def _said(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Return what both describe in the same way."""
    fingerprint = _text(entries, "fingerprint")
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise AlertError(f"The fingerprint {fingerprint[:40]!r} of an alert is not one of Alertmanager's.")
    starts_at = _time(entries, "startsAt")
    if starts_at is None:
        raise AlertError(f"The alert {fingerprint} has no startsAt.")
    annotations = _strings(entries.get("annotations") or {}, "annotations")
    return {
        "fingerprint": fingerprint,
        "labels": _strings(entries.get("labels"), "labels"),
        "annotations": {name: _shortened(text) for name, text in annotations.items()},
        "generator": _shortened(str(entries.get("generatorURL") or "")),
        "starts_at": starts_at,
        "ends_at": _time(entries, "endsAt"),
    }


def _mapping(told: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise AlertError(f"{place[0].upper()}{place[1:]} is not a mapping.")
    return told


def _list(told: Any, place: str) -> Sequence[Any]:
    if not isinstance(told, list):
        raise AlertError(f"{place[0].upper()}{place[1:]} is not a list.")
    return told


def _strings(told: Any, place: str) -> Mapping[str, str]:
    entries = _mapping(told, place)
    if not all(isinstance(value, str) for value in entries.values()):
        raise AlertError(f"A value in the {place} of an alert is not a text.")
    return dict(sorted(entries.items()))


def _texts(told: Any) -> Iterator[str]:
    return (str(one) for one in told or ())


def _text(entries: Mapping[str, Any], key: str) -> str:
    if not isinstance(value := entries.get(key), str):
        raise AlertError(f"{key} is missing.")
    return value


def _time(entries: Mapping[str, Any], key: str) -> float | None:
    """Return a time in seconds since 1970, None for Go's zero time and for none at all."""
    if not (text := entries.get(key)):
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise AlertError(f"{key} is {str(text)[:40]!r}, which is not a time.") from None
    if moment.tzinfo is None:
        raise AlertError(f"{key} is {text!r}, which has no time zone.")
    return None if moment.year <= 1 else moment.timestamp()


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_ANNOTATION else f"{text[: _LONGEST_ANNOTATION - 1]}…"
