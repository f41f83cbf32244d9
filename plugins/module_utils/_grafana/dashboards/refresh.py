# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often dashboards refresh: Grafana stores its least interval in place of what is shorter or no duration."""

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
    """Asks for the least interval of a server when it matters, once; notes what it adapts to it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._least: str | None = None
        self.adapted: dict[str, str] = {}

    @property
    def least(self) -> str:
        """The least interval as the server writes it (min_refresh_interval), empty where there is none."""
        if self._least is None:
            attempt = "ask how often dashboards may refresh"
            answer = self._api.call("GET", _SETTINGS, attempt=attempt, accept=_UNANSWERED)
            known = answer.status not in _UNANSWERED
            self._least = str(answer.json().get("minRefreshInterval") or "") if known else ""
        return self._least

    def stored(self, uid: str, wanted: Any, there: Any) -> Any:
        """Return what the server stores for the refresh of a dashboard; `there` is what it has, None for nothing."""
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
        """What was adapted, empty for nothing."""
        if not self.adapted:
            return ""
        named = ", ".join(f"{uid!r} ({wanted!r})" for uid, wanted in self.adapted.items())
        return (
            f"This Grafana refreshes no dashboard more often than every {self.least} (min_refresh_interval), which is "
            f"what those get that ask for less, or for no duration: {named}. Correct their refresh."
        )


def _seconds(text: str) -> float | None:
    """Return the seconds of a duration as Grafana writes one, such as 1d or 1m30s; None for anything else."""
    if calendar := _CALENDAR.fullmatch(text):
        return int(calendar[1]) * _DAYS[calendar[2]]
    parts = _PART.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        return 0.0 if text == "0" else None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
