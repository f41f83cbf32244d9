# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Indices of traces are deleted once they are too old, and nothing else ever is."""

from __future__ import annotations

import base64
import http.server
import importlib.util
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[4] / "roles/jaeger/files/retention.py"
NOW = datetime(2026, 3, 10, 4, 0, tzinfo=timezone.utc)
AN_HOUR_AGO = int((NOW - timedelta(hours=1)).timestamp())
SUCCESS = "jaeger_retention_last_success_timestamp_seconds"
LOGIN = f"Basic {base64.b64encode(b'jaeger:a-password').decode()}"
KEPT = [
    "jaeger-jaeger-span-2026-03-03",
    "jaeger-jaeger-span-2026-03-10",
    "jaeger-jaeger-span-2031-01-01",
    "jaeger-jaeger-span-2026-02-30",
    "jaeger-jaeger-span-2026-01-01-copy",
    "jaeger-jaeger-span-2026.01.01",
    "jaeger-jaeger-unknown-2026-01-01",
    "jaeger-jaeger-span",
    "test-jaeger-jaeger-span-2026-01-01",
]
OLD = [
    "jaeger-jaeger-dependencies-2024-02-29",
    "jaeger-jaeger-sampling-2026-03-02",
    "jaeger-jaeger-service-2026-03-02",
    "jaeger-jaeger-span-2026-03-02",
]


@pytest.fixture
def program() -> ModuleType:
    """Return the program as a module."""
    spec = importlib.util.spec_from_file_location("jaeger_retention", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Elasticsearch(http.server.HTTPServer):
    """A server that has indices, of which others are deleted by somebody else just before."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.indices = [*KEPT, *OLD]
        self.overtaken: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.status = 200

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as Elasticsearch 8 does."""

    server: Elasticsearch

    def do_GET(self) -> None:
        """List the indices."""
        self.answer(self.server.status, {"indices": [{"name": name} for name in self.server.indices]})

    def do_DELETE(self) -> None:
        """Delete one."""
        name = self.path[1:]
        there = name in self.server.indices and name not in self.server.overtaken
        self.server.indices = [kept for kept in self.server.indices if kept != name]
        self.answer(200 if there else 404, {"acknowledged": True} if there else {"error": {}})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        """Answer who gives the password."""
        self.server.asked.append((self.command, self.path))
        self.send_response(status if self.headers["Authorization"] == LOGIN else 401)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args: Any) -> None:
        """Log no request."""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=node"]
    place = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.crt"]
    subprocess.run(["openssl", "req", "-x509", *kind, *place], check=True, capture_output=True)
    return folder


@pytest.fixture
def server(tls: Path) -> Iterator[Elasticsearch]:
    """Run a server for the time of a test."""
    with Elasticsearch() as found:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "tls.crt", tls / "tls.key")
        found.socket = context.wrap_socket(found.socket, server_side=True)
        thread = threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            found.shutdown()
            thread.join()


@pytest.fixture
def settings(server: Elasticsearch, tls: Path, tmp_path: Path) -> dict[str, Any]:
    """Return the settings, of a host where this has worked an hour ago."""
    (tmp_path / "password").write_text("a-password")
    (tmp_path / "retention.prom").write_text(f"{SUCCESS} {AN_HOUR_AGO}\n")
    return {
        "urls": ["https://127.0.0.1:9", server.url],
        "user": "jaeger",
        "password_file": str(tmp_path / "password"),
        "authorities": str(tls / "tls.crt"),
        "prefix": "jaeger",
        "days": 7,
        "metrics": str(tmp_path / "retention.prom"),
    }


def success(settings: dict[str, Any]) -> int:
    lines = Path(settings["metrics"]).read_text().splitlines()
    (value,) = (int(line.split()[1]) for line in lines if line.startswith(f"{SUCCESS} "))
    return value


