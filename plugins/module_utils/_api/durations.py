# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times and durations as operators write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from .plan import PlanError

__all__ = ["UNITS", "duration", "instant", "milliseconds", "rfc3339"]

_DAY = 86_400_000
UNITS = {"y": 365 * _DAY, "w": 7 * _DAY, "d": _DAY, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
"""Milliseconds of each unit, the largest first."""
_DURATION = re.compile("".join(rf"(?:(\d+){unit})?" for unit in UNITS))
# Python before 3.11 does not parse Z, nor fractions of other than three or six digits.
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?\s*(Z|[+-]\d\d:\d\d)", re.IGNORECASE)


def milliseconds(text: str) -> int | None:
    """Return the milliseconds of a duration as Prometheus writes it: 0, 90s, 1h30m, 2w. None for any other text."""
    found = _DURATION.fullmatch(text)
    if not (found and text):
        return 0 if text == "0" else None
    return sum(int(digits or 0) * factor for digits, factor in zip(found.groups(), UNITS.values()))


def duration(text: str, option: str) -> timedelta:
    """Return the duration of a text such as 90s, 15m, 1h30m or 2w. Raises PlanError."""
    found = milliseconds(text)
    if found is None:
        raise PlanError(
            f"{option} {text!r} must be a duration such as 90s, 15m, 1h30m or 2w, with the larger units first."
        )
    return timedelta(milliseconds=found)


def instant(text: str, option: str, *, now: datetime) -> datetime:
    """Return the instant of now, now-1h, now+30m, seconds since 1970, or RFC 3339 with its zone. Raises PlanError."""
    if text == "now":
        return now
    if text.startswith(("now-", "now+")):
        span = duration(text[4:], option)
        return now - span if text[3] == "-" else now + span
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), timezone.utc)
    found = _INSTANT.fullmatch(text)
    if not found:
        raise PlanError(
            f"{option} {text!r} must be a time: now, now-1h, seconds since 1970, or a date with a time zone, such as "
            "2026-01-31T08:00:00+01:00."
        )
    day, time, fraction, zone = found.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{time}{'+00:00' if zone in 'Zz' else zone}")
    except ValueError as error:
        raise PlanError(f"{option} {text!r} is not a valid time: {error}.") from None
    return whole + timedelta(seconds=float(f"0.{fraction or 0}"))


def rfc3339(when: datetime) -> str:
    """Return the instant in UTC with milliseconds, as servers accept it."""
    return when.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
