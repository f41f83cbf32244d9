"""Measures what the analysis of a million log lines costs: seconds and memory of `log_analysis`, and of mining alone.

The lines are of eight services over two days, with ids, names and numbers in nearly every message, so that hardly two
are the same. `memory` is the most that any process of ansible-playbook held; mining is measured in this process, in
batches as the task takes them.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from rich.console import Console
from rich.table import Table

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.masks import masked
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.mining import patterns_of

LINES, BATCH = 1_000_000, 15_000
GOALS = {"seconds": 60.0, "memory": 300.0, "lines": 100_000.0}
START = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=2)
# Messages with their levels, the most frequent first.
MESSAGES = (
    ("info", "Order {number} placed by {name} for {cents} EUR"),
    ("info", "GET /api/v1/products/{number} answered 200 in {small} ms"),
    ("info", "Session {id} of {name}@example.com opened from 10.{small}.7.9:443"),
    ("warn", "Retry {small} of https://pay.example.com/v2/charge/{number}"),
    ("error", "Payment {id} of {name} was declined by the bank"),
    ("info", "Entry {name} of the cache {name} was evicted after {small} s"),
)


def main() -> int:
    """Run both, print a table, and return 1 when they cost more than they may."""
    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as folder:
        log = Path(folder) / "app.log"
        with log.open("w") as file:
            file.writelines(f"{json.dumps(document)}\n" for document in documents())
        seconds, memory = task(Path(folder), log)
        mined = mining([document["message"] for document in documents()])
        found = {"seconds": seconds, "memory": memory, "lines": LINES / mined}
    table = Table("what", "measured", "promised", title=f"{LINES} log lines")
    table.add_row("task", f"{found['seconds']:.1f} s", f"{GOALS['seconds']:.0f} s")
    table.add_row("memory", f"{found['memory']:.0f} MiB", f"{GOALS['memory']:.0f} MiB")
    table.add_row("mining", f"{found['lines']:.0f} lines/s", f"{GOALS['lines']:.0f} lines/s")
    Console(width=80).print(table)
    return int(
        found["seconds"] > GOALS["seconds"] or found["memory"] > GOALS["memory"] or found["lines"] < GOALS["lines"]
    )


def documents() -> Iterator[dict[str, Any]]:
    """Yield the same documents each time."""
    chance = random.Random(1)  # noqa: S311 - the same lines each time
    for place in range(LINES):
        level, message = MESSAGES[min(int(chance.expovariate(0.7)), len(MESSAGES) - 1)]
        values = {
            "number": chance.randrange(10**7),
            "name": f"{'bdfglm'[chance.randrange(6)]}{'aeiou'[chance.randrange(5)]}n{'aeiou'[chance.randrange(5)]}",
            "cents": chance.randrange(10**4) / 100,
            "small": chance.randrange(256),
            "id": f"{chance.getrandbits(64):016x}",
        }
        yield {
            "timestamp": (START + SPAN * place / LINES).isoformat(timespec="milliseconds"),
            "level": level,
            "service": f"service{chance.randrange(8)}",
            "environment": "production",
            "correlationId": f"{chance.getrandbits(128):032x}",
            "userId": f"u{chance.randrange(50_000)}",
            "message": message.format_map(values),
            "durationMs": chance.randrange(500),
            **({"errorName": "PaymentError"} if level == "error" else {}),
        }


def task(folder: Path, log: Path) -> tuple[float, float]:
    """Return the seconds of the task, and the most MiB of any process of its run."""
    options = {
        "files": [str(log)],
        "end": (START + SPAN).isoformat(),
        "baseline": "1d",
        "json_path": str(folder / "logs.json"),
        "page_path": str(folder / "logs.html"),
    }
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"vigil.observability.log_analysis": options}]}
    playbook = folder / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))
    words = ["ansible-playbook", "-i", "localhost,", "-c", "local", str(playbook)]
    settings = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    done = subprocess.run(words, env=os.environ | settings, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    span = json.loads(done.stdout[done.stdout.index("{") :])["plays"][0]["tasks"][0]["task"]["duration"]
    begun, ended = (datetime.fromisoformat(span[side]) for side in ("start", "end"))
    return (ended - begun).total_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def mining(messages: list[str]) -> float:
    """Return the seconds that masks and patterns of all messages take."""
    begun = time.monotonic()
    texts: set[str] = set()
    for start in range(0, len(messages), BATCH):
        batch = pl.DataFrame({"message": messages[start : start + BATCH]})
        texts.update(batch.select(masked(pl.col("message")).unique()).to_series().to_list())
    found = set(patterns_of([(0, text) for text in sorted(texts)]).values())
    if len(found) != len(MESSAGES):
        sys.exit(f"{len(MESSAGES)} messages became {len(found)} patterns: {sorted(found)[:20]}")
    return time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
