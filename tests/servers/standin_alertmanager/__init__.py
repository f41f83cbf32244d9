"""A stand-in for the silences of Alertmanager, and not Alertmanager: enough of its API for tests of modules.

What it reproduces was recorded on a real Alertmanager 0.31.1 (`silences.json`);
`tests/unit/tests/test_standin_alertmanager.py` replays that. Scenarios use the real one.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["StandinAlertmanager", "running"]

Silence = dict[str, Any]
Answer = tuple[int, Any]


@dataclass
class StandinAlertmanager:
    """Silences by id; `requests` notes the method and path of each request, `url` is where it answers."""

    url: str = ""
    silences: dict[str, Silence] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, method: str, path: str, body: Any) -> Answer:
        """Return status and body of the answer."""
        self.requests.append((method, path))
        if method == "GET":
            return self._listed(path.partition("?")[0])
        return self._written(body) if method == "POST" else self._expired(path.rpartition("/")[2])

    def _listed(self, path: str) -> Answer:
        shown = [{**one, "status": {"state": _state(one)}} for one in reversed(self.silences.values())]
        order = {"active": 0, "pending": 1, "expired": 2}
        ordered = sorted(shown, key=lambda one: str(one["startsAt"]), reverse=True)
        lists = {
            "/api/v2/silences": sorted(ordered, key=lambda one: order[one["status"]["state"]]),
            "/api/v2/receivers": [{"name": "none"}],
            "/api/v2/alerts": [],
            "/api/v2/status": {"cluster": {"status": "disabled", "peers": []}, "config": {"original": "secret"}},
        }
        return 200, lists[path]

    def _written(self, wanted: Silence) -> Answer:
        now = _now()
        before = self.silences.get(wanted.get("id", ""))
        if refusal := _refusal(wanted, now):
            return refusal
        if wanted.get("id") and before is None:
            return 404, "silence not found"
        begun = before and _state(before) == "active" and wanted["startsAt"] == before["startsAt"]
        kept = begun and before and wanted["matchers"] == before["matchers"]
        if before and not kept and _state(before) != "expired":
            before["endsAt"] = now
        identity = wanted["id"] if kept else str(uuid.uuid4())
        starts = wanted["startsAt"] if begun and kept else max(wanted["startsAt"], now)
        self.silences[identity] = {**wanted, "id": identity, "startsAt": starts, "updatedAt": now}
        return 200, {"silenceID": identity}

    def _expired(self, identity: str) -> Answer:
        silence = self.silences.get(identity)
        if silence is None:
            return 404, None
        if _state(silence) != "expired":
            now = _now()
            silence.update(endsAt=now, startsAt=min(silence["startsAt"], now), updatedAt=now)
        return 200, None


def _refusal(wanted: Silence, now: str) -> Answer | None:
    if not wanted["matchers"]:
        return 422, {"code": 612, "message": "matchers in body should have at least 1 items"}
    for index, matcher in enumerate(wanted["matchers"]):
        if matcher["isRegex"] and not _compiles(matcher["value"]):
            reason = f'invalid regular expression "{matcher["value"]}": error parsing regexp: missing closing ): `(`'
            return 400, f"invalid silence: invalid label matcher {index}: {reason}"
    if wanted["endsAt"] < wanted["startsAt"]:
        return 400, "Failed to create silence: start time must be before end time"
    return (400, "Failed to create silence: end time can't be in the past") if wanted["endsAt"] < now else None


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _state(silence: Silence) -> str:
    now = _now()
    return "expired" if silence["endsAt"] <= now else "pending" if silence["startsAt"] > now else "active"


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def running() -> Iterator[StandinAlertmanager]:
    """Answer on a free port of loopback."""
    standin = StandinAlertmanager()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = standin.answer(self.command, self.path, body)
            text = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Keep the output of the tests clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        standin.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield standin
        finally:
            server.shutdown()
            thread.join()
