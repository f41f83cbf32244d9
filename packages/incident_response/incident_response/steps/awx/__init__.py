# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps that AWX runs in place of systemd: each attempt is a job, found again by its label."""

from __future__ import annotations

from .api import Api, Controller
from .attempts import AwxAttempts

__all__ = ["Api", "AwxAttempts", "Controller"]
