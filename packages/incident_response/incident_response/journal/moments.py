# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as people and programs read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

__all__ = ["moment"]


@overload
def moment(seconds: float) -> str: ...


@overload
def moment(seconds: None) -> None: ...


def moment(seconds: float | None) -> str | None:
    """Return a time in seconds since 1970 as UTC with milliseconds, None for none."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
