# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hours that are compared: the window, and the baseline that ends where the window starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import duration, instant, rfc3339
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["DAY", "HOUR", "Windows", "shown_time", "windows_of"]

HOUR = 3_600_000
"""Milliseconds of an hour."""
DAY = 24
_MOST_HOURS = 92 * DAY


@dataclass(frozen=True)
class Windows:
    """The window and its baseline, in whole hours before `end` (milliseconds since 1970), which is not part of it.

    Hours are counted from the end: 0 is the newest one.
    """

    end: int
    window: int
    baseline: int

    @property
    def start(self) -> int:
        """Return where the window starts and the baseline ends, in milliseconds."""
        return self.end - self.window * HOUR

    @property
    def oldest(self) -> int:
        """Return where the baseline starts, in milliseconds."""
        return self.start - self.baseline * HOUR

    def hour_start(self, hour: int) -> int:
        """Return where an hour starts, in milliseconds."""
        return self.end - (hour + 1) * HOUR


def windows_of(end: str, window: str, baseline: str, *, now: datetime) -> Windows:
    """Return the windows that options ask for. Raises OperatorError for lengths that cannot be compared."""
    until = instant(end, "end", now=now)
    hours = {}
    for name, text in (("window", window), ("baseline", baseline)):
        span = duration(text, name)
        hours[name] = span // timedelta(hours=1)
        if span % timedelta(hours=1) or not 1 <= hours[name] <= _MOST_HOURS:
            raise OperatorError(f"{name} {text!r} must be whole hours, between 1h and {_MOST_HOURS // DAY}d.")
    if hours["baseline"] < hours["window"]:
        raise OperatorError(
            f"baseline {baseline!r} must not be shorter than window {window!r}: trends compare the window with as many "
            "hours before it."
        )
    return Windows(round(until.timestamp() * 1000), hours["window"], hours["baseline"])


def shown_time(milliseconds: int) -> str:
    """Return an instant in UTC, with milliseconds."""
    return rfc3339(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds))
