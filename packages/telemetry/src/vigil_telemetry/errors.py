"""The one error of this library."""

from __future__ import annotations

__all__ = ["TelemetryError"]


class TelemetryError(ValueError):
    """What was given to the library cannot be used: one sentence with what was found and what to do.

    Raised by `start()` and by declarations, which belong to the start of a program; never while it serves.
    """
