# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guards that a runbook declares: how often, for how long and on how many hosts at once it acts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.verification import (
    faults_of_duration,
    seconds,
)

__all__ = ["faults_of_limit", "limit_of"]

_NEEDED = ("cooldown", "attempts", "within")
_COUNTS = {"at_once": 1}
_LONGEST = 3600


def faults_of_limit(limit: Any) -> Iterator[str]:
    """Yield the end of a sentence for everything that is wrong with a limit."""
    if not isinstance(limit, Mapping):
        yield "limit must be a mapping."
        return
    allowed = [*_NEEDED, *_COUNTS, "run"]
    yield from (f"limit.{key} is unknown: use {', '.join(allowed)}." for key in limit if key not in allowed)
    yield from (f"limit needs {key}." for key in _NEEDED if key not in limit)
    for key in ("cooldown", "within", "run"):
        if key in limit:
            yield from faults_of_duration(f"limit.{key}", limit[key])
    if isinstance(limit.get("run"), str) and seconds(limit["run"]) > _LONGEST:
        yield "limit.run must be at most 1h."
    for key in ("attempts", *_COUNTS):
        count = limit.get(key, 1)
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            yield f"limit.{key} must be a whole number from 1."


def limit_of(limit: Mapping[str, Any]) -> dict[str, int]:
    """Return a limit as the engine reads it, times in seconds; `run` is how long one attempt may take."""
    return {
        "cooldown": seconds(limit["cooldown"]),
        "attempts": limit["attempts"],
        "within": seconds(limit["within"]),
        "at_once": limit.get("at_once", _COUNTS["at_once"]),
        "run": seconds(limit.get("run", "5m")),
    }
