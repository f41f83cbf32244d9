# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instants and durations as operators write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from .plan import PlanError

__all__ = ["SECONDS", "duration", "instant", "rfc3339"]

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w|y)")
# Python before 3.11 reads no Z and no fractions but of three and six digits.
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?\s*(Z|[+-]\d\d:\d\d)", re.IGNORECASE)


def duration(text: str, option: str) -> timedelta:
    """Return the duration of a text such as 90s, 15m, 1h30m or 2w. Raises PlanError."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise PlanError(f"{option} {text!r} must be a duration such as 90s, 15m, 1h30m or 2w.")
    return timedelta(seconds=sum(int(number) * SECONDS[unit] for number, unit in parts))


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
            f"{option} {text!r} must be an instant: now, now-1h, seconds since 1970, or like "
            "2026-01-31T08:00:00+01:00, with its zone."
        )
    day, time, fraction, zone = found.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{time}{'+00:00' if zone in 'Zz' else zone}")
    except ValueError as error:
        raise PlanError(f"{option} {text!r} is no instant: {error}.") from None
    return whole + timedelta(seconds=float(f"0.{fraction or 0}"))


def rfc3339(when: datetime) -> str:
    """Return the instant in UTC with milliseconds, as servers take it."""
    return when.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
