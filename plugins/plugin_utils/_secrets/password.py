# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords that bcrypt takes."""

from __future__ import annotations

__all__ = ["LONGEST", "SHORTEST", "fits"]

LONGEST = 72  # bytes; bcrypt looks at no more
SHORTEST = 12


def fits(password: object) -> bool:
    """Return whether a password has as many bytes as it may."""
    return SHORTEST <= len(str(password).encode()) <= LONGEST
