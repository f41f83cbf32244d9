# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a service on this host, and what has to change to reach a deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from .._host.systemd import UnitState
from .._host.tree import target_of
from .definition import Deployment
from .record import Record
from .unrecorded import running_deployment

__all__ = ["HostState", "ProcessAction"]


class ProcessAction(Enum):
    """What is done to the process of a service."""

    NONE = "none"
    INSTALLED = "installed"
    STARTED = "started"
    RELOADED = "reloaded"
    RESTARTED = "restarted"


@dataclass(frozen=True)
class HostState:
    """The record, and what actually exists, which takes precedence over the record."""

    record: Record
    state: UnitState
    unit_path: Path
    unit: str | None
    links: dict[str, str | None]  # those wanted and those recorded
    companions: dict[str, str | None]  # units beside it, by path, those wanted and those recorded
    silent: tuple[str, ...] = ()  # sockets among them that do not listen, now or after a restart
    missing: tuple[Path, ...] = ()  # directories the service is to write to and cannot yet
    unrecorded: bool = False  # no record was there, and what runs is taken for the last that worked

    @classmethod
    def read(
        cls,
        desired: Deployment,
        *,
        record: Path,
        state: UnitState,
        unit: Path,
        missing: Iterable[Path],
        listens: Callable[[str], bool],
    ) -> HostState:
        """Return the state of this host; whether a socket listens, by its path. Raises OSError and RecordError."""
        known = Record.read(record)
        runs = None if record.exists() else running_deployment(desired, state=state, unit=unit)
        if runs:
            known = Record(active=runs)
        names = {*desired.links, *(known.active.links if known.active else {})}
        links = {name: target_of(Path(name)) for name in sorted(names)}
        beside = {*desired.companions, *(known.active.companions if known.active else {})}
        return cls(
            record=known,
            state=state,
            unit_path=unit,
            unit=_content(unit),
            companions={path: _content(Path(path)) for path in sorted(beside)},
            silent=tuple(path for path in desired.companions if path.endswith(".socket") and not listens(path)),
            links={name: None if target is None else str(target) for name, target in links.items()},
            missing=tuple(missing),
            unrecorded=runs is not None,
        )

    def action_towards(self, desired: Deployment, *, reload: bool) -> ProcessAction:
        """Return what must be done to the process; whether it can reload its configuration."""
        active = self.record.active
        if active is None:
            return ProcessAction.INSTALLED
        if not self.state.running:
            return ProcessAction.STARTED
        if self._needs_restart(active, desired):
            return ProcessAction.RESTARTED
        if not desired.has_config_of(active) or self.links_wrong(desired, desired.config):
            return ProcessAction.RELOADED if reload else ProcessAction.RESTARTED
        return ProcessAction.NONE if self.state.enabled else ProcessAction.STARTED

    def _needs_restart(self, active: Deployment, desired: Deployment) -> bool:
        untrusted = not self.record.known_good or self.state.stale
        edited = self.unit != desired.unit or bool(self.links_wrong(desired, desired.release))
        return untrusted or edited or desired.needs_restart_after(active)

    def links_wrong(self, desired: Deployment, target: str | None = None) -> list[str]:
        """Return the links that do not point where they should, those to target only when one is given."""
        wanted: dict[str, str | None] = {**dict.fromkeys(self.links), **desired.links}
        names = wanted if target is None else [name for name, aim in desired.links.items() if aim == target]
        return [name for name in names if self.links[name] != wanted[name]]

    def companions_wrong(self, desired: Deployment) -> bool:
        """Return whether a unit beside that of the service is not as it should be."""
        return bool(self.silent) or any(text != desired.companions.get(path) for path, text in self.companions.items())

    def lines(self) -> list[str]:
        """Return one line for each part, in the form of Deployment.lines()."""
        recorded = self.record.active.lines() if self.record.active else []
        told = {line.partition(" (staged")[0]: line for line in recorded}
        linked = [f"{name} -> {target}" for name, target in self.links.items() if target]
        watched = [line for line in recorded if " -> " not in line]
        return [told.get(line, line) for line in linked] + watched

    def diff(self, desired: Deployment) -> list[dict[str, str]]:
        """Return what would change as Ansible shows it: the unit, then all else."""
        now = [
            f"enabled: {self.state.enabled}",
            f"running: {self.state.running}",
            f"known good: {self.record.known_good}",
        ]
        now += [f"{path}: missing or not its own" for path in self.missing]
        now += [f"{path}: does not listen" for path in self.silent]
        then = ["enabled: True", "running: True", "known good: True", *(f"{path}: its own" for path in self.missing)]
        then += [f"{path}: listens" for path in self.silent]
        pairs = {
            str(self.unit_path): (self.unit or "", desired.unit),
            **{path: (text or "", desired.companions.get(path, "")) for path, text in self.companions.items()},
            "links and state": (_text(self.lines() + now), _text(desired.lines() + then)),
        }
        return [
            {"before_header": name, "after_header": name, "before": before, "after": after}
            for name, (before, after) in pairs.items()
            if before != after
        ]


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
