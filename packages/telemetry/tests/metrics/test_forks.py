"""Forks while other threads record metrics, as in servers with `--preload` and in workers that fork for a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from programs import ran

FORKS = """
import os, signal, sys, threading
import prometheus_client
import vigil_telemetry as telemetry

telemetry.start(service="shop", environment="test", log_directory=sys.argv[1])
described = [{"name": f"jobs_{kind}", "type": kind, "help": "Jobs.", "labels": ["result"]} for kind in
             ("counter", "gauge", "histogram")]
described[0]["name"], described[2]["buckets"] = "jobs_total", [1, 2]
counter, gauge, histogram = telemetry.declare(described).values()
foreign = prometheus_client.Counter("foreign_total", "Of prometheus-client alone.", ["result"])
ended = threading.Event()

def record(number):
    counter.labels("done").inc()
    gauge.labels("done").set(1)
    histogram.labels("done").observe(number % 3)
    foreign.labels("done").inc()
    counter.labels(f"{number % 7}").inc()

def work():
    number = 0
    while not ended.is_set():
        number += 1
        record(number)

threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
hung = 0
for fork in range(15):
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # which ends a child that waits for a lock
        for number in range(7):
            record(number)
        if fork == 0:
            telemetry.runtime.running().metrics.render()
            prometheus_client.generate_latest()
        os._exit(0)
    hung += os.waitpid(child, 0)[1] != 0
    if hung:
        break
ended.set()
print(hung)
os._exit(0)
"""


@pytest.mark.parametrize("several", [False, True], ids=["one process", "several processes"])
def test_a_child_never_waits_for_a_thread_that_recorded_at_the_moment_of_the_fork(
    tmp_path: Path, *, several: bool
) -> None:
    changed = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")} if several else {}
    process = ran(FORKS, str(tmp_path), changed=changed)
    assert process.stdout == "0\n", process.stderr
