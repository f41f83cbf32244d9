"""Writes numbered documents and reads them again until it is told to end: load.py INPUT OUTPUT.

The input holds the nodes, and the passwords of writer and reader; the output is how it went. A request that a node does
not answer goes to the next one; one that no node answers within half a minute has failed.
"""

from __future__ import annotations

import base64
import http.client
import json
import signal
import ssl
import sys
import threading
import time
from pathlib import Path

CONTEXT = ssl.create_default_context(cafile="/etc/vigil/certificates/authorities.crt")
EACH = 15  # seconds that an index is written to
PAUSE = 0.05


class Client:
    """Requests of one user, with what became of them."""

    def __init__(self, nodes, user, password):
        self.nodes, self.node = nodes, 0
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        self.connection = None
        self.requests, self.retries, self.failed, self.reasons = 0, 0, [], {}

    def ask(self, method, path, body=None, good=(200, 201)):
        """Return whether a node gave one of these statuses."""
        self.requests += 1
        until, why = time.monotonic() + 30, ""
        while time.monotonic() < until:
            why = self._once(method, path, body, good)
            if not why:
                return True
            self.retries += 1
            self.reasons[why] = self.reasons.get(why, 0) + 1
            self.node, self.connection = (self.node + 1) % len(self.nodes), None
            time.sleep(PAUSE)
        self.failed.append(f"{method} {path}: {why}")
        return False

    def _once(self, method, path, body, good):
        try:
            if self.connection is None:
                host = self.nodes[self.node]
                self.connection = http.client.HTTPSConnection(host, 9200, timeout=10, context=CONTEXT)
            self.connection.request(method, path, body and json.dumps(body), self.headers)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        return "" if answer.status in good else f"{answer.status}: {text[:200]}"


def write(client, written, ended):
    """Write documents into one index after the other, and note their paths."""
    for number in range(100_000):
        if ended.is_set():
            return
        path = f"/logs-load_{int(time.monotonic() / EACH)}/_create/{number}"
        # After a lost answer, the document is there already.
        if client.ask("PUT", path, {"number": number}, good=(201, 409)):
            written.append(path)
        time.sleep(PAUSE)


def read(client, written, ended):
    """Read again what was written, all of it in turn."""
    number = 0
    while not ended.is_set():
        if written:
            client.ask("GET", written[number % len(written)].replace("_create", "_doc"))
            number += 7
        time.sleep(PAUSE)


def main():
    """Write and read until the program is told to end."""
    source, target = map(Path, sys.argv[1:])
    given = json.loads(source.read_text(encoding="utf-8"))
    ended, written = threading.Event(), []
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    writer, reader = (Client(given["nodes"], user, given[user]) for user in ("writer", "analysis"))
    threads = [
        threading.Thread(target=work, args=(client, written, ended))
        for work, client in ((write, writer), (read, reader))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {
        who: {"requests": client.requests, "retries": client.retries, "failed": client.failed, "why": client.reasons}
        for who, client in (("writer", writer), ("reader", reader))
    }
    target.write_text(json.dumps({**found, "written": written}), encoding="utf-8")


main()
