"""The rows of the failure table that concern logs, each with a real process, disk or signal."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from log_programs import SETUP, events, lines
from metrics.reading import until
from programs import PLENTY, begun, environment, ran
from standin_shipper import Shipper
from tracing.collectors import collector

_ROTATED_BY_OURSELVES = """
logs = started(log_rotate_bytes=1 << 20, log_rotate_files=1000, log_queue_lines=1_000_000)
log = logs.logger("x")
for number in range(100_000):
    log.info("Order placed", orderNumber=number, worker=0)
"""


def numbers(shipped: list[bytes]) -> list[int]:
    return sorted(json.loads(line)["orderNumber"] for line in shipped)


def test_100_000_lines_arrive_once_while_they_are_rotated_and_shipped(tmp_path: Path) -> None:
    with Shipper(tmp_path, "combined.log*") as shipper:
        done = ran(SETUP + _ROTATED_BY_OURSELVES, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("combined.log.*"))) > 5
    assert all(path.stat().st_size <= 1 << 20 for path in tmp_path.glob("combined.log*"))
    assert numbers(shipper.shipped) == list(range(100_000))


def test_four_processes_rotate_one_file_and_each_line_arrives_once(tmp_path: Path) -> None:
    program = """
logs = started(log_rotate_bytes=1 << 18, log_rotate_files=1000, log_queue_lines=1_000_000)
for number in range(4):
    if not os.fork():
        for step in range(5000):
            logs.logger("x").info("step", orderNumber=5000 * number + step)
        runtime.stop()
        os._exit(0)
for _ in range(4):
    os.wait()
"""
    with Shipper(tmp_path, "combined.log*") as shipper:
        done = ran(SETUP + program, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert numbers(shipper.shipped) == list(range(20_000))


def rotate(directory: Path, number: int) -> None:
    """Rotate as logrotate does with `create`, by itself where it is installed: nobody is told."""
    log = directory / "combined.log"
    if shutil.which("logrotate"):
        settings = directory / "logrotate.conf"
        settings.write_text(f"su root root\n{log} {{\n  rotate 1000\n  create 0640\n  nocompress\n}}\n")
        settings.chmod(0o644)
        command = ["logrotate", "--force", "--state", str(directory / "state"), str(settings)]
        subprocess.run(command, check=True, capture_output=True)
        return
    for earlier in range(number, 0, -1):
        (directory / f"combined.log.{earlier}").rename(directory / f"combined.log.{earlier + 1}")
    log.rename(directory / "combined.log.1")
    log.touch(0o640)


def test_logrotate_renames_the_file_and_no_line_is_lost_or_written_twice(tmp_path: Path) -> None:
    program = """
logs = started(log_rotate_bytes=0, log_queue_lines=1_000_000)
for number in range(100_000):
    logs.logger("x").info("Order placed", orderNumber=number)
    if number % 500 == 0:
        time.sleep(0.001)
"""
    with Shipper(tmp_path, "combined.log*") as shipper:
        process = begun(SETUP + program, str(tmp_path))
        rotations = 0
        while process.poll() is None:
            time.sleep(0.2)
            if (tmp_path / "combined.log").exists() and (tmp_path / "combined.log").stat().st_size > 256:
                rotate(tmp_path, rotations)
                rotations += 1
        process.communicate()
    assert rotations > 1
    # What is shorter than a fingerprint is not shipped yet.
    last = lines(tmp_path)[-1]
    missing = [last] if last not in shipper.shipped[-1000:] else []
    assert numbers(shipper.shipped + missing) == list(range(100_000))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where this process may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a file system needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


FULL_THEN_FREE = """
logs = started(log_queue_lines=500, **CHANGED)
log = logs.logger("x")
logged = 0
def log_one():
    global logged
    log.info("x", orderNumber=logged, filling="y" * 300)
    logged += 1
while logs.dropped() < 500:
    log_one()
FREE
file = Path(sys.argv[1]) / "combined.log"
until(lambda: b"Log lines were dropped" in file.read_bytes())
for _number in range(100):
    log_one()
