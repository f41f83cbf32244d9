# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Protects the data of a release while another one takes over, also when a run is killed midway.

A copy is recorded before any link leads to the release that is coming, so that one that starts at boot finds the copy
made. It stays recorded until that release is known good, or the data is back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from ..._host.systemd import Systemd
from ..definition import Deployment
from ..host_state import HostState
from ..record import PendingCopy, Record
from .backup import DataCopy

__all__ = ["DataGuard", "stop"]


@dataclass(frozen=True)
class DataGuard:
    """The data of a service during a switch to the desired deployment."""

    data: DataCopy | None
    before: HostState
    desired: Deployment

    @property
    def stops(self) -> bool:
        """Whether the service is stopped for its data before anything is switched."""
        return self.step() in ("copy", "restore")

    @property
    def empties(self) -> bool:
        """Whether data is removed that this host then lacks."""
        return False

    @property
    def can_restore(self) -> bool:
        return bool(self.data and self.data.can_restore)

    def step(self) -> str:
        """Return what to do before the switch: nothing, copy, restore, or keep the existing copy."""
        pending, active = self.before.record.copy, self.before.record.active
        if self.data is None:
            return "nothing"
        # It may have run and changed the data when a link leads to it; one whose link was never made has not.
        came = pending is not None and (pending.restoring or pending.coming in self.before.links.values())
        if pending and came and not pending.restoring and pending.coming == self.desired.release:
            return "keep"
        if came and self.can_restore:
            return "restore"
        changes = active is None or active.release != self.desired.release
        return "copy" if changes and self.data.is_needed() else "nothing"

    def refusal(self) -> str | None:
        """Return a sentence if there is not enough space for a copy that is needed."""
        return self.data.refusal() if self.data and self.step() == "copy" else None

    def diff(self) -> list[dict[str, str]]:
        """Return the copy that would be made as Ansible shows it."""
        if self.data is None or self.step() != "copy":
            return []
        header, copied = str(self.data.folder), f"a copy of {self.data.what}\n"
        return [{"before_header": header, "after_header": header, "before": "", "after": copied}]

    def prune(self) -> None:
        """Remove copies of the data that are no longer kept."""
        if self.data:
            self.data.prune()

    def prepare(self, systemd: Systemd, record: Path) -> None:
        """Carry out that step, with the service stopped, before anything is switched.

        Raises OSError, OperatorError.
        """
        step, active, pending = self.step(), self.before.record.active, self.before.record.copy
        if step == "restore" and pending:
            self.take_back(systemd, record, pending)
        elif step == "copy" and self.data:
            stop(systemd)
            made = self.data.make(active.release if active else "unknown")
            _note(record, PendingCopy(str(made), self.desired.release))
        elif step == "nothing" and pending:
            _note(record, None)

    def settle(self, record: Path) -> None:
        """Record, now that links lead to the desired release, whether a restored copy still is its. Raises OSError."""
        active, pending = self.before.record.active, self.before.record.copy
        if self.step() == "restore" and pending:
            same = active is not None and active.release == self.desired.release
            _note(record, None if same else PendingCopy(pending.path, self.desired.release))

    def take_back(self, systemd: Systemd, record: Path, pending: PendingCopy) -> None:
        """Stop the service and restore the copy; the next run completes what a killed run began.

        Raises OSError, OperatorError.
        """
        _note(record, replace(pending, restoring=True))
        stop(systemd)
        # A copy is dropped where data is not copied any more: there is something to put it back with.
        cast(DataCopy, self.data).put_back(Path(pending.path))


def stop(systemd: Systemd) -> None:
    """End the process of the service, if there is one."""
    if systemd.read().active not in ("inactive", "failed"):
        systemd.verb("stop")


def _note(record: Path, pending: PendingCopy | None) -> None:
    replace(Record.read(record), copy=pending).write(record)
