# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the journal has something new, which is asked each second and costs less than to read it."""

from __future__ import annotations

import sqlite3

__all__ = ["newest_event"]


def newest_event(connection: sqlite3.Connection) -> int:
    """Return the number of the last event, 0 without any."""
    number: int | None = connection.execute("SELECT max(id) FROM event").fetchone()[0]
    return number or 0
