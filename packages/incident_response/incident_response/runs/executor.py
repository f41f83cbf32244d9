# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs the steps of runbooks: systemd beside the service, or AWX."""

from __future__ import annotations

from typing import Protocol

from ..steps import Spec, State
from ..steps.output import Output

__all__ = ["Executor"]


class Executor(Protocol):
    """What starts an attempt once under its name, and finds it again. Every method raises StepError and OSError."""

    def start(self, spec: Spec) -> State:
        """Start an attempt unless it has started before."""

    def state(self, name: str) -> State:
        """Return the state of an attempt."""

    def cancel(self, name: str) -> State:
        """End an attempt that takes too long, and return its state."""

    def output(self, name: str) -> Output:
        """Return what an attempt has done, and why it failed, if it says so."""

    def forget(self, before: float) -> None:
        """Remove what is known of attempts that ended before a time."""