runtime.stop(60)
print(logs.dropped(), logged)
"""


def judged(directory: Path, output: str) -> None:
    """Every line is whole, those that were dropped are told, and logging went on.

    No call has waited for the disk: the thread that logs is the one that frees it.
    """
    dropped, logged = output.split()
    found = events(directory)
    told = sum(event["droppedLines"] for event in found if event["message"] == "Log lines were dropped")
    kept = [event["orderNumber"] for event in found if event["message"] == "x"]
    assert kept == sorted(set(kept))
    assert len(kept) + int(dropped) == int(logged)
    assert told == int(dropped)
    assert kept[-100:] == list(range(int(logged) - 100, int(logged)))


def test_a_full_disk_drops_lines_that_are_counted_and_told_and_logging_goes_on(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 100_000)
    program = FULL_THEN_FREE.replace("CHANGED", "{'log_rotate_bytes': 0}").replace(
        "FREE", f"os.system('mount -o remount,size=64m {small_disk}')"
    )
    done = ran(SETUP + program, str(small_disk))
    assert done.returncode == 0, done.stderr
    judged(small_disk, done.stdout)


def test_a_limit_of_the_file_size_drops_lines_that_are_counted_and_told(tmp_path: Path) -> None:
    program = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100_001, resource.RLIM_INFINITY))\n"
    free = "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))"
    program += FULL_THEN_FREE.replace("CHANGED", "{'log_rotate_bytes': 0}").replace("FREE", free)
    done = ran(SETUP + program, str(tmp_path))
    assert done.returncode == 0, done.stderr
    judged(tmp_path, done.stdout)


def test_a_disk_that_stays_full_delays_no_exit_and_is_told_on_the_standard_error(tmp_path: Path) -> None:
    program = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
logs = started(log_rotate_bytes=0)
for number in range(100):
    logs.logger("x").info("x", orderNumber=number)
begun = time.monotonic()
"""
    begin = time.monotonic()
    done = ran(SETUP + program, str(tmp_path))
    assert time.monotonic() - begin < PLENTY
    assert done.returncode == 0
    assert "log lines were not written: [Errno 27] File too large" in done.stderr


def test_a_directory_that_is_removed_and_comes_back_gets_new_files(tmp_path: Path) -> None:
    program = """
import shutil
logs = started(Path(sys.argv[1]) / "log", log_queue_lines=100)
log = logs.logger("x")
file = Path(sys.argv[1]) / "log/combined.log"
log.info("before")
until(lambda: b"before" in file.read_bytes())
shutil.rmtree(file.parent)
for number in range(300):
    log.info("meanwhile")
file.parent.mkdir()
until(lambda: file.exists() and b"Log lines were dropped" in file.read_bytes())
log.info("after")
"""
    (tmp_path / "log").mkdir()
    done = ran(SETUP + program, str(tmp_path))
    assert done.returncode == 0, done.stderr
    messages = [event["message"] for event in events(tmp_path / "log")]
    # Lines that were dropped last are told at the end, which may be after it.
    assert {"after", "Log lines were dropped"} <= {*messages}


@pytest.mark.parametrize("run", range(3))
def test_sigkill_under_load_leaves_whole_lines_and_every_security_event(tmp_path: Path, run: int) -> None:
    program = """
logs = started(log_rotate_bytes=1 << 22, log_rotate_files=1000)
log = logs.logger("x")
def flood():
    while True:
        log.info("x", filling="y" * 500)
for _ in range(3):
    threading.Thread(target=flood, daemon=True).start()
number = 0
while logs.events.security("login", severity="low", user_id=str(number)):
    print(number, flush=True)
    number += 1
"""
    process = begun(SETUP + program, str(tmp_path))
    assert process.stdout is not None
    for number in range(10 + 10 * run):
        assert process.stdout.readline() == f"{number}\n"
    process.kill()
    rest, _errors = process.communicate()
    acknowledged = 9 + 10 * run + len(rest.splitlines())
    *found, last = lines(tmp_path)
    parsed = [json.loads(line) for line in found]
    security = {event["userId"] for event in parsed if "securityEventType" in event}
    if last.endswith(b"}"):
        security.add(json.loads(last).get("userId"))
    assert {str(number) for number in range(acknowledged + 1)} <= security


