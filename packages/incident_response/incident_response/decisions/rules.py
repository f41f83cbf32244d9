# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By which rules decisions are made: runbooks, and what guards require of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..described import ConfigurationError, Described
from .runbook import Runbook, runbooks

__all__ = ["Limits", "Rules"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What guards require of all runbooks: runs an hour, the share of peers that are up and of runs that helped."""

    runs_per_hour: int
    peers_up: float
    verified: float
    verified_runs: int

    @classmethod
    def of(cls, entries: Described) -> Limits:
        """Return the limits; what is not given is as usual. Raises ConfigurationError."""
        found = cls(
            runs_per_hour=int(entries.seconds("runs_per_hour", 10)),
            peers_up=entries.seconds("peers_up", 0.8),
            verified=entries.seconds("verified", 0.8),
            verified_runs=int(entries.seconds("verified_runs", 5)),
        )
        entries.end()
        if max(found.peers_up, found.verified) > 1:
            raise ConfigurationError("peers_up and verified of the guards have to be shares of at most 1.")
        return found


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Runbooks, hosts that the inventory knows, the engine's own, limits of guards, and the file that stops all."""

    runbooks: tuple[Runbook, ...]
    hosts: frozenset[str]
    engine: str
    limits: Limits
    stop_file: Path

    @classmethod
    def of(cls, entries: Described, data_dir: Path) -> Rules:
        """Return the rules of a configuration. Raises ConfigurationError."""
        found = cls(
            runbooks=runbooks(entries.take("runbooks", list, [])),
            hosts=frozenset(map(str, entries.take("hosts", list, []))),
            engine=entries.take("engine", str, ""),
            limits=Limits.of(Described("guards", entries.take("guards", dict, {}))),
            stop_file=data_dir / "stop",
        )
        entries.end()
        for one in found.runbooks:
            named = {host for hosts in one.applications.values() for host in hosts}
            if one.target == "host":
                named.add(one.target_name)
            if unknown := sorted(named - found.hosts):
                raise ConfigurationError(f"The runbook {one.name} acts on {unknown[0]}, which is not among hosts.")
        return found
