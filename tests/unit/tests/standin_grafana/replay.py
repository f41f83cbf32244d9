"""Sends recorded requests to a stand-in and tells which answers differ from the recorded ones."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.vigil.observability.tests.servers import standin_grafana
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served

__all__ = ["RANDOM", "VARYING", "Pair", "Replay", "Session", "recorded"]

RECORDINGS = Path(standin_grafana.__file__).parent / "recordings"

VARYING = {
    "accessErrorId": "a random number",
    "lastSeenAt": "when a request came",
    "lastSeenAtAge": "when a request came",
    "lastUsedAt": "when a request came",
    "secondsUntilExpiration": "when the request came",
}
"""Fields whose values are not compared, and why."""

RANDOM = {
    "uid": "made by the server where the request names none",
    "key": "a secret, cut out of the recording",
    "slug": "holds the uid where a title has no letter",
}
"""Fields whose recorded value, where it looks random, stands from then on for what the stand-in made instead."""

PASSWORDS = {
    "admin": "admin:admin",
    "admin-wrong": "admin:wrong",
    "empty": "admin:",
    "ghost": "ghost:pw-ghost",
    "nobody": "nobody:wrong",
    "viewer": "viewer:pw-viewer",
    "viewer-by-email": "viewer@example.org:pw-viewer",
    "editor": "editor:pw-editor",
    "orgadmin": "orgadmin:pw-orgadmin",
    "brute": "brute:pw-brute",
    "brute-wrong": "brute:wrong",
    "u1": "u1:newpw",
}
TOKENS = {
    "bad-token": "glsa_0123456789abcdefghijklmnopqrstuv_00000000",
    "bad-token-2": "no-shape",
    "b64-token": base64.b64encode(b'{"n":"gone","k":"gone","id":1}').decode(),
}

_ABSENT = "<absent>"
_MOMENTS = ("created", "updated")  # of annotations, in milliseconds
_INSTANT = re.compile(r"(?!0001-)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_LOOKS_RANDOM = re.compile(r"[A-Za-z0-9_-]{9,14}|glsa_.*|<redacted>|[0-9a-f-]{36}")


@dataclass(frozen=True)
class Pair:
    """A recorded request and its answer; `label` is its place in the file and its name."""

    label: str
    request: Mapping[str, Any]
    status: int
    body: Any
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """How one recording is replayed.

    after: recordings that are sent before, for what they leave behind.
    differs: the label of each pair that is not reproduced, and why.
    first_ids: the next number of a counter, where the recorded server had done more before than is replayed.
    keys: what a recording calls a token, and the label of the pair whose answer's "key" it is.
    before: what is done to the server before the pair with this label is sent.
    """

    after: tuple[str, ...] = ()
    differs: Mapping[str, str] = field(default_factory=dict)
    first_ids: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, Callable[[Served], None]] = field(default_factory=dict)


def recorded(name: str) -> Iterator[Pair]:
    """Yield the pairs of a recording; entries that are notes are none."""
    for place, entry in enumerate(json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))):
        if "request" in entry:
            response = entry["response"]
            label = f"{place} {entry['name']}"
            yield Pair(label, entry["request"], response["status"], response["body"], entry.get("note", ""))


class Session:
    """One client of one stand-in, which remembers what the stand-in made up in place of what was recorded."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._connection = HTTPConnection(urlsplit(served.url).netloc, timeout=20)
        self._made: dict[str, str] = {}
        self._keys: dict[str, str] = {}

    def play(self, name: str, replay: Replay) -> Iterator[tuple[Pair, str]]:
        """Send a recording and yield each pair with how its answer differs, empty when it does not."""
        with self._served.application.store.transaction():
            for counter, number in replay.first_ids.items():
                self._served.application.store.continue_from(counter, number)
        for pair in recorded(name):
            if change := replay.before.get(pair.label):
                change(self._served)
            status, body = self._send(pair.request)
            self._keys.update({key: body["key"] for key, label in replay.keys.items() if label == pair.label})
            self._learn(pair.body, body)
            wanted = self._plain(self._known(pair.body))
            found = self._plain(body)
            cut = re.search(r"list of (\d+) cut to its first (\d+)", pair.note)
            if cut and isinstance(found, list):
                wanted, found = [int(cut[1]), *wanted], [len(found), *found[: int(cut[2])]]
            yield (
                pair,
                "; ".join(_differences({"status": pair.status, "body": wanted}, {"status": status, "body": found})),
            )

    def _send(self, request: Mapping[str, Any]) -> tuple[int, Any]:
        body = request["body"]
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        headers = {"Accept": "application/json", **request["headers"]}
        if "Authorization" in headers:
            headers["Authorization"] = self._credentials(headers["Authorization"])
        sent = {name: value for name, value in headers.items() if value is not None}
        payload = self._known(text).encode() if text is not None else None
        self._connection.request(request["method"], self._known(request["path"]), payload, sent)
        response = self._connection.getresponse()
        raw = response.read().decode()
        try:
            return response.status, json.loads(raw)
        except ValueError:
            return response.status, raw

    def _credentials(self, header: str) -> str:
        scheme, _space, value = header.partition(" ")
        if not value.startswith("<"):
            return header
        name = value.strip("<>")
        known = {**TOKENS, **self._keys}
        if name == "basic-api-key":
            return "Basic " + base64.b64encode(f"api_key:{known['sa-token']}".encode()).decode()
        return f"{scheme} {known[name]}" if name in known else "Basic " + _base64(PASSWORDS[name])

    def _learn(self, wanted: object, found: object) -> None:
        if isinstance(wanted, dict) and isinstance(found, dict):
            for name in wanted.keys() & found.keys():
                old, new = wanted[name], found[name]
                random = name in RANDOM and isinstance(old, str) and isinstance(new, str) and old != new
                if random and _LOOKS_RANDOM.fullmatch(old) and _LOOKS_RANDOM.fullmatch(new):
                    self._made[old] = new
                self._learn(old, new)
        elif isinstance(wanted, list) and isinstance(found, list):
            for old, new in zip(wanted, found, strict=False):
                self._learn(old, new)

    def _known(self, value: Any) -> Any:
        if isinstance(value, str):
            for old, new in self._made.items():
                value = value.replace(old, new)
            return value
        if isinstance(value, dict):
            return {name: self._known(part) for name, part in value.items()}
        return [self._known(part) for part in value] if isinstance(value, list) else value

    def _plain(self, value: Any) -> Any:
        if isinstance(value, str):
            return _INSTANT.sub(lambda found: "<instant, fraction>" if found[1] else "<instant>", value)
        if isinstance(value, dict):
            return {name: "<varies>" if _varies(name, part) else self._plain(part) for name, part in value.items()}
        return [self._plain(part) for part in value] if isinstance(value, list) else value


def _varies(name: str, value: object) -> bool:
    return name in VARYING or (name in _MOMENTS and isinstance(value, int))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _differences(wanted: Any, found: Any, where: str = "") -> Iterator[str]:
    """Yield what was recorded and what was answered for every part that differs."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in sorted(wanted.keys() | found.keys()):
            yield from _differences(wanted.get(name, _ABSENT), found.get(name, _ABSENT), f"{where}.{name}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for place, (old, new) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(old, new, f"{where}[{place}]")
    elif wanted != found or (type(wanted) is not type(found) and bool in (type(wanted), type(found))):
        yield f"{where}: {wanted!r:.200} was recorded, {found!r:.200} answered"
