"""Writes what Filebeat counts as metrics for node_exporter, for as long as Filebeat runs.

metrics.py INPUT, a file of JSON with the paths of Filebeat's socket and of the metrics, and those of the log files
"""

from __future__ import annotations

import contextlib
import glob
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_INTERVAL = 10.0
_TIMEOUT = 5.0
# By metric: its type, and where it is in the statistics.
_METRICS = {
    "filebeat_shipped_events_total": ("counter", "libbeat.output.events.acked"),
    "filebeat_failed_events_total": ("counter", "libbeat.output.events.failed"),
    "filebeat_dropped_events_total": ("counter", "libbeat.output.events.dropped"),
    "filebeat_output_errors_total": ("counter", "libbeat.output.write.errors"),
    "filebeat_waiting_events": ("gauge", "libbeat.pipeline.events.active"),
    "filebeat_open_files": ("gauge", "filebeat.harvester.open_files"),
}


def statistics(path: str) -> dict[str, Any]:
    """Return what Filebeat answers at its socket; raise OSError, HTTPException or ValueError."""
    connection = http.client.HTTPConnection("localhost")
    with socket.socket(socket.AF_UNIX) as connection.sock:
        connection.sock.settimeout(_TIMEOUT)
        connection.sock.connect(path)
        connection.request("GET", "/stats")
        answer = connection.getresponse()
        found = json.loads(answer.read())
    if answer.status != http.client.OK or not isinstance(found, dict):
        raise ValueError(f"Filebeat answers with {answer.status}")
    return found


def metrics(found: Mapping[str, Any], unread: int) -> str:
    """Return the metrics in the text format; Filebeat leaves out what it has not counted yet."""
    values = {name: (kind, _number(found, place)) for name, (kind, place) in _METRICS.items()}
    values["filebeat_unreadable_files"] = ("gauge", unread)
    return "".join(f"# TYPE {name} {kind}\n{name} {number}\n" for name, (kind, number) in values.items())


def _number(found: Any, place: str) -> int:
    for key in place.split("."):
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, int) else 0


def unreadable(patterns: Iterable[str]) -> int:
    """Return how many of the log files this user cannot read, and of their directories not list."""
    missed = 0
    for path in map(Path, patterns):
        folder = next(each for each in path.parents if not glob.has_magic(str(each)))
        missed += os.path.lexists(folder) and not os.access(folder, os.R_OK | os.X_OK)
        missed += sum(not os.access(found, os.R_OK) for found in folder.glob(str(path.relative_to(folder))))
    return missed


def write(path: Path, text: str) -> None:
    """Replace the file, which everyone may read."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.chmod(0o644)
    new.replace(path)


def main() -> None:
    """Write metrics once per interval; while Filebeat does not answer, they grow old, for which there is an alert."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            write(Path(given["metrics"]), metrics(statistics(given["socket"]), unreadable(given["paths"])))
        time.sleep(_INTERVAL)


if __name__ == "__main__":
    main()
