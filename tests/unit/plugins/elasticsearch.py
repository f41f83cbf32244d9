# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elasticsearch for tests of what asks it: what real nodes answered, or a real node that answers now and is recorded.

tests/recordings/README.md describes how to record.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings/elasticsearch"
RELEASES = ("8.9.0", "8.19.20")
RECORDED, LIVE = (
    dict(one.split("=", 1) for one in os.environ.get(f"{name}_ELASTICSEARCH", "").split())
    for name in ("RECORD", "LIVE")
)
LOGIN = {"username": "elastic", "password": "recorded-pass-1"}
# {path: how the names are found in the answer} of all that a test may leave behind.
LEFT: dict[str, Callable[[Any], list[str]]] = {
    "/_index_template": lambda found: [one["name"] for one in found["index_templates"]],
    "/_component_template": lambda found: [one["name"] for one in found["component_templates"]],
    "/_ingest/pipeline": list,
    "/_security/user": lambda found: [name for name, one in found.items() if "_reserved" not in one["metadata"]],
    "/_security/role": lambda found: [name for name, one in found.items() if "_reserved" not in one["metadata"]],
    "/_security/role_mapping": list,
    "/_snapshot": list,
}


@dataclass
class Elasticsearch:
    """A cluster that answers as a release does, and what it was asked since `forget`."""

    release: str
    exchanges: list[dict[str, Any]]
    forward: str = ""
    url: str = ""
    failures: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    place: int = 0
    login: str = ""  # header of the last request

    def forget(self) -> None:
        """Start counting again."""
        self.asked.clear()

    @property
    def writes(self) -> int:
        """How many requests changed something."""
        reads = ("/_simulate", "/_authenticate")
        return sum(method != "GET" and not any(one in path for one in reads) for method, path in self.asked)

    def get(self, path: str) -> Any:
        """Return what the cluster has there."""
        return self.ask("GET", path)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the body of an answer, whatever its status."""
        return self.exchange(method, path, body)["answer"]

    def logs_in(self, login: str) -> bool:
        """Return whether somebody with this header may log in."""
        return bool(self.exchange("GET", "/_security/_authenticate", None, login)["status"] == 200)

    def exchange(self, method: str, path: str, body: Any, login: str = "") -> dict[str, Any]:
        """Return the next exchange: the recorded one if it is the one that is asked for."""
        if self.forward:
            status, answer = _forwarded(self.forward, method, path, body, login)
            found = {"method": method, "path": path, "body": body, "status": status, "answer": answer}
            self.exchanges.append(found)
            return found
        recorded = self.exchanges[self.place] if self.place < len(self.exchanges) else {}
        self.place += 1
        asked = {"method": method, "path": path, "body": body}
        if asked != {key: recorded.get(key) for key in asked}:
            self.failures.append(f"asked {asked}, but recorded is {recorded}")
            return {"status": 400, "answer": {"error": "This request was not recorded."}}
        return recorded


def _forwarded(url: str, method: str, path: str, body: Any, login: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    kind = "application/x-ndjson" if isinstance(body, list) else "application/json"
    headers = {"Authorization": login or "Basic ZWxhc3RpYzpyZWNvcmRlZC1wYXNzLTE=", "Content-Type": kind}
    lines = [json.dumps(line) for line in (body if isinstance(body, list) else [body])]
    connection.request(method, path, None if body is None else "\n".join([*lines, ""]), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    cluster: Elasticsearch

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        many = "ndjson" in self.headers.get("Content-Type", "")
        body = [json.loads(line) for line in text.splitlines()] if many else json.loads(text) if length else None
        self.cluster.asked.append((self.command, self.path))
        login = self.cluster.login = self.headers["Authorization"]
        found = self.cluster.exchange(self.command, self.path, body, login if login.startswith("ApiKey") else "")
        answer = json.dumps(found["answer"]).encode()
        self.send_response(found["status"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


def _clean(url: str) -> None:
    for path, names in LEFT.items():
        for name in names(_forwarded(url, "GET", path, None)[1]):
            _forwarded(url, "DELETE", f"{path}/{quote(name, safe='')}", None)
    _forwarded(url, "PUT", "/_cluster/settings", {"persistent": {"*": None}})
    _forwarded(url, "DELETE", "/_security/api_key", {"owner": True})


@contextmanager
def serving(cluster: Elasticsearch) -> Iterator[Elasticsearch]:
    """Let the cluster answer on loopback; every exchange that was recorded has to be asked for."""
    handler = type("Handler", (_Handler,), {"cluster": cluster})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        cluster.url = f"http://127.0.0.1:{server.server_address[1]}"
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield cluster
        finally:
            server.shutdown()
            thread.join()
    assert not cluster.failures
    assert cluster.forward or cluster.place == len(cluster.exchanges)


def replaying(exchanges: list[dict[str, Any]]) -> AbstractContextManager[Elasticsearch]:
    """Return a cluster that answers as these exchanges do."""
    return serving(Elasticsearch(RELEASES[-1], exchanges))


def _running(release: str, recording: Path) -> Iterator[Elasticsearch]:
    live = LIVE.get(release) or RECORDED.get(release, "")
    exchanges = [] if live else json.loads(recording.read_text(encoding="utf-8"))
    if live:
        _clean(live)
    cluster = Elasticsearch(release, exchanges, live)
    with serving(cluster):
        yield cluster
    if release in RECORDED:
        recording.parent.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(json.dumps(one, sort_keys=True) for one in cluster.exchanges)
        recording.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def asks_a_real_node(test: pytest.Item) -> bool:
    """Return whether a test asks one of the nodes that answer now, rather than what was recorded of one."""
    assert isinstance(test, pytest.Function)
    if "newest_elasticsearch" in test.fixturenames:
        return RELEASES[-1] in LIVE
    return "elasticsearch" in test.fixturenames and test.callspec.params["elasticsearch"] in LIVE


@pytest.fixture(params=RELEASES)
def elasticsearch(request: pytest.FixtureRequest) -> Iterator[Elasticsearch]:
    """A cluster of each release that is tested."""
    test = request.node.originalname
    yield from _running(request.param, RECORDINGS / request.param / f"{test}.json")


@pytest.fixture
def newest_elasticsearch(request: pytest.FixtureRequest) -> Iterator[Elasticsearch]:
    """A cluster of the newest release, for what tests have of no other one."""
    yield from _running(RELEASES[-1], RECORDINGS / RELEASES[-1] / f"{request.node.name}.json")
