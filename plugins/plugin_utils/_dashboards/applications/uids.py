# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the dashboard of an application is known by."""

from __future__ import annotations

import hashlib

__all__ = ["dashboard_uid"]

_LONGEST = 40


def dashboard_uid(name: str) -> str:
    """Return the uid of the dashboard of an application, the same for the same name, 40 characters at most."""
    uid = f"app-{name}"
    if len(uid) <= _LONGEST:
        return uid
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{uid[: _LONGEST - len(digest) - 1]}-{digest}"
