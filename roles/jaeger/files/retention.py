"""Deletes daily indices of traces that are older than they are kept, beside a collector and for as long as it runs.

retention.py SETTINGS, a file of JSON: urls, user, password_file, authorities, prefix, days and metrics

Several collectors may do so at once. It deletes nothing unless it has worked within the last month: a clock that jumps
ahead makes every index look old. When it works is a metric for node_exporter, which it reads back as its memory.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

_SUCCESS = "jaeger_retention_last_success_timestamp_seconds"
_DELETED = "jaeger_retention_deleted_indices"
_INTERVAL, _AFTER_FAILURE = 6 * 3600.0, 600.0
_TIMEOUT = 60.0
_GONE = 404
# A clock cannot be trusted that is so far ahead of the last time that this worked.
_LONGEST = timedelta(days=30)


class RetentionError(Exception):
    """Nothing more can be deleted now; the text says why."""


class Elasticsearch:
    """The nodes, of which the first that answers is asked."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.urls: list[str] = settings["urls"]
        password = Path(settings["password_file"]).read_text(encoding="utf-8")
        token = base64.b64encode(f"{settings['user']}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {token}"}
        self.context = ssl.create_default_context(cafile=settings["authorities"])

    def indices(self, prefix: str) -> list[str]:
        """Return the names of indices that begin so."""
        found = self._asked("GET", f"/_resolve/index/{prefix}-jaeger-*?expand_wildcards=open,closed,hidden")
        return [str(index["name"]) for index in found["indices"]]

    def delete(self, index: str) -> None:
        """Delete an index, which another collector may have done already."""
        self._asked("DELETE", f"/{index}")

    def _asked(self, method: str, path: str) -> dict[str, Any]:
        reasons = []
        for url in self.urls:
            request = urllib.request.Request(url + path, headers=self.headers, method=method)  # noqa: S310 - it is https
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT, context=self.context) as answer:  # noqa: S310
                    return dict(json.load(answer))
            except urllib.error.HTTPError as error:
                if method == "DELETE" and error.code == _GONE:
                    return {}
                reasons.append(f"{url} returns HTTP {error.code}")
            except (OSError, http.client.HTTPException, ValueError) as error:
                reasons.append(f"{url}: {error}")
        raise RetentionError(f"{method} {path} failed: {'; '.join(reasons)}")


def outdated(names: Iterable[str], prefix: str, oldest: date) -> list[str]:
    """Return the daily indices of Jaeger, and no other, of days before the oldest that is kept."""
    kinds = "(?:span|service|dependencies|sampling)"
    daily = re.compile(rf"{re.escape(prefix)}-jaeger-{kinds}-([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})")
    return sorted(found[0] for found in map(daily.fullmatch, names) if found and _before(found[1], oldest))


def _before(day: str, oldest: date) -> bool:
    try:
        return date.fromisoformat(day) < oldest
    except ValueError:
        return False


def noted(path: Path) -> datetime | None:
    """Return when this worked last, None if it is not known."""
    try:
        found = re.search(rf"^{_SUCCESS} ([0-9]+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(int(found[1]), timezone.utc) if found else None


def note(path: Path, now: datetime, deleted: int) -> None:
    """Write the metrics, which everyone may read."""
    values = {_SUCCESS: int(now.timestamp()), _DELETED: deleted}
    text = "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in values.items())
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.chmod(0o644)
    new.replace(path)


def work(settings: dict[str, Any], now: datetime) -> list[str]:
    """Delete what is too old and return its names; the first time, only note what time it is."""
    memory = Path(settings["metrics"])
    last = noted(memory)
    if last and now - last > _LONGEST:
        raise RetentionError(
            f"nothing is deleted, as it is {now:%F %T} here, {(now - last).days} days after this worked last. "
            f"If this clock is right, remove {memory}"
        )
    server, prefix = Elasticsearch(settings), settings["prefix"]
    names = server.indices(prefix) if last else []
    old = outdated(names, prefix, (now - timedelta(days=int(settings["days"]))).date())
    for name in old:
        server.delete(name)
    note(memory, now, len(old))
    return old


def main() -> None:
    """Delete several times a day. A failure is in the journal; the metric grows old, for which there is an alert."""
    while True:
        try:
            deleted = work(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), datetime.now(timezone.utc))
            sys.stdout.write("".join(f"Deleted the index {name}.\n" for name in deleted))
            pause = _INTERVAL
        except (RetentionError, OSError, ValueError, KeyError) as error:
            sys.stderr.write(f"Old traces are kept: {error}.\n")
            pause = _AFTER_FAILURE
        sys.stdout.flush()
        time.sleep(pause)


if __name__ == "__main__":
    main()
