"""Measures how soon all of 2,000 spans a second for a minute are found, which a collector stores in Elasticsearch.

Collector, query and Elasticsearch run on loopback, with the configuration and the user of their roles.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ansible_collections.vigil.observability.tests.live import elasticsearch_modules as elasticsearch
from ansible_collections.vigil.observability.tests.live.jaeger_configuration import prepare
from ansible_collections.vigil.observability.tests.live.jaeger_storage import (
    RELEASE,
    Sender,
    Storage,
    memory_of,
    of_elasticsearch,
    require_found,
)
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS

RATE, SECONDS, GOAL = 2000.0, 60.0, 60.0


def main() -> int:
    """Print a table, and return 1 when spans are refused, missing or found too late."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-jaeger-") as name, elasticsearch.unpacked(RELEASE) as unpacked:
        folder, storage = Path(name), Storage(unpacked)
        prepare(folder)
        storage.start()
        try:
            jaeger = of_elasticsearch(folder, storage)
            sender = Sender(jaeger, rate=RATE)
            with jaeger.running() as process:
                with sender.sending():
                    time.sleep(SECONDS)
                begun = time.monotonic()
                require_found(storage, sender.spans)
                late, most = time.monotonic() - begun, memory_of(process.pid)
        finally:
            storage.kill()
    table = Table("spans", "a second", "promised", "refused", "found after", "promised", "memory")
    rate, number = len(sender.spans) / SECONDS, len(sender.spans)
    cells = [f"{number:,}", f"{rate:,.0f}", f"{RATE:,.0f}", f"{len(sender.refused):,}", f"{late:.1f} s"]
    table.add_row(*cells, f"{GOAL:.0f} s", f"{most // 2**20} MiB")
    Console(width=100).print(table)
    return int(late > GOAL or bool(sender.refused) or rate < 0.95 * RATE)


if __name__ == "__main__":
    sys.exit(main())
