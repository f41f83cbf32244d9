# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines, users and correlation ids by which an operator finds a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.keepers import Line
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import shown_time

__all__ = ["affected", "sample_lines"]

_NONE = {"count": 0, "exact": True}


def sample_lines(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return lines for the report."""
    return [
        {
            "time": shown_time(line.time),
            "service": line.service,
            "line": line.line,
            "user": line.user or None,
            "correlation_id": line.correlation or None,
        }
        for line in lines
    ]


def affected(people: Mapping[tuple[int, str], Mapping[str, Any]], group: int, lines: int) -> dict[str, Any]:
    """Return how many users and correlation ids a group has in its lines of the window: no more than lines."""
    found = {"users": people.get((group, "user"), _NONE), "correlation_ids": people.get((group, "correlation"), _NONE)}
    return {field: {**each, "count": min(each["count"], lines)} for field, each in found.items()}
