"""Writes rsyslog's statistics, a JSON object per line of the input, as metrics for node_exporter.

metrics.py METRICS DATA QUEUE_BYTES REFUSED_BYTES FILE...

It also notes which positions in files are safe (positions.py), and limits the space for what was refused (refused.py).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from positions import Positions
from refused import Refused

# Counters by metric: the statistics object and its counter.
_COUNTERS = {
    "rsyslog_submitted_documents_total": ("omelasticsearch", "submitted"),
    "rsyslog_accepted_documents_total": ("omelasticsearch", "response.success"),
    "rsyslog_duplicate_documents_total": ("omelasticsearch", "response.duplicate"),
    "rsyslog_refused_documents_total": ("kept", "processed"),
    "rsyslog_refused_requests_total": ("omelasticsearch", "failed.es"),
    "rsyslog_failed_requests_total": ("omelasticsearch", "failed.httprequests"),
}
_QUEUES = {"memory": "elasticsearch queue", "disk": "elasticsearch queue[DA]"}
Statistics = Mapping[str, Mapping[str, Any]]


def metrics(seen: Statistics, found: Mapping[str, int]) -> str:
    """Return the metrics in the text format, of those statistics that have been seen, and what was found besides."""
    lines = []
    for name, (counted, counter) in _COUNTERS.items():
        lines += [f"# TYPE {name} counter", f"{name} {int(seen.get(counted, {}).get(counter, 0))}"]
    lines += ["# TYPE rsyslog_queue_documents gauge"]
    for kind, name in _QUEUES.items():
        lines += [f'rsyslog_queue_documents{{queue="{kind}"}} {int(seen.get(name, {}).get("size", 0))}']
    for name, value in found.items():
        lines += [f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}", f"{name} {value}"]
    return "\n".join(lines) + "\n"


def bytes_in(folder: Path, names: str = "*") -> int:
    """Return the size of all files in a directory, or of those with such names."""
    return sum(size_of(path) for path in folder.glob(names))


def size_of(path: Path) -> int:
    """Return the size of a file, 0 of one that has just gone."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def unreadable(patterns: Iterable[str]) -> int:
    """Return how many of the log files this user cannot read, or not find because it cannot read their directory."""
    found = [path for pattern in patterns for path in Path("/").glob(pattern.lstrip("/"))]
    folders = {Path(pattern).parent for pattern in patterns}
    closed = [folder for folder in folders if os.path.lexists(folder) and not os.access(folder, os.R_OK | os.X_OK)]
    return len([path for path in found if not os.access(path, os.R_OK)]) + len(closed)


def write(path: Path, text: str) -> None:
    """Replace the file, which everyone may read."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.chmod(0o644)
    new.replace(path)


def intervals(lines: Iterable[str]) -> Iterator[Statistics]:
    """Yield the statistics by name once per interval, of which impstats itself is the end."""
    seen: dict[str, Mapping[str, Any]] = {}
    for line in lines:
        try:
            statistics = json.loads(line)
        except ValueError:
            continue
        seen[str(statistics.get("name", ""))] = statistics
        if statistics.get("origin") == "impstats":
            yield seen


def main() -> None:
    """Read statistics until rsyslog ends, and write metrics once per interval."""
    target, data, queue_limit, refused_limit, *patterns = sys.argv[1:]
    positions = Positions(Path(data), patterns)
    refused = Refused(Path(data), int(refused_limit))
    for seen in intervals(sys.stdin):
        found = {
            "rsyslog_queue_bytes": bytes_in(Path(data, "queue"), "elasticsearch.*"),
            "rsyslog_queue_limit_bytes": int(queue_limit),
            "rsyslog_refused_bytes": bytes_in(refused.folder),
            "rsyslog_refused_limit_bytes": refused.limit,
            "rsyslog_discarded_documents_total": refused.limited(os.getppid()),
            "rsyslog_unreadable_files": unreadable(patterns),
        }
        write(Path(target), metrics(seen, found))
        positions.note(idle=all(int(seen.get(name, {}).get("size", 0)) == 0 for name in _QUEUES.values()))


if __name__ == "__main__":
    main()
