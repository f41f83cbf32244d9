# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Silences of alerts on which the engine acts: short, so that people get the alert soon after it has died."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ..decisions.history import Run
from ..journal.moments import moment
from ..servers import Answers, Server, ahead, answer

__all__ = ["Silences"]

_RENEWED = 1 / 3  # of its term, after which a silence is renewed
_GOSSIP = 2.0  # seconds in which one member of a mesh knows what another has
_AGAIN = 10.0  # seconds after which one that did not answer is asked again
_BY = "incident_response"


class Silences:
    """The silences in every Alertmanager, one for each run, which its comment names; each ends after its term."""

    def __init__(self, alertmanagers: Sequence[Server], answers: Answers, term: float) -> None:
        self._alertmanagers, self._answers, self._term = alertmanagers, answers, term
        self._due: dict[tuple[str, str], float] = {}
        self._of_runs: dict[str, set[str]] = {}
        self._taken_over: set[str] = set()
        self._unlisted = {one.name: 0.0 for one in alertmanagers}

    @property
    def own(self) -> Collection[str]:
        """Return the ids of those of engines, as far as an Alertmanager has listed them.

        What an engine on another host has left keeps nobody from acting: that the two do not act at once is for the
        host to see to.
        """
        return set().union(*self._of_runs.values())

    def of(self, run: Run) -> list[str]:
        """Return the ids of those of a run, also of those that have ended since."""
        return sorted(self._of_runs.get(run.key, ()))

    async def hold(self, run: Run, at: float) -> None:
        """Have every Alertmanager that answers keep the alert of a run from people for the next minutes."""

        async def hold_in(server: Server) -> str:
            same = _of(run, await self._listed(server))
            # One that is there is prolonged; in a mesh, it is that of another member.
            known = {key: same[0][key] for key in ("id", "startsAt")} if same else {}
            # It ends by the clock of the server.
            now = at + ahead(server)
            body = _silence(run, now, now + self._term) | known
            told = await answer(server, "/api/v2/silences", method="POST", body=body)
            return str(told["silenceID"])

        longest = max(self._term, _AGAIN, len(self._alertmanagers) * _GOSSIP)
        for place, one in enumerate(self._alertmanagers):
            # Other members of a mesh know it by then; those of no mesh need one of their own.
            due = self._due.setdefault((run.key, one.name), at + place * _GOSSIP)
            if _is_due(due, at, longest):
                number = await self._answers.of(one, hold_in)
                if number:
                    self._of_runs.setdefault(run.key, set()).add(number)
                self._due[run.key, one.name] = at + (_RENEWED * self._term if number else _AGAIN)

    async def drop(self, run: Run) -> None:
        """Have every Alertmanager that answers deliver the alert of a run again."""

        async def drop_in(server: Server) -> None:
            for one in _of(run, await self._listed(server)):
                await answer(server, f"/api/v2/silence/{one['id']}", method="DELETE")

        for one in self._alertmanagers:
            self._due.pop((run.key, one.name), None)
            await self._answers.of(one, drop_in)

    async def find(self, at: float) -> None:
        """Find those that are there since before a start of the engine, unless every Alertmanager was asked already."""
        for one in self._alertmanagers:
            if one.name in self._unlisted and _is_due(self._unlisted[one.name], at, _AGAIN):
                self._unlisted[one.name] = at + _AGAIN
                if (found := await self._answers.of(one, self._listed)) is not None:
                    self._taken_over |= {_key(silence) for silence in found}
                    del self._unlisted[one.name]

    def taken_over(self) -> set[str]:
        """Return the keys of the runs for which there were silences before a start, each once."""
        found, self._taken_over = self._taken_over, set()
        return found

    async def _listed(self, server: Server) -> list[Any]:
        listed = await answer(server, "/api/v2/silences")
        found = [one for one in listed if one["createdBy"] == _BY and one["status"]["state"] != "expired"]
        for one in found:
            self._of_runs.setdefault(_key(one), set()).add(one["id"])
        return found


def _is_due(due: float, at: float, longest: float) -> bool:
    """Return whether something is due, of which nobody waits longer than that: a clock may have been set back."""
    return not at < due <= at + longest


def _silence(run: Run, at: float, until: float) -> dict[str, Any]:
    matchers = [{"name": key, "value": value, "isRegex": False, "isEqual": True} for key, value in run.labels.items()]
    return {
        "matchers": matchers,
        "startsAt": moment(at),
        "endsAt": moment(until),
        "createdBy": _BY,
        "comment": f"{run.key}: {run.runbook} works on it",
    }


def _of(run: Run, silences: Iterable[Any]) -> list[Any]:
    return [one for one in silences if _key(one) == run.key]


def _key(silence: Any) -> str:
    """Return the key of the run that a silence is for.

    A decision alone may have the number of another one: an engine on a new host begins anew.
    """
    return str(silence["comment"].partition(":")[0])
