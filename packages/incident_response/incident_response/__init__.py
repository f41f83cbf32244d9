# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Receives the alerts of every Alertmanager, keeps them in a journal, and shows them as incidents."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "1.0.0"
