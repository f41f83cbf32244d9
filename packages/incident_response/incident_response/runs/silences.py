# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Silences of alerts on which the engine acts: short, so that people get the alert soon after it has died."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from ..decisions.history import Run
from ..journal.moments import moment
from ..servers import Answers, Server, answer

__all__ = ["Silences"]

_TERM = 180.0  # seconds of a silence
_RENEWED = 60.0  # seconds after which it is renewed
_BY = "incident_response"


class Silences:
    """The silences in every Alertmanager, one for each run, which its comment names."""

    def __init__(self, alertmanagers: Sequence[Server], answers: Answers) -> None:
        self._alertmanagers, self._answers = alertmanagers, answers
        self._held_until: dict[int, float] = {}
        self._own: set[str] = set()

    def own(self) -> Collection[str]:
        """Return the ids of those that are ours, as far as an Alertmanager has listed them."""
        return self._own

    async def hold(self, run: Run, at: float) -> None:
        """Have every Alertmanager that answers keep the alert of a run from people for the next minutes."""
        if at < self._held_until.get(run.decision, 0.0) - _TERM + _RENEWED:
            return
        self._held_until[run.decision] = at + _TERM

        async def hold_in(server: Server) -> str:
            same = [one for one in await self._listed(server) if _decision(one) == run.decision]
            # One that is there is prolonged; in a mesh, it is that of another member.
            known = {key: same[0][key] for key in ("id", "startsAt")} if same else {}
            told = await answer(server, "/api/v2/silences", body=_silence(run, at) | known)
            return str(told["silenceID"])

        # One after the other, so that the members of a mesh prolong one silence rather than make two.
        for one in self._alertmanagers:
            if number := await self._answers.of(one, hold_in):
                self._own.add(number)

    async def find(self) -> None:
        """Find those that are there since before a start of the engine."""
        await asyncio.gather(*(self._answers.of(one, self._listed) for one in self._alertmanagers))

    async def _listed(self, server: Server) -> list[Any]:
        listed = await answer(server, "/api/v2/silences")
        found = [one for one in listed if one["createdBy"] == _BY and one["status"]["state"] != "expired"]
        self._own |= {one["id"] for one in found}
        return found


def _silence(run: Run, at: float) -> dict[str, Any]:
    matchers = [{"name": key, "value": value, "isRegex": False, "isEqual": True} for key, value in run.labels.items()]
    return {
        "matchers": matchers,
        "startsAt": moment(at),
        "endsAt": moment(at + _TERM),
        "createdBy": _BY,
        "comment": f"inc-{run.incident}-d{run.decision}: {run.runbook} works on it",
    }


def _decision(silence: Any) -> int:
    """Return the decision that a silence is for, 0 for one that says none."""
    number = silence["comment"].partition(":")[0].rpartition("-d")[2]
    return int(number) if number.isascii() and number.isdigit() else 0
