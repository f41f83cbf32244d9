# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which receivers of Alertmanager get what is escalated, by priority, team, service and time, and one after another."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from ..described import ConfigurationError, Described
from ..journal.moments import moment

__all__ = ["Escalation", "Escalations", "Step"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHOLE_DAY = 24 * 60  # minutes


@dataclass(frozen=True)
class Step:
    """A receiver, and the seconds after which it gets an alert that nobody has acknowledged."""

    receiver: str
    after: float


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """A path, and what it is for: an empty set is everything. Its hours are minutes of the day, the end beyond them."""

    path: tuple[Step, ...]
    priorities: frozenset[str]
    teams: frozenset[str]
    services: frozenset[str]
    days: frozenset[str]
    begin: int
    end: int
    zone: tzinfo

    @classmethod
    def of(cls, entries: Described) -> Escalation:
        """Return an entry of the configuration. Raises ConfigurationError."""
        sets = {key: frozenset(entries.take(key, list, [])) for key in ("priorities", "teams", "services", "days")}
        found = cls(
            path=tuple(_step(Described("a step of path", one)) for one in entries.take("path", list)),
            **sets,
            begin=int(entries.weight("begin", 0)),
            end=int(entries.weight("end", _WHOLE_DAY)),
            zone=_zone(entries.take("time_zone", str, "UTC")),
        )
        entries.end()
        return found

    def fits(self, priority: str, labels: Mapping[str, str], at: float) -> bool:
        """Return whether it is for an alert with these labels at a time."""
        found = ((self.priorities, priority), (self.teams, labels.get("team")), (self.services, labels.get("service")))
        return all(not wanted or value in wanted for wanted, value in found) and self._lasts(at)

    def _lasts(self, at: float) -> bool:
        """Return whether a time is within the hours, of which those after midnight belong to the day before."""
        local = datetime.fromtimestamp(at, tz=self.zone)
        minute, past_midnight = 60 * local.hour + local.minute, self.end <= self.begin
        if past_midnight and minute < self.end:
            local, inside = local - timedelta(days=1), True
        else:
            inside = self.begin <= minute and (past_midnight or minute < self.end)
        return inside and (not self.days or _DAYS[local.weekday()] in self.days)


class Escalations:
    """The entries, of which the first that fits counts."""

    def __init__(self, entries: Sequence[Escalation] = ()) -> None:
        self._entries = entries

    @classmethod
    def of(cls, told: Sequence[Any]) -> Escalations:
        """Return those of the configuration. Raises ConfigurationError."""
        return cls([Escalation.of(Described(f"escalations[{number}]", one)) for number, one in enumerate(told)])

    def path(self, *, priority: str, labels: Mapping[str, str], at: float) -> tuple[Step, ...]:
        """Return who gets an alert that is escalated at a time; nobody, if Alertmanager decides by its labels."""
        return next((one.path for one in self._entries if one.fits(priority, labels, at)), ())

    def of_incident(self, found: Mapping[str, Any], events: Sequence[sqlite3.Row]) -> list[dict[str, str]]:
        """Return the path of what was escalated last of an open incident, each with when it is reached."""
        row = next((one for one in reversed(events) if one["kind"] == "escalated"), None)
        if row is None or found["state"] == "closed":
            return []
        return self.told(found, row["episode"], row["at"])

    def told(self, found: Mapping[str, Any], episode: int, at: float) -> list[dict[str, str]]:
        """Return who gets what people are sent about an alert since a time, each with when it is reached."""
        labels = next(one["labels"] for one in found["members"] if one["id"] == episode)
        path = self.path(priority=found["priority"], labels=labels, at=at)
        return [{"receiver": one.receiver, "at": moment(at + one.after)} for one in path]


def _step(entries: Described) -> Step:
    found = Step(entries.take("receiver", str), entries.weight("after", 0))
    entries.end()
    return found


def _zone(name: str) -> tzinfo:
    """Return a time zone; UTC is known to hosts without a database of zones, too."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:  # what it raises depends on what the name is taken for
        raise ConfigurationError(
            f"The host does not know the time zone {name} of escalations: correct it, or install the package tzdata."
        ) from error
