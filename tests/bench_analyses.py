"""Measures what analyses of a real Prometheus cost: 200 rules, 30 days of evaluations every 15 s, 5,000 episodes.

Seconds are real ones, with Prometheus's part; those of a back-test are what it adds to the analysis of its rule.
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
MOST_SECONDS, MOST_MEMORY, MOST_BYTES, MOST_BACK_TEST = 20.0, 300.0, 2 * 2**20, 2.0
REPEATS = 3
START, SHORT = END - DAYS * DAY, 2 * MINUTE


def history() -> Iterator[str]:
    """Yield what Prometheus has recorded: episodes of 1 to 40 minutes, spread over the days, the same each time.

    Those of the first rule are of 2 minutes, and what it asks for is recorded too.
    """
    chosen = random.Random(1)  # noqa: S311 - the same each time
    always = range(START - DAY, END + DAY, INTERVAL)
    yield "# TYPE up gauge"
    yield from (f'up{{job="prometheus",instance="mon1:9090"}} 1 {at}' for at in always)
    yield "# TYPE ALERTS gauge"
    share = EPISODES // RULES
    for number in range(RULES):
        labels = f'alertname="Rule{number}",team="team{number % 9}",alertstate="firing"'
        for one in range(share):
            begun = START + (DAYS * DAY * one + number * MINUTE) // share // INTERVAL * INTERVAL
            lasts = chosen.randrange(MINUTE, 40 * MINUTE) if number else SHORT
            yield from (f"ALERTS{{{labels}}} 1 {at}" for at in range(begun, begun + lasts, INTERVAL))
    yield "# TYPE load gauge"
    pause = DAYS * DAY // share
    yield from (f'load{{team="team0"}} {int(at < END and (at - START) % pause < SHORT)} {at}' for at in always)
    yield "# EOF"


def rules() -> list[dict[str, Any]]:
    """Return the rules, which find nothing now."""
    others = [{"alert": f"Rule{number}", "expr": "vector(0) > 1", "for": "5m"} for number in range(1, RULES)]
    return [{"alert": "Rule0", "expr": "load > 0"}, *others]


def main() -> int:
    """Measure, print a table, and return 1 if anything costs more than it may."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as name, ExitStack() as stack:
        folder, release = Path(name), RELEASES[-1]
        unpack_release("prometheus", release, folder)
        (program,) = folder.glob(f"prometheus-{release}.*/prometheus")
        url = stack.enter_context(started(folder / "mon1", program, history(), rules(), INTERVAL))
        seconds, found = timed(url)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # be it of promtool
        # The least of several: what else runs on the machine only adds.
        alone = min(timed(url, alerts=["Rule0"])[0] for _once in range(REPEATS))
        tests = [timed(url, alerts=["Rule0"], back_test=True) for _once in range(REPEATS)]
        both, tested = min(seconds for seconds, _found in tests), tests[0][1]
    if sum(one["episodes"] for one in found["rules"]) != EPISODES or not tested["proposals"][0].get("saved"):
        sys.exit(f"The analysis has not found {EPISODES} episodes, or what to change: {json.dumps(tested)[:2000]}")
    size = len(html(found, "Alert fatigue").encode())
    table = Table("", "measured", "promised", title=f"{RULES} rules, {DAYS} days, {EPISODES:,} episodes")
    table.add_row("seconds", f"{seconds:.1f}", f"{MOST_SECONDS:.0f}")
    table.add_row("memory", f"{memory:.0f} MiB", f"{MOST_MEMORY:.0f} MiB")
    table.add_row("queries, samples", f"{found['coverage']['queries']}, {found['coverage']['samples']:,}", "")
    table.add_row("page", f"{size / 1024:.0f} KiB", f"{MOST_BYTES // 1024} KiB")
    table.add_row("back-test of a rule", f"{both - alone:.1f} s", f"{MOST_BACK_TEST:.0f} s")
    table.add_row("its queries", f"{tested['proposals'][0]['queries']}", "")
    Console(width=80).print(table)
    dear = seconds > MOST_SECONDS or both - alone > MOST_BACK_TEST
    return int(dear or memory > MOST_MEMORY or size > MOST_BYTES)


def timed(url: str, **options: Any) -> tuple[float, dict[str, Any]]:
    """Return the seconds of an analysis of all days, and its result."""
    begun = time.monotonic()
    found = asked([url], start=str(START), end=str(END), **options)
    if "analysis" not in found:
        sys.exit(f"The analysis failed: {json.dumps(found)[:2000]}")
    return time.monotonic() - begun, dict(found["analysis"])


if __name__ == "__main__":
    sys.exit(main())
