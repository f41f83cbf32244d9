"""Measures what the analysis of traces costs: processor time and memory of `trace_analysis`, for ten times as many too.

The traces have a hundred spans each, with two attributes, and come in the JSON of Jaeger's API, as the newest of each
slice of the window, from a process of its own, whose time does not count. Nor does that of starting the module, which
is measured without a trace.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rich.console import Console
from rich.table import Table

GOALS = {1000: (2.0, 150.0), 10_000: (20.0, 150.0)}  # traces: seconds of processor time, MiB
SPANS, MS = 100, 1_000_000
START, WINDOW = datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)
MODULE = "ansible_collections.vigil.observability.plugins.modules.trace_analysis"


def main() -> int:
    """Measure both, print a table, and return 1 when one costs more than it may."""
    table = Table("traces", "processor time", "promised", "memory", "promised", title=f"{SPANS} spans a trace")
    dear = False
    idle, _memory = measured(0)
    for number, (most_seconds, most_memory) in GOALS.items():
        seconds, memory = measured(number)
        seconds -= idle
        table.add_row(
            f"{number:,}", f"{seconds:.2f} s", f"{most_seconds:.0f} s", f"{memory:.0f} MiB", f"{most_memory:.0f} MiB"
        )
        dear = dear or seconds > most_seconds or memory > most_memory
    Console(width=80).print(table)
    return int(dear)


def measured(number: int) -> tuple[float, float]:
    """Return the seconds of processor time and the MiB that the module takes for so many traces."""
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    serving = multiprocessing.get_context("fork").Process(target=serve, args=(server, number), daemon=True)
    serving.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    server.server_close()
    options = {"url": url, "services": ["service0"], "limit": max(number, 1), "deadline": 3600}
    options |= {"start": START.isoformat(), "end": (START + WINDOW).isoformat()}
    try:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        words = [sys.executable, "-c", f"import {MODULE} as module; module.main()"]
        given = json.dumps({"ANSIBLE_MODULE_ARGS": options})
        done = subprocess.run([*words], input=given, env=os.environ, capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        serving.terminate()
        serving.join()
    found = json.loads(done.stdout).get("analysis", {}).get("coverage", {}) if done.returncode == 0 else {}
    if (found.get("traces"), found.get("spans")) != (number, number * SPANS):
        sys.exit(f"{number} traces were not analysed: {found or done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


def serve(server: HTTPServer, number: int) -> None:
    """Answer as Jaeger does, with so many traces at even distances over the window."""
    first = int(START.timestamp() * 1e9)
    last = first + int(WINDOW.total_seconds() * 1e9) if number else first
    step = (last - first) // max(number, 1) or 1
    _Handler.traces = [(start, trace(place, start)) for place, start in enumerate(range(first + step // 2, last, step))]
    server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    traces: list[tuple[int, str]]

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        least, most = (
            datetime.fromisoformat(asked[f"query.start_time_{end}"][0]).timestamp() * 1e9 for end in ("min", "max")
        )
        found = [text for start, text in self.traces if least <= start <= most]
        newest = found[-int(asked["query.num_traces"][0]) :]
        body = f'{{"result":{{"resourceSpans":[{",".join(newest)}]}}}}'.encode()
        if not newest:
            body = b'{"error":{"httpCode":404,"message":"No traces found"}}'
        self.send_response(200 if newest else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print no requests among the results."""


def trace(number: int, start: int) -> str:
    """Return the resources of one trace, of ten shapes, the same each time."""
    by_service: dict[str, list[dict[str, Any]]] = {}
    for service, span in spans(random.Random(number % 10), f"{number + 1:032x}", start):  # noqa: S311 - the same each time
        by_service.setdefault(service, []).append(span)
    return ",".join(
        json.dumps({"resource": {"attributes": [text("service.name", service)]}, "scopeSpans": [{"spans": listed}]})
        for service, listed in by_service.items()
    )


def spans(chance: random.Random, name: str, start: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the spans of a trace with their services: calls of calls, up to some five deep."""
    times, services = [(start, start + 900 * MS)], ["service0"]
    for place in range(SPANS):
        parent = chance.randrange(max(place // 2, 1)) if place else 0
        first, last = times[parent]
        if place:
            first += (last - first) * chance.randrange(50) // 100
            last = first + (last - first) * chance.randrange(10, 90) // 100
            times.append((first, last))
            # Every third span serves a call, the others are those of a caller.
            services.append(services[parent] if place % 3 else f"service{place % 8}")
        span: dict[str, Any] = {
            "traceId": name,
            "spanId": f"{place + 1:016x}",
            "parentSpanId": f"{parent + 1:016x}" if place else "",
            "name": f"operation{place % 20}",
            "kind": (2, 3, 1)[place % 3],
            "startTimeUnixNano": str(first),
            "endTimeUnixNano": str(last),
            "attributes": [
                text("http.route", "/orders/{id}"),
                text("db.query.text", f"GET order:{chance.randrange(10**6)}"),
            ],
            "status": {},
        }
        yield services[place], span


def text(key: str, value: str) -> dict[str, Any]:
    """Return an attribute."""
    return {"key": key, "value": {"stringValue": value}}


if __name__ == "__main__":
    sys.exit(main())
