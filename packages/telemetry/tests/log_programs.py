"""Programs that log, each in a process of its own, and what they have written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["SETUP", "events", "lines"]

SETUP = """
import os, signal, sys, threading, time
from pathlib import Path
from vigil_telemetry import runtime
from vigil_telemetry.logs import Logs, writer
from vigil_telemetry.redaction import Redactor
from vigil_telemetry.settings import Settings

writer.SECONDS_FOR_SECURITY = 60

def started(directory=None, **changed):
    directory = directory or sys.argv[1]
    settings = Settings(**{"service": "shop", "environment": "test", "log_directory": Path(directory), **changed})
    logs = Logs(settings, Redactor(settings.redact_keys))
    runtime.start(runtime.Telemetry(settings, (logs,)))
    return logs

def until(condition):
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends, "not within a minute"
        time.sleep(0.01)
"""


def lines(directory: Path, name: str = "combined.log") -> list[bytes]:
    """Return the lines of a log with those of its rotated files, the oldest first."""
    rotated = sorted(directory.glob(f"{name}.*"), key=lambda path: -int(path.suffix[1:]))
    return [line for path in [*rotated, directory / name] if path.exists() for line in path.read_bytes().splitlines()]


def events(directory: Path, name: str = "combined.log") -> list[dict[str, Any]]:
    """Return the events of a log; a line that is no JSON object fails the test."""
    return [json.loads(line) for line in lines(directory, name)]
