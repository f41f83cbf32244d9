# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The change from what is on a host to the desired deployment of a service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .data.migration import DataGuard
from .definition import Deployment
from .host_state import HostState, ProcessAction

__all__ = ["Change"]


@dataclass(frozen=True)
class Change:
    """Both ends of the change, the stored data, what happens to the process, and any reason to refuse the change."""

    before: HostState
    desired: Deployment
    data: DataGuard
    action: ProcessAction
    refusal: str | None = None
    waits: bool = False  # it is left to a later task

    @property
    def is_needed(self) -> bool:
        before = self.before
        wrong = before.links_wrong(self.desired) or before.missing or before.companions_wrong(self.desired)
        return self.action is not ProcessAction.NONE or bool(wrong)

    @property
    def parts(self) -> str:
        """In which parts the deployment differs from the one before, as words with commas between them."""
        before = self.before.record.active
        return "installation" if before is None else ", ".join(_changed(before, self.desired)) or "start"

    def diff(self) -> list[dict[str, str]]:
        """Return what would change as Ansible shows it, a copy of the data last."""
        return [*self.before.diff(self.desired), *self.data.diff()]


def _changed(before: Deployment, after: Deployment) -> Iterator[str]:
    if (before.release, before.release_token) != (after.release, after.release_token):
        yield "release"
    if not after.has_config_of(before):
        yield "configuration"
    if (before.unit, before.companions) != (after.unit, after.companions):
        yield "unit"
    if (before.watched, before.parts) != (after.watched, after.parts):
        yield "files"