def test_the_process_after_one_that_was_killed_midway_begins_a_new_line(tmp_path: Path) -> None:
    (tmp_path / "combined.log").write_bytes(b'{"level":"info","mess')
    done = ran(SETUP + "started().logger('x').info('next')", str(tmp_path))
    assert done.returncode == 0, done.stderr
    torn, next_line = lines(tmp_path)
    assert torn == b'{"level":"info","mess'
    assert json.loads(next_line)["message"] == "next"


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("", 0),
        ("sys.exit(3)", 3),
        ("raise RuntimeError('end')", 1),
        ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(600)", -signal.SIGTERM),
        ("threading.Thread(target=lambda: (time.sleep(0.2), log.info('last'))).start(); late = 1", 0),
    ],
)
def test_no_end_but_a_kill_loses_a_line(tmp_path: Path, end: str, status: int) -> None:
    program = "log = started().logger('x')\nfor number in range(5000):\n    log.info('x', orderNumber=number)\n"
    done = ran(SETUP + program + end, str(tmp_path))
    assert done.returncode == status, done.stderr
    found = events(tmp_path)
    assert [event["orderNumber"] for event in found if "orderNumber" in event] == list(range(5000))
    if "RuntimeError" in end:
        assert (found[-1]["level"], found[-1]["errorName"]) == ("fatal", "RuntimeError")
        assert "RuntimeError: end" in done.stderr
    if "late" in end:
        assert found[-1]["message"] == "last"


def test_each_line_of_a_fork_arrives_once_from_its_own_process(tmp_path: Path) -> None:
    program = """
import multiprocessing
def child(log, number):
    for step in range(100):
        log.info("child", orderNumber=number, step=step)
logs = started()
log = logs.logger("x")
stop = threading.Event()
def busy():
    step = 0
    while not stop.is_set():
        log.info("parent", step=step)
        step += 1
thread = threading.Thread(target=busy)
thread.start()
processes = [multiprocessing.get_context("fork").Process(target=child, args=(log, number)) for number in range(5)]
for process in processes:
    process.start()
for process in processes:
    process.join()
stop.set()
thread.join()
pid = os.fork()
if pid == 0:
    assert logs.events.security("child", severity="low")
    os._exit(0)
os.waitpid(pid, 0)
"""
    done = ran(SETUP + program, str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = events(tmp_path)
    children = [(event["orderNumber"], event["step"]) for event in found if event["message"] == "child"]
    assert sorted(children) == [(number, step) for number in range(5) for step in range(100)]
    steps = [event["step"] for event in found if event["message"] == "parent"]
    told = sum(event["droppedLines"] for event in found if "droppedLines" in event)
    assert len(steps) == len(set(steps))
    assert max(steps) + 1 - len(steps) <= told
    assert len([event for event in found if "securityEventType" in event]) == 1


def test_a_reader_of_the_standard_output_that_sleeps_stops_nobody(tmp_path: Path) -> None:
    program = """
logs = started(log_directory=None, log_queue_lines=100)
begun = time.monotonic()
for number in range(5000):
    logs.logger("x").info("x", filling="y" * 200)
print(time.monotonic() - begun, logs.dropped(), file=sys.stderr)
runtime.stop(1)
"""
    program = program.replace("started(", "started(sys.argv[1], ")
    process = begun(SETUP + program, str(tmp_path))
    assert process.stderr is not None
    seconds, dropped = process.stderr.readline().split()
    assert float(seconds) < PLENTY
    assert int(dropped) > 1000
    process.communicate(timeout=PLENTY)


def test_lines_on_the_standard_output_are_all_there(tmp_path: Path) -> None:
    program = "logs = started(log_directory=None)\nfor n in range(3000):\n    logs.logger('x').info('x', n=n)"
    done = ran(SETUP + program, str(tmp_path))
    assert [json.loads(line)["n"] for line in done.stdout.splitlines()] == list(range(3000))


def test_the_console_gets_what_the_files_get(tmp_path: Path) -> None:
    done = ran(SETUP + "started(log_console=True).logger('x').error('both')", str(tmp_path))
    assert json.loads(done.stdout) == events(tmp_path)[0] == events(tmp_path, "error.log")[0]


def test_a_new_file_has_the_mode_and_group_of_the_one_before(tmp_path: Path) -> None:
    program = "logs = started(log_rotate_bytes=2000, log_rotate_files=2)\n"
    program += "for n in range(100):\n    logs.logger('x').info('x', n=n)"
    (tmp_path / "combined.log").touch()
    (tmp_path / "combined.log").chmod(0o604)
    done = ran(SETUP + program, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("combined.log*")} == dict.fromkeys(
        ["combined.log", "combined.log.1", "combined.log.2"], 0o604
    )
    assert events(tmp_path)[-1]["n"] == 99


def test_a_signal_handler_may_log_in_the_middle_of_a_line(tmp_path: Path) -> None:
    program = """
logs = started(log_queue_lines=1_000_000)
log = logs.logger("x")
signal.signal(signal.SIGALRM, lambda *_: log.info("handler"))
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for number in range(20_000):
    log.info("x", orderNumber=number)
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    done = ran(SETUP + program, str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = [event["orderNumber"] for event in events(tmp_path) if event["message"] == "x"]
    assert found == list(range(20_000))


WORKERS = """
import os
import vigil_telemetry as telemetry
telemetry.start()
log = telemetry.logger("shop")
log.info("preloaded")

def answer(environ, start_response):
    log.info("request", path=environ["PATH_INFO"], worker=os.getpid())
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]

