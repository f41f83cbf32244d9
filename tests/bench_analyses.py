"""Measures what analyses of a real Prometheus cost: 200 rules, 30 days of evaluations every 15 s, 5,000 episodes.

Processor time and memory are those of the module. Prometheus's own time is within the seconds, which are real ones.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ansible_collections.vigil.observability.plugins.plugin_utils._alert_report.page import html
from ansible_collections.vigil.observability.tests.live.alert_fatigue import DAY, END, MINUTE, RELEASES, asked, started
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release

RULES, DAYS, INTERVAL, EPISODES = 200, 30, 15, 5_000
MOST_SECONDS, MOST_MEMORY, MOST_BYTES = 20.0, 300.0, 2 * 2**20
START = END - DAYS * DAY


def history() -> Iterator[str]:
    """Yield what Prometheus has recorded: episodes of 1 to 40 minutes, spread over the days, the same each time."""
    chosen = random.Random(1)  # noqa: S311 - the same each time
    yield "# TYPE up gauge"
    yield from (f'up{{job="prometheus",instance="mon1:9090"}} 1 {at}' for at in range(START - DAY, END + DAY, INTERVAL))
    yield "# TYPE ALERTS gauge"
    share = EPISODES // RULES
    for number in range(RULES):
        for one in range(share):
            begun = START + (DAYS * DAY * one + number * MINUTE) // share
            for at in range(begun, begun + chosen.randrange(MINUTE, 40 * MINUTE), INTERVAL):
                yield f'ALERTS{{alertname="Rule{number}",team="team{number % 9}",alertstate="firing"}} 1 {at}'
    yield "# EOF"


def rules() -> list[dict[str, Any]]:
    """Return the rules, which find nothing now."""
    return [{"alert": f"Rule{number}", "expr": "vector(0) > 1", "for": "5m"} for number in range(RULES)]


def main() -> int:
    """Measure, print a table, and return 1 if anything costs more than it may."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as name, ExitStack() as stack:
        folder, release = Path(name), RELEASES[-1]
        unpack_release("prometheus", release, folder)
        (program,) = folder.glob(f"prometheus-{release}.*/prometheus")
        url = stack.enter_context(started(folder / "mon1", program, history(), rules()))
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        found = asked([url], start=str(START), end=str(END))
        seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if sum(one["episodes"] for one in found.get("analysis", {}).get("rules", ())) != EPISODES:
        sys.exit(f"The analysis has not found {EPISODES} episodes: {json.dumps(found)[:2000]}")
    coverage, size = found["analysis"]["coverage"], len(html(found["analysis"], "Alert fatigue").encode())
    memory = after.ru_maxrss / 1024  # of the largest child, be it promtool, which makes the history
    table = Table("", "measured", "promised", title=f"{RULES} rules, {DAYS} days, {EPISODES:,} episodes")
    table.add_row("seconds", f"{seconds:.1f}", f"{MOST_SECONDS:.0f}")
    table.add_row("processor time", f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.1f} s", "")
    table.add_row("memory", f"{memory:.0f} MiB", f"{MOST_MEMORY:.0f} MiB")
    table.add_row("queries", f"{coverage['queries']}", "")
    table.add_row("samples", f"{coverage['samples']:,}", "")
    table.add_row("page", f"{size / 1024:.0f} KiB", f"{MOST_BYTES // 1024} KiB")
    Console(width=80).print(table)
    return int(seconds > MOST_SECONDS or memory > MOST_MEMORY or size > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
