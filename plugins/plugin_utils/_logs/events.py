# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments and alerts of the time, beside what the logs show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.values import milliseconds_of
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import HOUR, Windows, shown_time

__all__ = ["Event", "events_of", "events_result", "leading_to"]

_STARTS = {"deployment": ("time", "start"), "alert": ("start", "startsAt", "first")}
_ENDS = ("end", "endsAt", "last")
_LEADS_TO = 2 * HOUR


@dataclass(frozen=True, order=True)
class Event:
    """What happened at `start`, in milliseconds; an alert lasts until `end`, or still does."""

    start: int
    kind: str
    title: str
    service: str
    end: int | None


def events_of(
    deployments: Sequence[Mapping[str, Any]], alerts: Sequence[Mapping[str, Any]], windows: Windows
) -> list[Event]:
    """Return the events that touch the window, or came shortly before it. Raises OperatorError for one without a time.

    Alerts are taken as Alertmanager gives them, as Prometheus gives the series ALERTS, as dashboard_data does, or by
    name, service, start and end.
    """
    given = [("deployment", each) for each in deployments] + [("alert", each) for each in alerts]
    events = sorted({_event(kind, each) for kind, each in given})
    since = windows.start - _LEADS_TO
    return [event for event in events if event.start < windows.end and (event.end or event.start) >= since]


def _event(kind: str, given: Mapping[str, Any]) -> Event:
    labels: Mapping[str, Any] = given.get("labels") or given.get("metric") or given
    named = next((labels[key] for key in ("alertname", "name", "version", "title") if labels.get(key)), kind)
    if given.get("values"):
        given = {"start": given["values"][0][0], "end": given["values"][-1][0]}
    starts = [milliseconds_of(given[key], UTC) for key in _STARTS[kind] if given.get(key) is not None]
    if not starts or starts[0] is None:
        raise OperatorError(
            f"The {kind} {named!r} has no readable time: give it {_STARTS[kind][0]}, such as 2026-01-31T08:00:00Z."
        )
    ends = [milliseconds_of(given[key], UTC) for key in _ENDS if given.get(key) is not None]
    title = f"{named} {labels['version']}" if labels.get("version") not in (None, named) else str(named)
    service = str(labels.get("service") or labels.get("job") or "")
    return Event(starts[0], kind, title, service, ends[0] if ends else None)


def events_result(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return events for the report."""
    return [
        {
            "kind": event.kind,
            "title": event.title,
            "service": event.service or None,
            "start": shown_time(event.start),
            "end": None if event.end is None else shown_time(event.end),
        }
        for event in events
    ]


def leading_to(events: Sequence[Event], service: str, time: int) -> list[str]:
    """Return what happened to a service, or to all, in the two hours before an instant, or was firing at it."""
    return [
        f"{event.kind} {event.title} {_ago(time - event.start)} before"
        for event in events
        if event.service in ("", service) and event.start <= time and (event.end or event.start) >= time - _LEADS_TO
    ]


def _ago(milliseconds: int) -> str:
    minutes = milliseconds // 60_000
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"  # noqa: PLR2004 - two hours in minutes
