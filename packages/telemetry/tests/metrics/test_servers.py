"""Servers with several processes: gunicorn and uvicorn, whose workers are killed while they are measured."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from metrics.reading import free_port, samples, scraped, until, value
from programs import PLENTY, environment

APPLICATION = """
import os, threading
from vigil_telemetry import runtime
from vigil_telemetry.metrics import Metrics
from vigil_telemetry.settings import settings_from

settings = settings_from({}, os.environ)
metrics = Metrics(settings)
runtime.start(runtime.Telemetry(settings, (metrics,)))

def order():
    metrics.http("GET", "/orders", 200, 0.01)
    metrics.record_order_processing("books", "card", 0.2)
    metrics.update_active_users("customer", 7)
    return str(os.getpid()).encode()

def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [order()]

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": order()})
"""
KINDS = {
    "gunicorn": ["gunicorn", "--workers=2", "application:wsgi", "--bind"],
    "gunicorn_preload": ["gunicorn", "--workers=2", "--preload", "application:wsgi", "--bind"],
    "gunicorn_threads": ["gunicorn", "--workers=2", "--threads=4", "application:wsgi", "--bind"],
    "uvicorn": ["uvicorn", "--workers=2", "--log-level=warning", "application:asgi", "--port"],
}


def _has_ended(process: int) -> bool:
    try:
        return bool(psutil.Process(process).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


class Server:
    """A server with workers; `asked` are the orders that were sent, `orders` those of them that were answered.

    A worker may end between counting an order and answering it.
    """

    def __init__(self, port: int, metrics_port: int, directory: Path) -> None:
        self.port, self.metrics_port, self.directory = port, metrics_port, directory
        self.asked = self.orders = 0
        self.last = 0.0

    def order(self, times: int = 1) -> int:
        """Place orders; return the worker that took the last one."""
        for _number in range(times):
            self.asked += 1
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=PLENTY) as answer:
                worker = int(answer.read())
            self.orders += 1
        return worker

    def kill(self) -> None:
        """Kill a worker, and wait until it can take no further order."""
        worker = self.order()
        os.kill(worker, signal.SIGKILL)
        until(lambda: _has_ended(worker))

    def page(self) -> bytes:
        """Return the page, on which no counter may be lower than before."""
        page = scraped(self.metrics_port)
        counted = value(page, "http_requests_total")
        assert not counted < self.last
        self.last = counted
        return page

    def counted(self) -> bool:
        """Tell whether the page has all orders that were answered, and none that was not sent."""
        page = self.page()
        names = ("http_requests_total", "http_request_duration_seconds_count", "orders_total")
        counted = {value(page, name) for name in names}
        print(self.orders, counted, self.asked)
        return len(counted) == 1 and self.orders <= counted.pop() <= self.asked


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """Start a server."""
    (tmp_path / "application.py").write_text(APPLICATION)
    found = Server(free_port(), free_port(), tmp_path / "metrics")
    changed = {
        "OTEL_SERVICE_NAME": "shop",
        "VIGIL_TELEMETRY_ENVIRONMENT": "test",
        "VIGIL_TELEMETRY_METRICS_PORT": str(found.metrics_port),
        "PROMETHEUS_MULTIPROC_DIR": str(found.directory),
    }
    name, *options = KINDS[request.param]
    bind = f"127.0.0.1:{found.port}" if name == "gunicorn" else str(found.port)
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", name, *options, bind], env=environment(changed), cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        until(lambda: found.order() and found.page())
        yield found
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PLENTY)
        process.kill()
        print((tmp_path / "log").read_text()[-3000:])


def test_sums_of_all_workers_are_right_though_workers_are_killed(server: Server) -> None:
    server.order(20)
    until(server.counted)
    start = value(server.page(), "process_start_time_seconds")
    for _number in range(4):
        server.kill()
        # The new worker begins at zero; what the killed one has counted stays.
        until(lambda: server.order(5))
        until(server.counted)
    page = server.page()
    assert value(page, "process_start_time_seconds") == pytest.approx(start, abs=0.1)
    assert value(page, "active_users_total", user_type="customer") == 7
    assert value(page, "application_build_info") == 1


def test_files_of_dead_workers_do_not_pile_up(server: Server) -> None:
    for _number in range(4):
        server.kill()
        until(lambda: server.order(2))
    until(server.counted)
    files = sorted(file.name for file in server.directory.glob("*.db"))
    ended = {name for name in files if name.endswith("_ended.db")}
    processes = {name.rpartition("_")[2] for name in files} - {"ended.db"}
    assert ended == {"counter_ended.db", "histogram_ended.db", "gauge_mostrecent_ended.db"}
    assert len(processes) <= 3  # two workers, and the process that has forked them
    assert not list(server.directory.glob("*.new"))


def test_no_series_names_a_process(server: Server) -> None:
    server.order(5)
    assert not [labels for _name, labels in samples(server.page()) if "pid" in dict(labels)]
