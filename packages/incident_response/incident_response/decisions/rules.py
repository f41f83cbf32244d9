# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By which rules decisions are made: runbooks, what guards require of all of them, and who gets what they leave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..described import ConfigurationError, Described
from ..people.escalations import Escalations
from ..steps import Host, StepError
from .runbook import ACTING, Runbook, runbooks

__all__ = ["Limits", "Rules"]

_SHORTEST_SILENCE = 30  # seconds, in which an Alertmanager that is slow has answered before it ends


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What guards require of all runbooks: runs an hour, the share of peers that are up and of runs that helped.

    A runbook at `full` is lowered after `failed_runs` that failed, or when too few of at least `verified_runs` helped.
    In seconds, `approval` is how long a step waits for one, `silence` how long people do not get the alert of a run
    after its engine has died.
    """

    runs_per_hour: int
    peers_up: float
    verified: float
    verified_runs: int
    failed_runs: int
    approval: float
    silence: float

    @classmethod
    def of(cls, entries: Described) -> Limits:
        """Return the limits; what is not given is as usual. Raises ConfigurationError."""
        found = cls(
            runs_per_hour=int(entries.seconds("runs_per_hour", 10)),
            peers_up=entries.seconds("peers_up", 0.8),
            verified=entries.seconds("verified", 0.8),
            verified_runs=int(entries.seconds("verified_runs", 5)),
            failed_runs=math.ceil(entries.seconds("failed_runs", 1)),
            approval=entries.seconds("approval", 900),
            silence=entries.seconds("silence", 180),
        )
        entries.end()
        if max(found.peers_up, found.verified) > 1:
            raise ConfigurationError("peers_up and verified of the guards have to be shares of at most 1.")
        if found.silence < _SHORTEST_SILENCE:
            raise ConfigurationError(f"silence of the guards has to be at least {_SHORTEST_SILENCE} seconds.")
        return found


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Runbooks, hosts that the inventory knows, the engine's own, limits of guards, and the file that stops all.

    `targets` are the hosts on which steps can be run, and how each is reached; so many steps run at once. `root` are
    the runbooks that may become root on each of them, as the hosts have agreed.
    """

    runbooks: tuple[Runbook, ...]
    hosts: frozenset[str]
    targets: Mapping[str, Host]
    root: Mapping[str, frozenset[str]]
    engine: str
    limits: Limits
    stop_file: Path
    steps_at_once: int
    escalations: Escalations

    def unreached(self, host: str, runbook: Runbook) -> str:
        """Return why a runbook can run no step on a host, an empty text if it can."""
        if host not in self.targets:
            return f"{host} is not deployed by runbook_targets.yml"
        if runbook.becomes_root and runbook.name not in self.root[host]:
            name = runbook.name
            return f"{host} does not let {name} become root: name {name} in runbook_target_root_runbooks of {host}"
        return ""

    @classmethod
    def of(cls, entries: Described, data_dir: Path) -> Rules:
        """Return the rules of a configuration. Raises ConfigurationError."""
        targets = {name: _target(name, told) for name, told in entries.take("targets", dict, {}).items()}
        found = cls(
            runbooks=runbooks(entries.take("runbooks", list, [])),
            hosts=frozenset(map(str, entries.take("hosts", list, []))),
            targets={name: host for name, (host, _agreed) in targets.items()},
            root={name: agreed for name, (_host, agreed) in targets.items()},
            engine=entries.take("engine", str, ""),
            limits=Limits.of(Described("guards", entries.take("guards", dict, {}))),
            stop_file=data_dir / "stop",
            steps_at_once=math.ceil(entries.seconds("steps_at_once", 4)),
            escalations=Escalations.of(entries.take("escalations", list, [])),
        )
        entries.end()
        for one in found.runbooks:
            commands = [check for check in (one.verification, one.precheck) if check and check.kind == "command"]
            if one.level in ACTING and commands:
                if one.executor != "service":
                    raise ConfigurationError(f"The runbook {one.name} checks by a command: awx cannot run it.")
                if any(not isinstance(part, str) for check in commands for part in check.text):
                    raise ConfigurationError(f"The runbook {one.name} checks by a command that a label would name.")
            named = {host for application in one.applications.values() for host in application.hosts}
            if one.target == "host":
                named.add(one.target_name)
            if unknown := sorted(named - found.hosts):
                raise ConfigurationError(f"The runbook {one.name} acts on {unknown[0]}, which is not among hosts.")
        return found


def _target(name: str, told: Any) -> tuple[Host, frozenset[str]]:
    """Return how a host is reached, refusing what is not one host, and which runbooks may become root there."""
    entries = Described(f"targets.{name}", told)
    try:
        found = Host(
            name=name,
            address=entries.take("address", str),
            port=int(entries.seconds("port", 22)),
            user=entries.take("user", str, "vigil-runbook"),
        )
    except StepError as error:
        raise ConfigurationError(str(error)) from error
    agreed = frozenset(map(str, entries.take("root", list, [])))
    entries.end()
    return found, agreed
