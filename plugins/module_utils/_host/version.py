# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of a product's releases."""

from __future__ import annotations

import re

__all__ = ["is_older"]


def is_older(version: str, other: str) -> bool:
    """Return whether version comes before other; a missing number counts as zero, a pre-release before its release."""
    return _order(version) < _order(other)


def _order(version: str) -> tuple[tuple[int, ...], bool, tuple[int, ...]]:
    release, suffix = version.lstrip("v").partition("-")[::2]
    numbers = [int(number) for number in re.findall(r"\d+", release)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), not suffix, tuple(int(number) for number in re.findall(r"\d+", suffix))
