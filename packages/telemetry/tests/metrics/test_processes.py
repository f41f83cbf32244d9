"""Processes that share a directory: forks, deaths at any point, and directories that cannot be used."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from metrics.reading import free_port, samples, value
from programs import ran
from vigil_telemetry.metrics.merging import completed, merged

BEGIN = """
import os, signal, sys, time
from vigil_telemetry import runtime
from vigil_telemetry.metrics import Metrics
from vigil_telemetry.settings import settings_from

settings = settings_from({}, os.environ)
metrics = Metrics(settings)
runtime.start(runtime.Telemetry(settings, (metrics,)))

def child(work):
    number = os.fork()
    if not number:
        work()
        os._exit(0)
    os.waitpid(number, 0)

def show():
    sys.stdout.write(metrics.render()[1].decode())
"""


def page_of(program: str, directory: Path | None, **changed: str) -> bytes:
    """Return what a program with metrics writes."""
    names = {"OTEL_SERVICE_NAME": "shop", "VIGIL_TELEMETRY_ENVIRONMENT": "test"}
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(directory)} if directory else {}
    done = ran(BEGIN + program, changed={**names, **shared, **changed})
    assert done.returncode == 0, done.stderr
    return done.stdout.encode()


def test_fork_after_start_counts_each_request_once(tmp_path: Path) -> None:
    program = """
metrics.http("GET", "/", 200, 0.1)
for _ in range(3):
    child(lambda: metrics.http("GET", "/", 200, 0.1))
metrics.http("GET", "/", 200, 0.1)
show()
"""
    page = page_of(program, tmp_path / "metrics")
    assert value(page, "http_requests_total") == 5
    assert value(page, "http_request_duration_seconds_count") == 5
    assert value(page, "application_build_info") == 1
    assert value(page, "process_start_time_seconds") > 1e9


def test_gauges_of_a_process_that_starts_are_not_read_before_they_are_set(tmp_path: Path) -> None:
    program = """
from vigil_telemetry import metrics
import fcntl

class Book(metrics.measurements.Book):
    def __init__(self, *given):
        super().__init__(*given)
        with open(os.path.join(os.environ["PROMETHEUS_MULTIPROC_DIR"], "group.lock")) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("nobody reads")

metrics.measurements.Book = Book
metrics.Metrics(settings).start()
"""
    assert page_of(program, tmp_path / "metrics") == b"nobody reads\n"


def test_counts_of_killed_children_stay_and_their_gauges_go(tmp_path: Path) -> None:
    program = """
depth = metrics.declare([{"name": "queue_depth", "type": "gauge", "help": "Jobs."}])["queue_depth"]
depth.set(1)
def work():
    metrics.http("GET", "/", 200, 0.1)
    depth.set(100)
    os.kill(os.getpid(), signal.SIGKILL)
for _ in range(20):
    child(work)
    metrics.render()
assert len(os.listdir(os.environ["PROMETHEUS_MULTIPROC_DIR"])) < 20, os.listdir(os.environ["PROMETHEUS_MULTIPROC_DIR"])
show()
"""
    page = page_of(program, tmp_path / "metrics")
    assert value(page, "http_requests_total") == 20
    assert value(page, "queue_depth") == 1


def test_next_run_goes_on_where_the_former_ended(tmp_path: Path) -> None:
    for run in (1, 2, 3):
        page = page_of('metrics.http("GET", "/", 200, 0.1)\nshow()', tmp_path / "metrics")
        assert value(page, "http_requests_total") == run


def test_fork_while_others_read_and_record_never_hangs(tmp_path: Path) -> None:
    # Threads take turns often: forks meet them in more places, and do not wait long for their own turn.
    program = """
import threading
sys.setswitchinterval(0.001)
def busy(step):
    while True:
        step()
steps = (metrics.render, lambda: metrics.http("GET", "/", 200, 0.1), lambda: metrics.http("GET", "/", 200, 0.1))
for step in steps:
    threading.Thread(target=busy, args=(step,), daemon=True).start()
for _ in range(100):
    child(lambda: metrics.http("GET", "/child", 200, 0.1))
show()
"""
    for directory in (None, tmp_path / "metrics"):
        page = page_of(program, directory)
        if directory:
            assert value(page, "http_requests_total", route="/child") == 100


def test_forked_process_that_nobody_reads_warns_once(tmp_path: Path) -> None:
    program = """
import logging
logging.basicConfig(stream=sys.stdout, format="%(message)s")
child(lambda: [metrics.http("GET", "/", 200, 0.1) for _ in range(3)])
"""
    out = page_of(program, None, VIGIL_TELEMETRY_METRICS_PORT=str(free_port())).decode()
    assert out.count("set PROMETHEUS_MULTIPROC_DIR to a directory") == 1


def test_port_is_taken_over_when_the_process_that_served_it_is_killed(tmp_path: Path) -> None:
    program = """
