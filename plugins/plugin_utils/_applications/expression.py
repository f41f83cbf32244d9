# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions of the user's own that become part of rules."""

from __future__ import annotations

import re

__all__ = ["answers_without_data"]

# At the beginning or as the other side of `or`, within any functions: what has a value where no series is.
_OUT_OF_NOTHING = re.compile(
    r"(?:^|\bor\b(?:\s+(?:on|ignoring)\s*\([^)]*\))?)(?:[\s(]|\b\w+\s*\(|[\d.]+\s*\*)*\b(?:vector|absent|absent_over_time)\s*\("
)


def answers_without_data(expr: str) -> bool:
    """Return whether the expression is written to have a value when none of its series is there.

    Then what is missing cannot be told from what is well.
    """
    return bool(_OUT_OF_NOTHING.search(expr))
