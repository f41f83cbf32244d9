# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error that an operator reads: whoever runs a task shows its text, and nothing else of it."""

from __future__ import annotations

__all__ = ["OperatorError"]


class OperatorError(Exception):
    """What cannot be done; the text is a sentence for the operator, or a few, without secrets."""
