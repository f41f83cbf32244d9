# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""To which incident a new episode belongs: by what inhibits it, its service, what that needs, its host, and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from ..configuration import Application
from ..journal.entries import Entries

__all__ = ["Correlation"]


class Correlation:
    """Open incidents take what belongs to them for so many seconds after their last new episode."""

    def __init__(self, applications: Mapping[str, Application], window: float) -> None:
        self._window = window
        declared = {name: one.depends_on for name, one in applications.items()}
        self._needs = needs = {name: frozenset(_reached(name, declared)) for name in declared}
        self._needed_by = {name: frozenset(one for one in needs if name in needs[one]) for name in applications}

    def join(self, entries: Entries, service: str, host: str, inhibited_by: Sequence[str]) -> tuple[int, str]:
        """Return the incident of a new episode, made if there is none, and why it is that one."""
        found = next(self._found(entries, service, host, inhibited_by), None)
        if found is None:
            return entries.incident(), "nothing open belongs to it"
        entries.connection.execute("UPDATE open_incident SET joined_at = ? WHERE incident = ?", (entries.at, found[0]))
        return found

    def of_service(self, entries: Entries, service: str) -> int | None:
        """Return the open incident that a service belongs to, if there is one."""
        return next((number for number, _reason in self._found(entries, service, "", ())), None)

    def needs(self, service: str) -> frozenset[str]:
        """Return what a service depends on, directly or not."""
        return self._needs.get(service, frozenset())

    def _found(
        self, entries: Entries, service: str, host: str, inhibited_by: Sequence[str]
    ) -> Iterator[tuple[int, str]]:
        """Yield incidents that an episode belongs to, the best first."""
        for fingerprint in inhibited_by:
            for row in entries.connection.execute(
                "SELECT incident FROM open_episode JOIN episode ON episode.id = open_episode.episode"
                " WHERE open_episode.fingerprint = ?",
                (fingerprint,),
            ):
                yield row["incident"], f"the alert {fingerprint} of it inhibits this one"
        for column, values, reason in (
            ("service", {service}, "the same service, {0}"),
            ("service", self.needs(service), "{1} depends on {0}"),
            ("service", self._needed_by.get(service, frozenset()), "{0} depends on {1}"),
            ("host", {host}, "the same host, {0}"),
        ):
            for number, value in self._recent(entries, column, values - {""}):
                yield number, reason.format(value, service)

    def _recent(self, entries: Entries, column: str, values: AbstractSet[str]) -> Iterator[tuple[int, str]]:
        """Yield the newest incident that has one of these values and took something new within the window."""
        if values:
            row = entries.connection.execute(
                f"SELECT open_incident.incident, {column} FROM episode"  # noqa: S608 - the column is one of two of ours
                " JOIN open_incident ON open_incident.incident = episode.incident"
                f" WHERE {column} IN ({', '.join('?' * len(values))}) AND joined_at > ?"
                " ORDER BY open_incident.incident DESC LIMIT 1",
                (*sorted(values), entries.at - self._window),
            ).fetchone()
            if row is not None:
                yield row[0], row[1]


def _reached(name: str, needs: Mapping[str, Sequence[str]]) -> set[str]:
    """Return everything that one depends on, directly or not."""
    reached: set[str] = set()
    ahead = set(needs.get(name, ()))
    while ahead:
        reached |= ahead
        ahead = {below for one in ahead for below in needs.get(one, ())} - reached
    return reached - {name}
