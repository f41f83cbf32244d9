# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often dashboards refresh: Grafana replaces a shorter or invalid interval with its minimum."""

from __future__ import annotations

import re
from typing import Any

from ..._http.session import Api

__all__ = ["Refresh"]

_SETTINGS = "/api/frontend/settings"
_UNANSWERED = (401, 403, 404)
_DAY = 86_400.0
_DAYS = {"d": _DAY, "w": 7 * _DAY, "M": 30 * _DAY, "y": 365 * _DAY}
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_CALENDAR = re.compile(r"(\d+)([dwMy])")
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")
# Newer releases let the browser choose.
_AUTOMATIC = "auto"


class Refresh:
    """Reads the minimum interval of a server once, if it matters; records what it adapts to it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._least: str | None = None
        self.adapted: dict[str, str] = {}

    @property
    def least(self) -> str:
        """The minimum interval as the server writes it (min_refresh_interval), empty if there is none."""
        if self._least is None:
            attempt = "read the minimum refresh interval"
            answer = self._api.call("GET", _SETTINGS, attempt=attempt, accept=_UNANSWERED)
            known = answer.status not in _UNANSWERED
            self._least = str(answer.json().get("minRefreshInterval") or "") if known else ""
        return self._least

    def stored(self, uid: str, wanted: Any, there: Any) -> Any:
        """Return the refresh that the server stores for a dashboard; `there` is the present one, None for none."""
        if not isinstance(wanted, str) or wanted in ("", there):
            return wanted
        least = _seconds(self.least)
        if least is None or (wanted == _AUTOMATIC and there != self.least):
            return wanted
        asked = _seconds(wanted)
        if asked is not None and asked >= least:
            return wanted
        self.adapted[uid] = wanted
        return self.least

    @property
    def warning(self) -> str:
        """A sentence on what was adapted, empty for nothing."""
        if not self.adapted:
            return ""
        named = ", ".join(f"{uid!r} ({wanted!r})" for uid, wanted in self.adapted.items())
        return (
            f"This Grafana refreshes dashboards at most every {self.least} (min_refresh_interval). These have a "
            f"shorter or invalid refresh, and get that one instead: {named}. Correct their refresh."
        )


def _seconds(text: str) -> float | None:
    """Return the seconds of a duration as Grafana writes one, such as 1d or 1m30s; None for anything else."""
    if calendar := _CALENDAR.fullmatch(text):
        return int(calendar[1]) * _DAYS[calendar[2]]
    parts = _PART.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        return 0.0 if text == "0" else None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
