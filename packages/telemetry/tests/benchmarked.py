"""What tests/bench_telemetry.py measures, each in a process of its own: prints one JSON object.

    benchmarked.py requests VARIANT COLLECTOR COUNT     seconds of processor time of one request to FastAPI
    benchmarked.py work VARIANT COLLECTOR COUNT         likewise, of requests that work for about 5 ms
    benchmarked.py memory VARIANT COLLECTOR COUNT       bytes that the process grew by, with 10,000 distinct paths
    benchmarked.py statements|redaction                 seconds of one statement of SQL, of one event of 20 fields
    benchmarked.py lines DIRECTORY COUNT                writes numbered lines

The bare application neither imports nor starts the library.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import psutil
from fastapi import FastAPI

PATHS, WARM = 10_000, 2_000
BLOCK = b"x" * 1_000_000


def telemetry_of(variant: str, collector: str) -> Any:
    """Start the library as an application does, or return None for the bare application."""
    if variant == "bare":
        return None
    telemetry = import_module("vigil_telemetry")
    given = {"otlp_endpoint": collector} if variant == "everything" else {}
    telemetry.start(service="bench", environment="bench", log_directory=os.environ["BENCH_LOGS"], **given)
    return telemetry


def application(telemetry: Any, work: int) -> Any:
    """Return FastAPI's smallest handler, which logs a line if there is a log, and hashes so many blocks."""
    app = FastAPI()
    log = telemetry.logger("bench") if telemetry else None

    @app.get("/orders/{number}")
    async def order(number: int) -> dict[str, int]:
        for _number in range(work):
            hashlib.sha256(BLOCK)
        if log:
            log.info("Order placed", orderNumber=number, password="secret", card="4111 1111 1111 1111")
        return {"number": number}

    return telemetry.asgi(app) if telemetry else app


async def ask(app: Any, path: str) -> None:
    """Send one request, as a server does."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        return

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"shop"), (b"user-agent", b"bench")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)


async def asked(app: Any, count: int, path_of: Callable[[int], str]) -> None:
    """Send requests, one after the other, and give way to other tasks as a server does."""
    for number in range(count):
        await ask(app, path_of(number))
        if not number % 100:
            await asyncio.sleep(0)


def seconds_of(variant: str, collector: str, count: int, work: int = 0) -> dict[str, float]:
    """Return the processor time of a request, that of all threads and of what is written at the end included."""
    telemetry = telemetry_of(variant, collector)
    app = application(telemetry, work)
    asyncio.run(asked(app, min(WARM, count // 4), lambda number: f"/orders/{number}"))
    began = time.process_time()
    asyncio.run(asked(app, count, lambda number: f"/orders/{number}"))
    if telemetry:
        telemetry.stop()
    return {"seconds": (time.process_time() - began) / count}


def worked(variant: str, collector: str, count: int) -> dict[str, float]:
    """Return the processor time of a request that works; the work is the same in every process."""
    return seconds_of(variant, collector, count, int(os.environ["BENCH_WORK"]))


def grown(variant: str, collector: str, count: int) -> dict[str, float]:
    """Return how much more memory is resident after all requests than after a tenth of them."""
    app = application(telemetry_of(variant, collector), 0)
    process = psutil.Process()

    def path_of(number: int) -> str:
        return f"/orders/{number % PATHS}" if number % 2 else f"/{number % PATHS}.php"

    asyncio.run(asked(app, count // 10, path_of))
    before = process.memory_info().rss
    asyncio.run(asked(app, count - count // 10, path_of))
    return {"bytes": process.memory_info().rss - before}


def statements() -> dict[str, float]:
    """Return the processor time of a statement of SQL that is known, and of one that is new."""
    without_values = import_module("vigil_telemetry.tracing.sql").without_values
    text = "SELECT o.id, o.total FROM orders o JOIN users u ON u.id = o.user_id WHERE u.mail = 'a@b.c' AND o.total > {}"
    without_values(text, "postgresql")
    began = time.process_time()
    for _number in range(20_000):
        without_values(text, "postgresql")
    cached = (time.process_time() - began) / 20_000
    began = time.process_time()
    for number in range(2_000):
        without_values(text.format(number), "postgresql")
    return {"cached": cached, "new": (time.process_time() - began) / 2_000}


def redaction() -> dict[str, float]:
    """Return the processor time of redacting an event of 20 fields."""
    redactor = import_module("vigil_telemetry.redaction").Redactor(())
    event = {f"field{number}": f"value {number} of an order by a customer" for number in range(16)}
    event = {**event, "password": "secret", "card": "4111 1111 1111 1111", "email": "a@example.com", "total": "12"}
    began = time.process_time()
    for _number in range(5_000):
        redactor.value(event)
    return {"seconds": (time.process_time() - began) / 5_000}


def lines(directory: str, count: int) -> dict[str, float]:
    """Write numbered lines into files that are rotated, no faster than the queue takes them."""
    telemetry = import_module("vigil_telemetry")
    sizes: dict[str, Any] = {"log_rotate_bytes": 1_000_000, "log_rotate_files": 100, "log_queue_lines": count}
    telemetry.start(service="bench", environment="bench", log_directory=directory, **sizes)
    log = telemetry.logger("bench")
    for number in range(count):
        log.info("Line", number=number)
    telemetry.stop()
    return {"lines": count}


def main() -> None:
    """Measure what the arguments name."""
    kind, *rest = sys.argv[1:]
    if kind in {"statements", "redaction"}:
        found = {"statements": statements, "redaction": redaction}[kind]()
    elif kind == "lines":
        found = lines(rest[0], int(rest[1]))
    else:
        found = {"requests": seconds_of, "work": worked, "memory": grown}[kind](rest[0], rest[1], int(rest[2]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
