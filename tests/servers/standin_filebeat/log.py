"""The log: a line of JSON for each message, to standard error."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from typing import Any

__all__ = ["log", "set_level"]

_LEVELS = ("debug", "info", "warning", "error")
_least = ["info"]


def set_level(level: str) -> None:
    """Leave out messages below this level."""
    _least[0] = level


def log(level: str, message: str, **fields: Any) -> None:
    """Write a message."""
    if _LEVELS.index(level) >= _LEVELS.index(_least[0]):
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"log.level": level, "@timestamp": now, "message": message, "service.name": "filebeat (stand-in)"}
        # In one piece, as several threads log.
        os.write(2, f"{json.dumps({**line, **fields})}\n".encode())
