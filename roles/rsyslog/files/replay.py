"""Sends what Elasticsearch has refused again, and prints how much of it was accepted.

What is refused again is kept. Run it as the user of rsyslog.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from refused import Pair, Refused, pairs_of

HOME = Path(__file__).parent
BATCH = 500
# Seconds that rsyslog has to close files.
CLOSING = 30
OK, THERE = 300, 409


class NotSentError(Exception):
    """Elasticsearch has not processed a request; the text says why."""


class Elasticsearch:
    """The nodes, which are asked in turn."""

    def __init__(self, settings: dict[str, Any], password: str) -> None:
        self.urls: list[str] = settings["urls"]
        token = base64.b64encode(f"{settings['user']}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {token}", "Content-Type": "application/x-ndjson"}
        self.context = ssl.create_default_context(cafile=settings["authorities"])
        self.context.load_cert_chain(settings["certificate"], settings["key"])

    def bulk(self, pairs: list[Pair]) -> list[dict[str, Any]]:
        """Return what became of each document. Raises NotSentError if no node has processed them."""
        body = "".join(f"{action}\n{document}\n" for action, document in pairs).encode()
        reasons = []
        for url in self.urls:
            request = urllib.request.Request(f"{url}/_bulk", body, self.headers)  # noqa: S310 - the URL is https
            try:
                with urllib.request.urlopen(request, timeout=60, context=self.context) as answer:  # noqa: S310
                    return [item["create"] for item in json.load(answer)["items"]]
            except urllib.error.HTTPError as error:
                reasons.append(f"{url} returns HTTP {error.code}")
            except OSError as error:
                reasons.append(f"{url}: {error}")
        raise NotSentError("; ".join(reasons))


def batches(pairs: Iterator[Pair]) -> Iterator[list[Pair]]:
    """Yield documents in batches."""
    while batch := list(islice(pairs, BATCH)):
        yield batch


def closed(refused: Refused, process: int) -> list[Path]:
    """Return the files to send, which rsyslog no longer writes to."""
    refused.set_aside(refused.current(), process)
    aside = refused.aside()
    deadline = time.monotonic() + CLOSING
    while process and any(str(path) in open_files(process) for path in aside):
        if time.monotonic() > deadline:
            raise NotSentError(
                f"rsyslog (pid {process}) has not closed {', '.join(map(str, aside))} within {CLOSING} s"
            )
        time.sleep(0.1)
    return aside


def open_files(process: int) -> set[str]:
    """Return the paths of the files that a process has open."""
    return {str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir() if link.is_symlink()}


def replay(server: Elasticsearch, path: Path, keep: Path) -> Counter[str]:
    """Send the documents of a file, keep those that are refused again, and return how many became what."""
    counts: Counter[str] = Counter()
    refused: dict[tuple[str, str], str] = {}  # rsyslog may have sent a document twice
    for pairs in batches(pairs_of(path)):
        for (_action, document), item in zip(pairs, server.bulk(pairs)):
            outcome = "accepted" if item["status"] < OK else "already there" if item["status"] == THERE else "refused"
            name = (item["_index"], item["_id"])
            if outcome == "refused" and name not in refused:
                refused[name] = json.dumps({"refused": item, "document": json.loads(document)}) + "\n"
                counts[f"refused: {item['error']['type']}"] += 1
            elif outcome == "refused":
                continue
            counts[outcome] += 1
    append(keep, refused.values())
    path.unlink(missing_ok=True)
    return counts


def append(path: Path, lines: Iterable[str]) -> None:
    """Append lines to a file that only this user may read, and write them to disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(descriptor)


def main() -> None:
    """Send everything that was refused."""
    settings = json.loads((HOME / "elasticsearch.json").read_text(encoding="utf-8"))
    server = Elasticsearch(settings, (HOME / "secrets/elasticsearch").read_text(encoding="utf-8"))
    refused = Refused(Path(settings["data"]))
    running = Path(settings["data"], "rsyslogd.pid")
    counts: Counter[str] = Counter()
    try:
        process = int(running.read_text(encoding="utf-8")) if running.exists() else 0
        for path in closed(refused, process):
            counts += replay(server, path, refused.folder / "documents.json")
    except (NotSentError, ValueError) as error:
        sys.exit(f"Not everything was sent: {error}. What is left is in {refused.folder}; run this again.")
    lines = [
        f"{counts['accepted']} accepted, {counts['already there']} already there, {counts['refused']} refused again"
    ]
    lines += [f"  {counts[reason]} {reason}" for reason in sorted(counts) if reason.startswith("refused: ")]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(1 if counts["refused"] else 0)


if __name__ == "__main__":
    main()
