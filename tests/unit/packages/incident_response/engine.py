# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service as a process of its own, on a free port of loopback, with TLS and passwords."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import bcrypt
import httpx
import yaml

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates

__all__ = ["ACCOUNTS", "PACKAGE", "PASSWORDS", "Engine", "servers"]

PACKAGE = Path(__file__).resolve().parents[4] / "packages/incident_response"
PASSWORDS = {user: f"{user}-password" for user in ("admin", "alertmanager", "grafana", "prometheus", "reporter")}
# People: one of every team, one who responds for sales, one who looks at it, and one of another team.
ACCOUNTS = {
    "anna": {"*": "approve"},
    "ben": {"sales": "respond", "office": "look"},
    "cleo": {"sales": "look"},
    "dora": {"storage": "respond"},
}
_WORDS = {**PASSWORDS, **{person: f"{person}-password" for person in ACCOUNTS}}
_HASHES = {user: bcrypt.hashpw(word.encode(), bcrypt.gensalt(4)).decode() for user, word in _WORDS.items()}


def servers(urls: Sequence[str], certificates: Certificates) -> list[dict[str, str]]:
    """Return how the engine is to reach servers, named mon1, mon2 and so on."""
    login = {"username": "incident_response", "password_file": "password", "ca_file": str(certificates.authority)}
    return [{"name": f"mon{number}", "url": url, **login} for number, url in enumerate(urls, 1)]


class Engine:
    """The process, its folder, and requests to it."""

    def __init__(self, folder: Path, certificates: Certificates, alertmanagers: Sequence[str], **changed: Any) -> None:
        self.folder, self.certificates = folder, certificates
        (folder / "password").write_text("its-password\n")
        self.config: dict[str, Any] = {
            "data_dir": str(folder),
            "alertmanagers": servers(alertmanagers, certificates),
            "reconciliation_interval": 0.2,
            "accounts": ACCOUNTS,
            "applications": {"shop": {"team": "sales"}},
            **changed,
        }
        self.tls: dict[str, Any] = {"cert_file": str(certificates.certificate), "key_file": str(certificates.key)}
        self.tls["min_version"] = "TLS13"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.client = self._client()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.client.close()

    def _client(self) -> httpx.Client:
        verify = ssl.create_default_context(cafile=self.certificates.authority)
        return httpx.Client(base_url=f"https://127.0.0.1:{self.port}", verify=verify, timeout=30)

    def command(self, *words: str, program: Sequence[str] = ("-m", "incident_response")) -> list[str]:
        """Write the files and return the command."""
        (self.folder / "config.yml").write_text(yaml.safe_dump(self.config))
        (self.folder / "web.yml").write_text(
            yaml.safe_dump({"tls_server_config": self.tls, "basic_auth_users": _HASHES})
        )
        files = [f"--config.file={self.folder}/config.yml", f"--web.config.file={self.folder}/web.yml"]
        return [sys.executable, *program, *files, f"--web.listen-address=127.0.0.1:{self.port}", *words]

    def start(self, *words: str, wait: bool = True, **environment: str) -> None:
        """Start the process; wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(*words), env=self.environment(**environment), stdout=log, stderr=log
            )
        if wait:
            self.wait_for(lambda: self.get("/-/healthy", "prometheus").status_code in {200, 503}, 60)

    @staticmethod
    def environment(**changed: str) -> dict[str, str]:
        """Return the environment in which the package is found."""
        return {**os.environ, "PYTHONPATH": str(PACKAGE), **changed}

    def stop(self, number: int = signal.SIGTERM) -> int | None:
        """End the process and return its exit code, None without one."""
        if self.process is None:
            return None
        self.client.close()
        self.client = self._client()
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.process = None
        return code

    def lower(self, runbook: str) -> None:
        """Have a runbook be lowered, as runs do that did not help."""
        with closing(sqlite3.connect(self.folder / "journal.sqlite", timeout=10)) as connection:
            connection.execute("INSERT INTO open_trust VALUES (?, ?, 1, '3 of 5 runs helped')", (runbook, time.time()))
            connection.commit()

    def log(self) -> str:
        """Return what it has logged."""
        return (self.folder / "log").read_text()

    def get(self, path: str, user: str = "admin") -> httpx.Response:
        """Return the answer to a user."""
        return self.client.get(path, auth=(user, _WORDS[user]))

    def post(self, content: Any, path: str = "/api/alerts", user: str = "alertmanager") -> httpx.Response:
        """Return the answer to a user who sends something as JSON."""
        return self.client.post(path, content=json.dumps(content), auth=(user, _WORDS[user]))

    def metric(self, name: str) -> float | None:
        """Return the value of a metric with its labels, None if it is not there."""
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return None

    def wait_for(self, holds: Any, seconds: float = 15) -> None:
        """Wait until something holds; an engine that does not answer has not got there yet."""
        until = time.monotonic() + seconds
        while True:
            try:
                if holds():
                    return
            except (httpx.TransportError, ValueError):
                pass
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"The engine has ended: {self.log()}")
            if time.monotonic() > until:
                raise AssertionError(f"It does not hold within {seconds} seconds: {self.log()}")
            time.sleep(0.02)