application = telemetry.wsgi(answer)
"""


def test_lines_and_spans_of_preloaded_workers_arrive_once_also_when_one_is_killed(tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(WORKERS)
    address = tmp_path / "socket"
    command = [sys.executable, "-m", "gunicorn", "--preload", "--workers=2", f"--bind=unix:{address}", "application"]
    with collector() as server:
        changed = {
            "OTEL_SERVICE_NAME": "shop",
            "VIGIL_TELEMETRY_ENVIRONMENT": "test",
            "VIGIL_TELEMETRY_LOG_DIRECTORY": str(tmp_path),
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        pipe = subprocess.PIPE
        master = subprocess.Popen(command, cwd=tmp_path, env=environment(changed), stderr=pipe, text=True)
        try:
            workers = [asked(address, f"/{number}") for number in range(100)]
            server.await_spans(100)
            until(lambda: len([event for event in events(tmp_path) if event["message"] == "request"]) == 100)
            os.kill(int(workers[-1]), signal.SIGKILL)
            # A worker that has just been forked would not hear that it is to end.
            while len(workers) < 200 or len(set(workers[100:])) < 2:
                workers.append(asked(address, f"/{len(workers)}"))
        finally:
            master.terminate()
            _output, errors = master.communicate(timeout=PLENTY)
        spans = server.spans()
    found = events(tmp_path)
    assert len([event for event in found if event["message"] == "preloaded"]) == 1, errors
    requests = [event for event in found if event["message"] == "request"]
    assert sorted((event["path"], str(event["worker"])) for event in requests) == sorted(
        (f"/{number}", worker) for number, worker in enumerate(workers)
    )
    assert sorted(event["span_id"] for event in requests) == sorted(span.span_id.hex() for span in spans)


def asked(address: Path, path: str) -> str:
    """Return the answer of a server on a socket, which may be about to start or to lose a worker."""
    for _number in range(600):
        with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
            connection.settimeout(PLENTY)
            connection.connect(str(address))
            connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
            if answer:
                return answer.partition(b"\r\n\r\n")[2].decode()
        time.sleep(0.05)
    raise AssertionError(f"no answer to {path}")
