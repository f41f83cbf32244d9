# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps of runbooks: each attempt is a directory, started once by systemd, outside the service that asks for it."""

from __future__ import annotations

from .attempts import Attempts
from .spec import Host, Spec, StepError
from .state import State

__all__ = ["Attempts", "Host", "Spec", "State", "StepError"]
