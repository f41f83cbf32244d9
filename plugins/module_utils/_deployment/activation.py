# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service is switched to a deployment, or back to what served before."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .._errors.sentence import OperatorError
from .._host.tree import point
from .._host.version import is_older
from .._staging.directory import reason_of
from .data.directories import make_writable
from .data.migration import DataGuard
from .definition import Deployment
from .host_state import Situation
from .record import PendingCopy, Record, RecordError
from .switch import Switch

__all__ = ["Activation", "ActivationError", "is_irreversible"]

_FAILURES = (OSError, OperatorError)


class ActivationError(OperatorError):
    """A switch that failed; the text says why, and what runs now."""

    def __init__(self, message: str, *, rolled_back: bool, journal: list[str]) -> None:
        super().__init__(message)
        self.rolled_back = rolled_back
        self.journal = journal


def is_irreversible(active: Deployment, desired: Deployment) -> bool:
    """Say whether the active release cannot read what the desired one writes."""
    reader = desired.data_oldest_reader
    return bool(active.version and reader and is_older(active.version, reader))


@dataclass(frozen=True)
class Activation:
    """The switch of the service `name` of the user from the situation before to the desired deployment."""

    name: str
    user: str
    record: Path
    switch: Switch
    before: Situation
    desired: Deployment
    guard: DataGuard

    def run(self, action: str) -> None:
        """Make the service serve from the desired deployment and record that. Raises ActivationError."""
        since, tell = time.time(), self._process_action(action)
        touched = False
        try:
            self._unproven().write(self.record)
            make_writable(self.before.missing, self.user)
            touched = self.guard.stops
            self.guard.prepare(self.switch.systemd, self.record)
            self.switch.put(self.desired, self.before.links, self.before.state)
            self.guard.settle(self.record)
            touched = tell != "none"
            self._tell(tell, self.desired)
            self.switch.wait(self.desired)
            self.before.record.with_proof(self.desired).write(self.record)
        except _FAILURES as exc:
            reason = self._reason(exc)
            journal = self._journal(since, tell) if touched else []
            outcome, rolled_back = self._go_back(tell) if touched else self._undo()
            told = [f"The last lines of its journal, {len(journal)}:", *journal] if journal else []
            message = f"{_named(self.name, self.desired)} was not activated: {reason}. {outcome}."
            raise ActivationError("\n".join([message, *told]), rolled_back=rolled_back, journal=journal) from exc

    def _unproven(self) -> Record:
        return self.before.record.without_proof(self.desired)

    def _process_action(self, action: str) -> str:
        """Return what the process gets to hear: a service that was only disabled is not restarted."""
        if action == "started" and self.before.state.running:
            return "none"
        return action

    def _tell(self, action: str, deployment: Deployment) -> None:
        if action == "reloaded":
            self.switch.reload(deployment)
        elif action != "none":
            self.switch.systemd.verb("restart")

    def _journal(self, since: float, tell: str) -> list[str]:
        """Return what was logged since then: of a restart not the end of the process before, which fills pages."""
        old = "" if tell == "reloaded" else self.before.state.invocation
        return self.switch.systemd.journal(since, without=old)

    def _undo(self) -> tuple[str, bool]:
        """Put files back after a failure before the process heard of anything. Return what to say, and whether done."""
        active = self.before.record.active
        if active is None:
            self._remove()
            return "Nothing was started, and what was written was removed again", True
        try:
            enabled = self.before.state.enabled
            self.switch.put(active, self.desired.links, self.switch.systemd.read(), enable=enabled)
            self.before.record.write(self.record)
        except _FAILURES as exc:
            return f"The running service was not touched, but not all files were put back: {self._reason(exc)}", False
        return "The running service was not touched, and its files were put back", True

    def _go_back(self, action: str) -> tuple[str, bool]:
        """Let what served before serve again. Return what to say, and whether it does."""
        active = self.before.record.active
        try:
            pending = Record.read(self.record).copy
        except RecordError as exc:
            return f"Nothing was put back, as it is not known whether there is a copy of the data: {exc}", False
        if active and (why := self._why_not_back(active, pending)):
            return why, False
        try:
            restored = self._take_back(pending)
            if active:
                return f"{self._restore(active, action)}{restored}", True
        except _FAILURES as exc:
            lost = (
                f"{_named(self.name, active)} served before, but" if active else "The data of an earlier installation"
            )
            return f"{lost} did not come back: {self._reason(exc)}", False
        self._remove()
        return f"It has never been healthy on this host, so its unit and its links were removed again{restored}", True

    def _why_not_back(self, active: Deployment, pending: PendingCopy | None) -> str:
        """Return why what served before cannot serve again, nothing where it can."""
        if pending and not self.guard.can_restore:
            return (
                f"It was not rolled back, as {_named(self.name, self.desired)} may have changed the data, and there is "
                f"no command that restores it. Restore it from {pending.path}, then run {active.version} again"
            )
        if is_irreversible(active, self.desired) and not pending:
            wrote = f"{_named(self.name, active)} cannot read the data of {self.desired.version}"
            return f"It was not rolled back, as accept_irreversible allows: {wrote}"
        if active == self.desired:
            return "There is nothing to go back to, it is what served last: it was left as it is"
        return ""

    def _take_back(self, pending: PendingCopy | None) -> str:
        """Put the data back, where a copy of it is recorded, and return what to say of that."""
        if pending is None:
            return ""
        self.guard.take_back(self.switch.systemd, self.record, pending)
        return f", with its data as in {pending.path}"

    def _restore(self, active: Deployment, action: str) -> str:
        # After a killed run the state found is that of a switch half made; what was proven ran, and at boot too.
        whole = not self.before.record.proven
        running, enabled = whole or self.before.state.running, whole or self.before.state.enabled
        systemd = self.switch.systemd
        self.switch.put(active, self.desired.links, systemd.read(), enable=enabled)
        if not enabled:
            systemd.verb("disable")
        if not running:
            systemd.verb("stop")
            replace(self.before.record, copy=None).write(self.record)
            return f"{_named(self.name, active)} was put back, and is stopped as it was before"
        self._tell_again(action, active)
        self.switch.wait(active)
        replace(self._unproven(), proven=True, copy=None).write(self.record)
        return f"{_named(self.name, active)} was put back and serves again"

    def _tell_again(self, action: str, active: Deployment) -> None:
        if action == "reloaded":
            # A process that refused to reload still runs as before and may accept what it had; if not, it is restarted.
            with contextlib.suppress(*_FAILURES):
                self.switch.reload(active)
                return
        self.switch.systemd.verb("restart")

    def _remove(self) -> None:
        systemd, unit = self.switch.systemd, self.switch.unit
        steps: list[Callable[[], object]] = [
            lambda: systemd.verb("disable", "--now"),
            unit.unlink,
            systemd.read_units,
            lambda: systemd.verb("reset-failed"),
            *(partial(point, Path(link), None) for link in self.desired.links),
            self.record.unlink,
        ]
        for step in steps:
            # Each one for itself: what was never made cannot be removed, and the rest must go all the same.
            with contextlib.suppress(*_FAILURES):
                step()

    def _reason(self, exc: Exception) -> str:
        if isinstance(exc, OSError):
            folder = Path(exc.filename).parent if exc.filename else self.record.parent
            return f"cannot write: {reason_of(exc, folder)}".rstrip(".")
        return str(exc).rstrip(".")


def _named(name: str, deployment: Deployment) -> str:
    return f"{name} {deployment.version}" if deployment.version else name
