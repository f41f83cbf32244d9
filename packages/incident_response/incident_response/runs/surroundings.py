# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has become of the rest of an incident since a run has acted: alerts that joined it, peers that went down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..decisions.guards import muted_by_people
from ..decisions.history import Run
from ..decisions.peers import healthy, others, peers, peers_query
from ..decisions.prometheus import Active, Prometheus
from ..journal.reading import SEVERITIES, Reader
from .silences import Silences

__all__ = ["Surroundings"]

_JOINED = (
    "SELECT episode.*, muted FROM episode JOIN open_episode ON open_episode.episode = episode.id"
    " WHERE incident = ? AND episode.id != ? AND episode.at > ? AND resolved_at IS NULL ORDER BY episode.id"
)
_NAMED = 3  # alerts or hosts that a reason names


@dataclass(frozen=True)
class _Joined:
    labels: Mapping[str, str]
    starts_at: float

    def named(self) -> str:
        name, host = self.labels.get("alertname", "an alert"), self.labels.get("host", "")
        return f"{name} on {host}" if host else name


class Surroundings:
    """Asks what is worse than when a run began to act, beside what its verification is about.

    What is not known is not worse.
    """

    def __init__(self, reader: Reader, prometheus: Prometheus, silences: Silences, peers_up: float) -> None:
        """Take the share of peers that has to be up, as the guard does that is asked before a run."""
        self._reader, self._prometheus = reader, prometheus
        self._silences, self._peers_up = silences, peers_up

    async def worse(self, run: Run, began: float) -> str:
        """Return why the incident is worse than when a run began to act, an empty text if it is not."""
        return await self._alerts(run, began) or await self._peers(run, began)

    async def _alerts(self, run: Run, began: float) -> str:
        """Return which alerts have joined: as severe as its own, and neither explained nor active before it acted."""
        if not (found := await asyncio.to_thread(self._joined, run, began)):
            return ""
        active = await self._prometheus.active() or ()
        if not (new := [one for one in found if _active_at(one, active) > began]):
            return ""
        return f"{_listed([one.named() for one in new])} joined the incident since the first step"

    def _joined(self, run: Run, began: float) -> list[_Joined]:
        """Return the alerts of others that fire, as far as a run does not explain them.

        It does for those that its own silence mutes, which are its alert with more labels, and for those of its service
        on its hosts: a restart makes them, and what becomes of the service there is what is verified.
        """
        with self._reader.connected() as connection:
            rows = connection.execute(_JOINED, (run.incident, run.episode, began)).fetchall()
        own = self._silences.own
        rows = [row for row in rows if not muted_by_people(json.loads(row["muted"]), own)]
        found = [_Joined(json.loads(row["labels"]), row["starts_at"]) for row in rows]
        return [one for one in found if not _explained(run, one.labels) and _rank(one.labels) <= _rank(run.labels)]

    async def _peers(self, run: Run, began: float) -> str:
        """Return which peers went down, if fewer are up than have to be before a run."""
        now = others(await peers(self._prometheus, peers_query(run.labels, run.hosts)) or {}, run.hosts)
        if healthy(now, self._peers_up):
            return ""
        before = await peers(self._prometheus, peers_query(run.labels, run.hosts, began)) or {}
        if not (down := sorted(name for name, up in now.items() if not up and before.get(name))):
            return ""
        return f"{_listed(down)} went down since the first step: {sum(now.values())} of {len(now)} peers are up"


def _explained(run: Run, labels: Mapping[str, str]) -> bool:
    same_service = labels.get("service", "") == run.labels.get("service", "")
    return run.labels.items() <= labels.items() or (labels.get("host") in run.hosts and same_service)


def _rank(labels: Mapping[str, str]) -> int:
    """Return the place of a severity, the most severe first; one that is not ours comes last."""
    severity = labels.get("severity", "")
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _active_at(one: _Joined, active: Sequence[Active]) -> float:
    """Return since when the condition of an alert holds, or since when it fires if no Prometheus has it."""
    return min((each.active_at for each in active if each.labels.items() <= one.labels.items()), default=one.starts_at)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])} and {more} more" if more > 0 else ", ".join(names)
