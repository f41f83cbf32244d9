"""How often dashboards refresh, as Grafana reads it: a number and a unit, or several of the smaller units."""

from __future__ import annotations

import re

__all__ = ["refresh_seconds"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def refresh_seconds(text: str) -> float | None:
    """Return the seconds of a duration, None for what is none."""
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h))+|\d+[dw]", text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|[smhdw])", text))