import urllib.request
url = f"http://127.0.0.1:{settings.metrics_port}/metrics"
parent = os.getpid()
if os.fork():
    metrics.http("GET", "/parent", 200, 0.1)
    os.kill(os.getpid(), signal.SIGKILL)
for _ in range(600):
    time.sleep(0.1)
    try:
        if os.getppid() != parent:
            page = urllib.request.urlopen(url, timeout=60).read().decode()
            break
    except OSError:
        continue
sys.stdout.write(page)
sys.stdout.flush()
os._exit(0)
"""
    port = str(free_port())
    changed = {
        "OTEL_SERVICE_NAME": "shop",
        "VIGIL_TELEMETRY_ENVIRONMENT": "test",
        "VIGIL_TELEMETRY_METRICS_PORT": port,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
    }
    done = ran(BEGIN + program, changed=changed)
    assert done.returncode == -signal.SIGKILL
    assert value(done.stdout.encode(), "http_requests_total", route="/parent") == 1


def test_directory_is_private_and_one_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    page_of("", tmp_path / "metrics")
    assert stat.S_IMODE((tmp_path / "metrics").stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    names = {"OTEL_SERVICE_NAME": "shop", "VIGIL_TELEMETRY_ENVIRONMENT": "test"}
    done = ran(BEGIN, changed={**names, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "file/metrics")})
    assert "which cannot be used (Not a directory); set it to a directory that this user may write" in done.stderr


def test_directory_that_was_set_too_late_is_refused(tmp_path: Path) -> None:
    late = f"import os, prometheus_client\nos.environ['PROMETHEUS_MULTIPROC_DIR'] = {str(tmp_path / 'm')!r}\n"
    done = ran(late + BEGIN, changed={"OTEL_SERVICE_NAME": "shop", "VIGIL_TELEMETRY_ENVIRONMENT": "test"})
    assert "was not set when prometheus_client was imported; set it in the environment of the server" in done.stderr


def written(directory: Path, name: str, number: float, at: float = 0.0) -> Path:
    """Write a file of a process with one value."""
    book: Any = MmapedDict(str(directory / name))  # type: ignore[no-untyped-call]
    book.write_value(mmap_key("jobs", "jobs_total", ["kind"], ["a"], "Jobs."), number, at)
    book.close()
    return directory / name


def read(file: Path) -> float:
    """Return the one value of a file."""
    values: Any = MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]
    [(_key, number, _at, _text)] = values
    return float(number)


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        ("counter", 5),
        ("histogram", 5),
        ("summary", 5),
        ("gauge_sum", 5),
        ("gauge_max", 3),
        ("gauge_min", 2),
        ("gauge_mostrecent", 2),
        ("gauge_livesum", None),
        ("gauge_all", None),
    ],
)
def test_files_of_ended_processes_become_one(tmp_path: Path, kind: str, becomes: float | None) -> None:
    merged(tmp_path, [written(tmp_path, f"{kind}_17.db", 3, 100.0)])
    merged(tmp_path, [written(tmp_path, f"{kind}_18.db", 2, 200.0)])
    left = sorted(file.name for file in tmp_path.iterdir())
    assert left == ([] if becomes is None else [f"{kind}_ended.db"])
    if becomes is not None:
        assert read(tmp_path / f"{kind}_ended.db") == becomes


@pytest.mark.parametrize("step", range(6))
def test_merge_that_is_killed_at_any_step_adds_nothing_twice(
    tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    left = [step]

    def dying(real: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return real(*given, **named)

        return call

    merged(tmp_path, [written(tmp_path, "counter_16.db", 1)])
    files = [written(tmp_path, "counter_17.db", 3), written(tmp_path, "counter_18.db", 2)]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dying(Path.replace))
        patched.setattr(Path, "unlink", dying(Path.unlink))
        with contextlib.suppress(Killed):
            merged(tmp_path, files)
    completed(tmp_path)
    merged(tmp_path, [file for file in files if file.exists()])
    assert read(tmp_path / "counter_ended.db") == 6
    assert [file.name for file in tmp_path.iterdir()] == ["counter_ended.db"]


def test_new_file_with_the_name_of_a_merged_one_is_not_removed(tmp_path: Path) -> None:
    file = written(tmp_path, "counter_17.db", 3)
    plan = {"moves": {}, "removes": [[file.name, file.stat().st_ino + 1]]}
    (tmp_path / "merge.json").write_text(json.dumps(plan))
    completed(tmp_path)
    assert read(file) == 3


def test_file_that_a_killed_process_did_not_come_to_write_breaks_nothing(tmp_path: Path) -> None:
    directory = tmp_path / "metrics"
    directory.mkdir()
    (directory / f"counter_{2**22 + 1}.db").touch()
    (directory / f"histogram_{2**22 + 1}.db").write_bytes(os.urandom(4096))
    page = page_of('metrics.http("GET", "/", 200, 0.1)\nshow()', directory)
    assert value(page, "http_requests_total") == 1
    assert ("http_requests_total", (("method", "GET"), ("route", "/"), ("status_code", "200"))) in samples(page)
