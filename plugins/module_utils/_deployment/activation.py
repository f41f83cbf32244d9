# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switching a service to a deployment, and rolling back to the previous one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .._elasticsearch.rolling import Member
from .._errors.sentence import OperatorError
from .._host.tree import set_symlink
from .._staging.directory import reason_of
from .change import Change
from .companions import write_companions
from .data.directories import make_writable
from .definition import Deployment, is_irreversible
from .host_state import ProcessAction
from .record import PendingCopy, Record, RecordError
from .switch import Switch

__all__ = ["Activation", "ActivationError"]

_FAILURES = (OSError, OperatorError)


class ActivationError(OperatorError):
    """A failed switch; the text gives the reason and the state of the service now."""

    def __init__(self, message: str, *, rolled_back: bool, journal: list[str], touched: bool = True) -> None:
        super().__init__(message)
        self.rolled_back, self.touched = rolled_back, touched
        self.journal = journal


@dataclass(frozen=True)
class Activation:
    """The switch of the service `name` of the user by a change."""

    name: str
    user: str
    record: Path
    switch: Switch
    change: Change
    member: Member | None = None

    def run(self) -> None:
        """Switch the service to the desired deployment and record it. Raises ActivationError."""
        since = time.time()
        touched = False
        try:
            leaves = self._leave()
            self._switching().write(self.record)
            make_writable(self.change.before.missing, self.user)
            touched = leaves or self.change.data.stops
            if leaves:
                self.switch.systemd.verb("stop")
            self.change.data.prepare(self.switch.systemd, self.record)
            self.switch.put(self.change.desired, self.change.before.links, self.change.before.state)
            self.change.data.settle(self.record)
            touched = self._action is not ProcessAction.NONE
            self._act()
            self.switch.wait(self.change.desired)
            if self._member:
                self._member.give_back()
            self.change.before.record.with_known_good(self.change.desired).write(self.record)
        except _FAILURES as exc:
            reason = self._reason(exc)
            journal = self._journal(since) if touched else []
            outcome, rolled_back = self._go_back() if touched else self._undo()
            outcome += self._given_back(explained=touched)
            told = [f"Last lines of its journal ({len(journal)}):", *journal] if journal else []
            failed = f"{_named(self.name, self.change.desired)} was not activated: {reason}. {outcome}."
            message = "\n".join([failed, *told])
            raise ActivationError(message, rolled_back=rolled_back, journal=journal, touched=touched) from exc
        self._settle()

    @property
    def _member(self) -> Member | None:
        """The node that leaves its cluster, or has left it before; None for a node that is new to it or stays."""
        return self.member if self._action in (ProcessAction.STARTED, ProcessAction.RESTARTED) else None

    def _leave(self) -> bool:
        """Prepare the cluster of the service for a stop of its process; return whether that is due."""
        if self._member is None or not self.change.before.state.running or self.change.data.empties:
            return False
        self._member.leave()
        return True

    def _settle(self) -> None:
        """Wait until the next node can leave the cluster. Raises ActivationError."""
        try:
            if self._member:
                self._member.settle()
        except OperatorError as exc:
            message = f"{_named(self.name, self.change.desired)} is active and healthy, but {exc}."
            raise ActivationError(message, rolled_back=False, journal=[]) from exc

    def _given_back(self, *, explained: bool) -> str:
        """Give the allocation back after a failure, and return a sentence about what the cluster lacks now."""
        if self._member is None:
            return ""
        try:
            self._member.give_back()
        except OperatorError as exc:
            return f". Whether its cluster allocates all shards again is not known, the next run sees to it: {exc}"
        why = self._member.explanation() if explained else ""
        return why and f". In its cluster, {why}"

    def _switching(self) -> Record:
        return self.change.before.record.while_switching_to(self.change.desired)

    @property
    def _action(self) -> ProcessAction:
        """What to do to the process: a service that was only disabled is not restarted."""
        action = self.change.action
        disabled = action is ProcessAction.STARTED and self.change.before.state.running
        return ProcessAction.NONE if disabled else action

    def _act(self) -> None:
        if self._action is ProcessAction.RELOADED:
            self.switch.reload(self.change.desired)
        elif self._action is not ProcessAction.NONE:
            self.switch.systemd.verb("restart")

    def _journal(self, since: float) -> list[str]:
        """Return the journal since then; after a restart, without the end of the previous process, often pages."""
        old = "" if self._action is ProcessAction.RELOADED else self.change.before.state.invocation
        return self.switch.systemd.journal(since, without=old)

    def _undo(self) -> tuple[str, bool]:
        """Restore the files if it failed before the process was touched. Return the outcome, and whether it worked."""
        active = self.change.before.record.active
        if active is None:
            self._remove()
            return "Nothing was started, and the files that were written were removed", True
        try:
            enabled = self.change.before.state.enabled
            self.switch.put(active, self.change.desired.links, self.switch.systemd.read(), enable=enabled)
            self.change.before.record.write(self.record)
        except _FAILURES as exc:
            return (
                f"The running service was not touched, but not all files could be restored: {self._reason(exc)}"
            ), False
        return "The running service was not touched, and its files were restored", True

    def _go_back(self) -> tuple[str, bool]:
        """Roll back to the previous deployment. Return the outcome, and whether it worked."""
        active = self.change.before.record.active
        try:
            now = Record.read(self.record)
        except RecordError as exc:
            return f"It was not rolled back, because it is not known whether there is a copy of the data: {exc}", False
        if active and (why := self._why_not_back(active, now)):
            return why, False
        try:
            restored = self._take_back(now.copy)
            if active:
                return f"{self._restore(active)}{restored}", True
        except _FAILURES as exc:
            what = f"Rollback to {_named(self.name, active)}" if active else "Restoring data of an earlier installation"
            return f"{what} failed: {self._reason(exc)}", False
        self._remove()
        return f"It has never been healthy on this host, so its unit and links were removed{restored}", True

    def _why_not_back(self, active: Deployment, now: Record) -> str:
        """Return why a rollback is not possible, empty if it is."""
        desired, pending = self.change.desired, now.copy
        if self.change.data.empties and now.data_oldest_reader != desired.data_oldest_reader:
            return "It is stopped, and not all of its data was removed"
        if pending and not self.change.data.can_restore:
            return (
                f"It was not rolled back, because {_named(self.name, desired)} may have changed the data and no "
                f"restore command is set. Restore the data from {pending.path}, then deploy {active.version} again"
            )
        if is_irreversible(active, desired) and not pending:
            wrote = f"{_named(self.name, active)} cannot read the data of {desired.version}"
            back = self.member.way_back(self.name, str(active.version)) if self.member else ""
            return f"It was not rolled back, which accept_irreversible permits: {wrote}{back and f'. {back}'}"
        if active == desired:
            return "There is no other deployment to roll back to, so it was left as it is"
        return ""

    def _take_back(self, pending: PendingCopy | None) -> str:
        """Restore the data if a copy of it is recorded, and return a sentence about that."""
        if pending is None:
            return ""
        self.change.data.take_back(self.switch.systemd, self.record, pending)
        return f". Its data was restored from {pending.path}"

    def _restore(self, active: Deployment) -> str:
        # A killed run leaves a half-made switch; what was known good was running, and enabled at boot.
        whole = not self.change.before.record.known_good
        running, enabled = whole or self.change.before.state.running, whole or self.change.before.state.enabled
        systemd = self.switch.systemd
        self.switch.put(active, self.change.desired.links, systemd.read(), enable=enabled)
        if not enabled:
            systemd.verb("disable")
        if not running:
            systemd.verb("stop")
            replace(self.change.before.record, copy=None).write(self.record)
            return f"Rolled back to {_named(self.name, active)}, which is stopped as before"
        self._resume(active)
        self.switch.wait(active)
        replace(Record.read(self.record), known_good=True, copy=None).write(self.record)
        return f"Rolled back to {_named(self.name, active)}, which is healthy"

    def _resume(self, active: Deployment) -> None:
        """Bring back the process of the previous deployment."""
        if self._action is ProcessAction.RELOADED:
            # A process that rejected a reload still runs and may accept its old configuration; if not, it is restarted.
            with contextlib.suppress(*_FAILURES):
                self.switch.reload(active)
                return
        self.switch.systemd.verb("restart")

    def _remove(self) -> None:
        systemd, unit = self.switch.systemd, self.switch.unit
        steps: list[Callable[[], object]] = [
            lambda: systemd.verb("disable", "--now"),
            unit.unlink,
            partial(write_companions, systemd, {}, self.switch.companions),
            systemd.read_units,
            lambda: systemd.verb("reset-failed"),
            *(partial(set_symlink, Path(link), None) for link in self.change.desired.links),
            self.record.unlink,
        ]
        for step in steps:
            # Each step on its own: what was never created cannot be removed, and the rest must still go.
            with contextlib.suppress(*_FAILURES):
                step()

    def _reason(self, exc: Exception) -> str:
        if isinstance(exc, OSError):
            folder = Path(exc.filename).parent if exc.filename else self.record.parent
            return f"cannot write: {reason_of(exc, folder)}".rstrip(".")
        return str(exc).rstrip(".")


def _named(name: str, deployment: Deployment) -> str:
    return f"{name} {deployment.version}" if deployment.version else name