def test_only_daily_indices_of_days_before_the_oldest_kept_are_deleted(
    program: ModuleType, server: Elasticsearch, settings: dict[str, Any]
) -> None:
    assert program.work(settings, NOW) == OLD
    assert server.indices == KEPT
    assert program.work(settings, NOW) == []
    listed = ("GET", "/_resolve/index/jaeger-jaeger-*?expand_wildcards=open,closed,hidden")
    assert server.asked == [listed, *(("DELETE", f"/{name}") for name in OLD), listed]


def test_success_is_a_metric_that_everyone_may_read(program: ModuleType, settings: dict[str, Any]) -> None:
    program.work(settings, NOW)
    path = Path(settings["metrics"])
    assert path.read_text().splitlines() == [
        f"# TYPE {SUCCESS} gauge",
        f"{SUCCESS} {int(NOW.timestamp())}",
        "# TYPE jaeger_retention_deleted_indices gauge",
        "jaeger_retention_deleted_indices 4",
    ]
    assert path.stat().st_mode & 0o777 == 0o644


def test_what_another_collector_has_just_deleted_is_no_failure(
    program: ModuleType, server: Elasticsearch, settings: dict[str, Any]
) -> None:
    server.overtaken = OLD[:2]
    assert program.work(settings, NOW) == OLD
    assert success(settings) == NOW.timestamp()


@pytest.mark.parametrize("years", [1, 5, 40])
def test_clock_that_has_jumped_ahead_deletes_nothing(
    program: ModuleType, server: Elasticsearch, settings: dict[str, Any], years: int
) -> None:
    for hours in (0, 24, 240):
        with pytest.raises(program.RetentionError, match=f"{settings['metrics']}$"):
            program.work(settings, NOW + timedelta(days=365 * years, hours=hours))
    assert server.indices == [*KEPT, *OLD]
    assert success(settings) == AN_HOUR_AGO


def test_first_time_nothing_is_deleted(program: ModuleType, server: Elasticsearch, settings: dict[str, Any]) -> None:
    Path(settings["metrics"]).unlink()
    assert program.work(settings, NOW) == []
    assert program.work(settings, NOW + timedelta(hours=6)) == OLD
    assert server.indices == KEPT


def test_clock_that_was_ahead_the_first_time_deletes_by_the_right_one(
    program: ModuleType, server: Elasticsearch, settings: dict[str, Any]
) -> None:
    Path(settings["metrics"]).unlink()
    assert program.work(settings, NOW + timedelta(days=2000)) == []
    assert program.work(settings, NOW) == OLD
    assert server.indices == KEPT


@pytest.mark.parametrize(("status", "reason"), [(403, "returns HTTP 403"), (404, "returns HTTP 404")])
def test_refusal_names_every_node_and_leaves_the_metric_to_grow_old(
    program: ModuleType, server: Elasticsearch, settings: dict[str, Any], status: int, reason: str
) -> None:
    server.status = status
    with pytest.raises(program.RetentionError) as refused:
        program.work(settings, NOW)
    assert "https://127.0.0.1:9: " in str(refused.value)
    assert f"{server.url} {reason}" in str(refused.value)
    assert "a-password" not in str(refused.value)
    assert success(settings) == AN_HOUR_AGO


def test_password_is_not_sent_to_a_stranger(
    program: ModuleType, server: Elasticsearch, settings: dict[str, Any], tmp_path: Path
) -> None:
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=another"]
    other = ["-keyout", str(tmp_path / "other.key"), "-out", str(tmp_path / "other.crt")]
    subprocess.run(["openssl", "req", "-x509", *kind, *other], check=True, capture_output=True)
    with pytest.raises(program.RetentionError, match="CERTIFICATE_VERIFY_FAILED"):
        program.work({**settings, "authorities": str(tmp_path / "other.crt")}, NOW)
    assert server.asked == []


def test_program_goes_on_after_a_failure_and_says_why(settings: dict[str, Any], tmp_path: Path) -> None:
    Path(settings["metrics"]).write_text(f"{SUCCESS} 1\n")
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    command = [sys.executable, "-B", str(PROGRAM), str(tmp_path / "settings.json")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr
            line = running.stderr.readline()
            assert running.poll() is None
        finally:
            running.kill()
    assert line.startswith("Old traces are kept: nothing is deleted, as it is 2")
