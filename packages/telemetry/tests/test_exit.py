"""Whatever the collector does, a process ends in time: measured from where it begins to end until it is gone.

Without the time in which other programs of a busy machine have the processors.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from programs import ran
from tracing.collectors import unused_port

SECONDS = 5.0
# A child for each case, so that all wait at once and only one process imports the library.
PROGRAM = """
import json, os, signal, sys, time
from opentelemetry.context import Context
import vigil_telemetry as telemetry

def delayed(process):
    # Seconds for which its main thread could have run, but other programs had the processors.
    try:
        with open(f"/proc/{process}/schedstat") as file:
            return int(file.read().split()[1]) / 1e9
    except OSError:
        return 0.0

children = {}
for folder, url, end in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        break
    children[child] = folder
else:
    while children:
        child = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT).si_pid
        gone = time.monotonic() - delayed(child)
        with open(f"{children.pop(child)}/end", "a") as file:
            file.write(f"{gone} {os.waitpid(child, 0)[1]}")
    sys.exit()

# Jaeger's strategies are asked for where spans are sent.
started = telemetry.start(service="shop", environment="test", log_directory=folder, otlp_endpoint=url,
                          sampler="jaeger_remote", sampler_arg=f"endpoint={url},initialSamplingRate=1")
for number in range(600):
    span = started.observers.traces.request("GET", "/", {})
    span.begin(Context())
    span.end()
time.sleep(1.2)
telemetry.logger("shop").info("The last line")
with open(f"{folder}/end", "w") as file:
    file.write(f"{time.monotonic() - delayed(os.getpid())} ")
exec(end)
"""


class Case(NamedTuple):
    """What the collector does, how it is reached, how the process ends, and its status then."""

    collector: str
    scheme: str = "http"
    end: str = ""
    status: int = 0


CASES = [
    Case("refuses connections"),
    Case("accepts no connection"),
    Case("never answers"),
    Case("never answers", end="sys.exit(3)", status=3),
    Case("never answers", end="os.kill(os.getpid(), signal.SIGTERM); time.sleep(600)", status=-signal.SIGTERM),
    Case("never answers", scheme="https"),  # not even to the first message of the handshake
    Case("answers one byte at a time"),
]


@contextmanager
def port_of(collector: str) -> Iterator[int]:
    """Yield the port of a collector with this fault."""
    if collector == "refuses connections":
        yield unused_port()
        return
    with ExitStack() as closed, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = listener.getsockname()
        listener.listen(0 if collector == "accepts no connection" else 16)
        if collector == "accepts no connection":
            # The kernel keeps one connection for a listener who keeps none; further ones wait.
            for _number in range(2):
                waiting = closed.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(address)
        elif collector == "answers one byte at a time":
            threading.Thread(target=_drip, args=[listener], daemon=True).start()
        yield address[1]


def _drip(listener: socket.socket) -> None:
    def one(connection: socket.socket) -> None:
        with connection:
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    return
                time.sleep(0.1)

    while True:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        threading.Thread(target=one, args=[connection], daemon=True).start()


class End(NamedTuple):
    """How a process ended: in which seconds of its own, what waiting for it returned, its lines of the log."""

    seconds: float
    status: int
    lines: list[dict[str, object]]


def end_of(folder: Path) -> End:
    began, gone, status = (folder / "end").read_text(encoding="utf-8").split()
    lines = (folder / "combined.log").read_text(encoding="utf-8").splitlines()
    return End(float(gone) - float(began), int(status), [json.loads(line) for line in lines])


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[Case, End]:
    folders = [tmp_path_factory.mktemp("logs") for _case in CASES]
    with ExitStack() as collectors:
        ports = [collectors.enter_context(port_of(case.collector)) for case in CASES]
        urls = [f"{case.scheme}://127.0.0.1:{port}" for case, port in zip(CASES, ports)]
        given = [(str(folder), url, case.end) for folder, url, case in zip(folders, urls, CASES)]
        process = ran(PROGRAM, json.dumps(given))
    assert process.returncode == 0, process.stderr
    return dict(zip(CASES, map(end_of, folders)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.collector}-{case.scheme}-{case.end[:8]}")
def test_a_process_is_gone_within_5_seconds_whatever_the_collector_does(case: Case, ends: dict[Case, End]) -> None:
    assert os.waitstatus_to_exitcode(ends[case].status) == case.status
    assert ends[case].seconds < SECONDS


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.collector}-{case.scheme}-{case.end[:8]}")
def test_spans_that_are_lost_take_no_line_with_them_and_are_one_line(case: Case, ends: dict[Case, End]) -> None:
    messages = [str(line["message"]) for line in ends[case].lines]
    assert messages.count("The last line") == 1
    told = [message for message in messages if message.startswith("Spans are not taken by the collector: ")]
    assert len(told) == 1
    assert re.search(r"; \d+ dropped since the start, \d+ of them now", told[0])
