"""An application to watch: sells nothing, and has the metrics of one that does, for whoever knows the token in TOKEN.

Every number follows from how long it has been running, so that it takes no work to come up with it. With LOG, it also
writes a line of JSON for each order to that file, and on SIGUSR1 as many payments fail as make an alert.
"""

from __future__ import annotations

import hmac
import json
import math
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = 8000
BEGUN = time.time()

# Requests per second by route, the share that fails, and the median and spread of their durations in seconds.
ROUTES = {"/": (20.0, 0.001, 0.03, 0.6), "/cart": (8.0, 0.002, 0.06, 0.7), "/checkout": (3.0, 0.004, 0.2, 0.7)}
BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
ORDER_BUCKETS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


def within(bound: float, median: float, spread: float) -> float:
    """Return the share of durations up to a bound: log-normal ones."""
    return 0.5 * (1 + math.erf(math.log(bound / median) / (spread * math.sqrt(2))))


def histogram(
    name: str, labels: str, count: float, bounds: tuple[float, ...], median: float, spread: float
) -> Iterator[str]:
    """Yield the lines of a histogram."""
    for bound in bounds:
        yield f'{name}_bucket{{{labels},le="{bound}"}} {math.floor(count * within(bound, median, spread))}'
    yield f'{name}_bucket{{{labels},le="+Inf"}} {math.floor(count)}'
    yield f"{name}_sum{{{labels}}} {count * median * math.exp(spread**2 / 2)}"
    yield f"{name}_count{{{labels}}} {math.floor(count)}"


def metrics(age: float) -> Iterator[str]:
    """Yield the lines of all metrics after so many seconds."""
    # Even a shop that has just opened has a history, so that every panel has something to show.
    age += 3600
    for route, (rate, failing, median, spread) in ROUTES.items():
        for status, share in (("200", 1 - failing), ("500", failing)):
            labels = f'method="GET",route="{route}",status_code="{status}"'
            yield f"http_requests_total{{{labels}}} {math.floor(age * rate * share)}"
            yield from histogram("http_request_duration_seconds", labels, age * rate * share, BUCKETS, median, spread)
    orders = age * ROUTES["/checkout"][0] * 0.8
    yield f'orders_total{{status="completed",product_category="books"}} {math.floor(orders)}'
    kind = 'order_type="books",payment_method="card"'
    yield from histogram("order_processing_duration_seconds", kind, orders, ORDER_BUCKETS, 0.8, 0.5)
    yield f'active_users_total{{user_type="customer"}} {math.floor(120 + 40 * math.sin(age / 300))}'
    yield f'connection_pool_in_use{{pool="orders"}} {math.floor(6 + 3 * math.sin(age / 60))}'
    yield 'connection_pool_size{pool="orders"} 20'
    yield 'application_build_info{version="1.4.2",revision="8f3e923"} 1'
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield f"process_cpu_seconds_total {used.ru_utime + used.ru_stime}"
    yield f"process_resident_memory_bytes {used.ru_maxrss * 1024}"
    yield f"process_start_time_seconds {BEGUN}"
    yield "process_open_fds 8"
    yield "process_max_fds 1024"


class Shop(BaseHTTPRequestHandler):
    """Answers with its metrics, whatever it is asked for."""

    def do_GET(self) -> None:
        """Send the metrics."""
        known = hmac.compare_digest(self.headers["Authorization"] or "", f"Bearer {os.environ['TOKEN']}")
        body = "\n".join([*metrics(time.time() - BEGUN), ""]).encode() if known else b""
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def log(level: str, message: str, at: float, **fields: object) -> None:
    """Append a line to the log."""
    when = datetime.fromtimestamp(at, UTC).isoformat()
    line = {"timestamp": when, "level": level, "service": "shop", "message": message, **fields}
    with Path(os.environ["LOG"]).open("a") as file:
        file.write(json.dumps(line) + "\n")


def take_orders() -> None:
    """Log an order for each minute of the day before, and then one each second."""
    for number in range(1000, 1_000_000):
        at = min(BEGUN + (number - 1000 - 24 * 60) * 60, time.time())
        log("info", f"Order {number} placed", at, orderNumber=number, durationMs=80 + number % 40)
        time.sleep(0 if at < BEGUN else 1)


def fail_payments(*_: object) -> None:
    """Log payments that fail."""
    for number in range(20):
        message = f"Payment {number} was declined by the bank"
        log("error", message, time.time(), errorName="PaymentDeclined", userId=f"u{number}")


if __name__ == "__main__":
    if "LOG" in os.environ:
        signal.signal(signal.SIGUSR1, fail_payments)
        threading.Thread(target=take_orders, daemon=True).start()
    ThreadingHTTPServer(("", PORT), Shop).serve_forever()
