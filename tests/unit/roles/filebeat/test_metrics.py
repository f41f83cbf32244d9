# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Filebeat counts becomes metrics, and what it does not tell leaves the last ones to grow old."""

from __future__ import annotations

import http.server
import importlib.util
import json
import os
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[4] / "roles/filebeat/files/metrics.py"
# Parts of what Filebeat 8 answers, with numbers of each kind.
STATISTICS = {
    "beat": {"cpu": {"total": {"value": 210}}},
    "filebeat": {"harvester": {"open_files": 3, "running": 3}},
    "libbeat": {
        "output": {"events": {"acked": 42, "failed": 5}, "write": {"bytes": 4096, "errors": 2}},
        "pipeline": {"events": {"active": 7}},
    },
}


@pytest.fixture
def program() -> ModuleType:
    """Return the program as a module."""
    spec = importlib.util.spec_from_file_location("filebeat_metrics", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def answering(path: Path, status: int, body: str) -> Iterator[None]:
    """Answer each request at a socket."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/stats" else 404)
            self.end_headers()
            self.wfile.write(body.encode())

        def address_string(self) -> str:
            return "a client"

        def log_message(self, *args: Any) -> None:
            """Keep the output of tests clean."""

    with socketserver.UnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


class EndedError(Exception):
    """The program has waited for its next turn."""


@pytest.fixture
def turn(program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Return a function that runs the program for one turn, and returns the metrics that are there after it."""
    given = {"socket": str(tmp_path / "socket"), "metrics": str(tmp_path / "filebeat.prom"), "paths": []}
    (tmp_path / "metrics.json").write_text(json.dumps(given))

    def end(_seconds: float) -> None:
        raise EndedError

    def once() -> str:
        monkeypatch.setattr(program.time, "sleep", end)
        monkeypatch.setattr(sys, "argv", ["metrics.py", str(tmp_path / "metrics.json")])
        with pytest.raises(EndedError):
            program.main()
        return (tmp_path / "filebeat.prom").read_text()

    return once


def test_counts_become_metrics_and_those_that_are_not_there_yet_are_0(turn: Callable[[], str], tmp_path: Path) -> None:
    with answering(tmp_path / "socket", 200, json.dumps(STATISTICS)):
        text = turn()
    assert text.splitlines() == [
        "# TYPE filebeat_shipped_events_total counter",
        "filebeat_shipped_events_total 42",
        "# TYPE filebeat_failed_events_total counter",
        "filebeat_failed_events_total 5",
        "# TYPE filebeat_dropped_events_total counter",
        "filebeat_dropped_events_total 0",
        "# TYPE filebeat_output_errors_total counter",
        "filebeat_output_errors_total 2",
        "# TYPE filebeat_waiting_events gauge",
        "filebeat_waiting_events 7",
        "# TYPE filebeat_open_files gauge",
        "filebeat_open_files 3",
        "# TYPE filebeat_unreadable_files gauge",
        "filebeat_unreadable_files 0",
    ]
    assert (tmp_path / "filebeat.prom").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(("status", "body"), [(500, "{}"), (200, "[]"), (200, "no JSON")])
def test_metrics_stay_as_they_are_while_filebeat_does_not_answer_properly(
    turn: Callable[[], str], tmp_path: Path, status: int, body: str
) -> None:
    (tmp_path / "filebeat.prom").write_text("of before")
    assert turn() == "of before"
    with answering(tmp_path / "socket", status, body):
        assert turn() == "of before"


def test_files_and_directories_that_cannot_be_read_are_counted(
    program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("open/a.json", "open/b.json", "open/c.log", "closed/a.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    shut = {str(tmp_path / "open/b.json"), str(tmp_path / "closed"), str(tmp_path / "closed/a.json")}
    # The user that runs tests may be root, who reads everything.
    monkeypatch.setattr(os, "access", lambda path, _mode: str(path) not in shut)
    assert program.unreadable([f"{tmp_path}/open/*.json*", f"{tmp_path}/absent/*.json"]) == 1
    assert program.unreadable([f"{tmp_path}/open/*.log"]) == 0
    assert program.unreadable([f"{tmp_path}/closed/*.log", f"{tmp_path}/*/a.json"]) == 2
