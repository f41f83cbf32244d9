# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may look at, respond to and approve what, by team."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from .fields import ActionError

__all__ = ["EVERY_TEAM", "OURS", "RIGHTS", "Accounts", "listed"]

EVERY_TEAM = "*"
RIGHTS = ("look", "respond", "approve")  # each contains those before it
# Users that every engine has; a program that is in no incident's way has no right here.
OURS: Mapping[str, Mapping[str, str]] = {
    "admin": {EVERY_TEAM: "approve"},
    "grafana": {EVERY_TEAM: "look"},
    "alertmanager": {},
    "prometheus": {},
    "reporter": {},
}


class Accounts:
    """The right of each account, by team; one of all teams also counts for alerts without a team."""

    def __init__(self, declared: Mapping[str, Mapping[str, str]]) -> None:
        self._rights = {**declared, **OURS}

    def may(self, person: str, right: str, teams: Collection[str]) -> bool:
        """Return whether a person has a right for one of these teams."""
        held = self._rights.get(person, {})
        return any(RIGHTS.index(held[team]) >= RIGHTS.index(right) for team in (EVERY_TEAM, *teams) if team in held)

    def may_somewhere(self, person: str, right: str) -> bool:
        """Return whether a person has a right for any team."""
        return self.may(person, right, self._rights.get(person, {}))

    def names(self, right: str, teams: Collection[str]) -> list[str]:
        """Return who has a right for one of these teams."""
        return sorted(person for person in self._rights if self.may(person, right, teams))

    def require(self, person: str, right: str, team: str | None) -> None:
        """Refuse who has not this right for a team, for any of them if it is None. Raises ActionError."""
        if team is None:
            if not self.may_somewhere(person, right):
                raise ActionError(403, f"{person} may not {right}.")
        elif not self.may(person, right, {team}):
            raise ActionError(403, f"{person} may not {right} for {listed([] if team == EVERY_TEAM else [team])}.")


def listed(teams: Sequence[str]) -> str:
    """Return teams as a sentence has them."""
    return f"the team{'s' * (len(teams) > 1)} {', '.join(teams)}" if teams else "all teams"
